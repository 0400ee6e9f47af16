import assert from "node:assert/strict"
import { once } from "node:events"
import { cp, mkdir, rm, writeFile } from "node:fs/promises"
import { createServer } from "node:net"
import { join } from "node:path"
import { describe, test } from "node:test"
import { Effect } from "effect"
import { locate } from "./Binaries.ts"
import { failureOf, inTemporaryDir, withServer } from "./testing.ts"

const timeout = 60_000

describe("a start that cannot succeed says why in one sentence", () => {
  test("no binaries for the platform", async () => {
    const failure = await Effect.runPromise(Effect.flip(locate("sunos-sparc")))
    assert.equal(failure._tag, "NoBinaries")
    assert.equal(
      failure.message,
      "There is no embedded PostgreSQL for sunos-sparc: reinstall the dependencies, or set DATABASE_URL to a PostgreSQL 18."
    )
  })

  test("a platform whose package is not installed has no binaries", async () => {
    const absent = process.arch === "ppc64" ? "linux-x64" : "linux-ppc64"
    assert.equal((await Effect.runPromise(Effect.flip(locate(absent))))._tag, "NoBinaries")
  })

  test("binaries that do not run, also as a copy", { timeout }, () =>
    inTemporaryDir(async (dir) => {
      const binariesDir = join(dir, "broken")
      await cp(await Effect.runPromise(locate()), binariesDir, { recursive: true, verbatimSymlinks: true })
      await rm(join(binariesDir, "native", "lib"), { recursive: true })
      await mkdir(join(binariesDir, "native", "lib"))
      const failure = await failureOf({ dataDir: join(dir, "data"), binariesDir, copiesDir: join(dir, "copies") })
      assert.equal(failure._tag, "BinariesUnusable")
      assert.match(failure.message, /does not run \(.*\): reinstall the dependencies, or set DATABASE_URL\.$/u)
    })
  )

  test("a data directory that is a file", { timeout }, () =>
    inTemporaryDir(async (dir) => {
      const dataDir = join(dir, "file")
      await writeFile(dataDir, "")
      assert.equal((await failureOf({ dataDir }))._tag, "DataDirNotWritable")
    })
  )

  test("a data directory of another major version, made by a bank or by PostgreSQL alone", { timeout }, () =>
    inTemporaryDir(async (dir) => {
      for (const [name, inside] of [
        ["bank", "cluster"],
        ["alone", "."]
      ] as const) {
        const dataDir = join(dir, name)
        await mkdir(join(dataDir, inside), { recursive: true })
        await writeFile(join(dataDir, inside, "PG_VERSION"), "15\n")
        const failure = await failureOf({ dataDir })
        assert.equal(failure._tag, "DataDirOfAnotherVersion")
        assert.match(failure.message, /belongs to PostgreSQL 15 and this bank has PostgreSQL 18/u)
      }
    })
  )

  test("a cluster without its password or its version", { timeout }, () =>
    inTemporaryDir(async (dataDir) => {
      await withServer({ dataDir }, async () => {})
      await rm(join(dataDir, "cluster", "PG_VERSION"))
      assert.match((await failureOf({ dataDir })).message, /lacks the file cluster\/PG_VERSION: restore it/u)
      await writeFile(join(dataDir, "cluster", "PG_VERSION"), "18\n")
      await rm(join(dataDir, "password"))
      assert.match((await failureOf({ dataDir })).message, /lacks the file password: restore it/u)
    })
  )

  test("a port that is taken, and a setting that PostgreSQL refuses", { timeout }, () =>
    inTemporaryDir(async (dataDir) => {
      const other = createServer().listen(0, "127.0.0.1")
      await once(other, "listening")
      const address = other.address()
      assert.ok(typeof address === "object" && address !== null)
      const { port } = address
      const taken = await failureOf({ dataDir, port })
      other.close()
      assert.equal(taken._tag, "PortUnavailable")
      assert.match(
        taken.message,
        new RegExp(`^PostgreSQL cannot have port ${port} on 127\\.0\\.0\\.1 \\(.*EADDRINUSE`, "u")
      )

      const refused = await failureOf({ dataDir, settings: { shared_buffers: "many" } })
      assert.equal(refused._tag, "StartFailed")
      assert.match(refused.message, /shared_buffers/u)
    })
  )
})
