import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdir, readFile, stat, writeFile } from "node:fs/promises"
import { createServer } from "node:net"
import { join } from "node:path"
import { after, before, describe, test } from "node:test"
import { Deferred, Effect, Fiber } from "effect"
import { EmbeddedPostgres, layer, start } from "./index.ts"
import {
  failureOf,
  inTemporaryDir,
  isAlive,
  killHard,
  makeTemporaryDir,
  runScoped,
  startBank,
  stopBank,
  until,
  withConnection,
  withServer
} from "./testing.ts"

const timeout = 60_000
const isUnix = process.platform !== "win32"

/** Prints how long the work took; ten times the budget, which no busy machine explains, fails the test. */
const timed = async <A>(what: string, msMax: number, work: () => Promise<A>): Promise<A> => {
  const before = performance.now()
  const value = await work()
  const ms = Math.round(performance.now() - before)
  console.log(`${what}: ${ms} ms`)
  assert.ok(ms < msMax * 10, `${what} took ${ms} ms; the budget is ${msMax} ms`)
  return value
}

/** One data directory for the tests that need no new one; making a cluster is the slow part. They run one by one. */
let shared: Awaited<ReturnType<typeof makeTemporaryDir>>
const inSharedDir = (body: (dataDir: string) => Promise<void>): Promise<void> => body(shared.path)

describe("an embedded PostgreSQL", () => {
  before(async () => {
    shared = await makeTemporaryDir()
  })
  after(() => shared.remove())

  test("keeps its data, port and password from the first start to the second", { timeout }, () =>
    inTemporaryDir(async (dir) => {
      const dataDir = join(dir, "new", "postgres")
      const first = await timed("first start and stop", 4000, () =>
        withServer({ dataDir }, async (running) => {
          await withConnection(running.url, async (sql) => {
            await sql`create table kept (amount bigint)`
            await sql`insert into kept values (42)`
          })
          return running
        })
      )
      assert.equal(await isAlive(first.pid), false)
      await timed("second start and stop", 1500, () =>
        withServer({ dataDir }, async (second) => {
          assert.equal(second.url, first.url)
          assert.equal(second.adopted, false)
          const rows = await withConnection(second.url, (sql) => sql`select amount from kept`)
          assert.deepEqual([...rows], [{ amount: "42" }])
        })
      )
    })
  )

  test("is durable, checksummed, UTF-8 and reached by password over 127.0.0.1 only", { timeout }, () =>
    inSharedDir(async (dataDir) => {
      const settings = { fsync: "off", full_page_writes: "off", synchronous_commit: "off", work_mem: "8MB" }
      await withServer({ dataDir, database: "ledger_one", settings }, async ({ port, url, version }) => {
        assert.match(version, /^18\./u)
        const setting = async (name: string) =>
          withConnection(url, async (sql) => (await sql`select current_setting(${name}) as value`)[0]?.value)
        const expected = {
          fsync: "on",
          full_page_writes: "on",
          synchronous_commit: "on",
          data_checksums: "on",
          server_encoding: "UTF8",
          listen_addresses: "127.0.0.1",
          unix_socket_directories: "",
          work_mem: "8MB"
        }
        for (const [name, value] of Object.entries(expected)) assert.equal(await setting(name), value, name)
        const [database] = await withConnection(
          url,
          (sql) => sql`select datname, datlocprovider, datlocale, datcollate from pg_database
                       where datname = current_database()`
        )
        assert.deepEqual(database, {
          datname: "ledger_one",
          datlocprovider: "b",
          datlocale: "C.UTF-8",
          datcollate: "C"
        })
        for (const login of ["postgres", "postgres:wrong"]) {
          await assert.rejects(
            withConnection(`postgres://${login}@127.0.0.1:${port}/postgres`, (sql) => sql`select 1`),
            /password|SASL|SCRAM/iu
          )
        }
      })
      if (isUnix) assert.equal((await stat(join(dataDir, "password"))).mode & 0o777, 0o600)
    })
  )

  test("refuses a second bank on the same data directory, in this process and in another", { timeout }, () =>
    inSharedDir(async (dataDir) => {
      await withServer({ dataDir }, async (running) => {
        const failure = await failureOf({ dataDir })
        assert.equal(failure._tag, "DataDirInUse")
        assert.equal(
          failure.message,
          `Another bank (process ${process.pid}) uses the data directory ${dataDir}: stop it first, or choose another directory.`
        )
        await assert.rejects(startBank({ dataDir }), /Another bank \(process \d+\) uses the data directory/u)
        assert.equal((await withConnection(running.url, (sql) => sql`select 1 as one`)).length, 1)
      })
    })
  )

  test("lets exactly one of several banks that start at once have a directory of a dead bank", { timeout }, () =>
    inSharedDir(async (dataDir) => {
      await killHard(await startBank({ dataDir }))
      const outcomes = await Promise.allSettled([1, 2, 3, 4].map(() => startBank({ dataDir })))
      const started = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []))
      assert.equal(started.length, 1)
      for (const outcome of outcomes) {
        if (outcome.status === "rejected") assert.match(String(outcome.reason), /Another bank/u)
      }
      for (const bank of started) {
        assert.equal(await stopBank(bank), 0)
      }
    })
  )

  test("is stopped when its bank is asked to stop", { timeout, skip: !isUnix }, () =>
    inSharedDir(async (dataDir) => {
      const bank = await startBank({ dataDir })
      await timed("graceful stop", 1000, async () => {
        assert.equal(await stopBank(bank), 0)
      })
      assert.equal(await isAlive(bank.running.pid), false)
    })
  )

  test("left behind by a killed bank, is taken over and stopped by the next", { timeout }, () =>
    inSharedDir(async (dataDir) => {
      const killed = await startBank({ dataDir })
      await withConnection(killed.running.url, (sql) => sql`create table kept_6 as select 1 as one`)
      await killHard(killed)
      assert.equal(await isAlive(killed.running.pid), true)
      await timed("take-over and stop", 1000, () =>
        withServer({ dataDir }, async (running) => {
          assert.equal(running.adopted, true)
          assert.equal(running.pid, killed.running.pid)
          assert.equal(running.url, killed.running.url)
          assert.equal((await withConnection(running.url, (sql) => sql`select one from kept_6`)).length, 1)
        })
      )
      assert.equal(await isAlive(killed.running.pid), false)
    })
  )

  test("left behind on another port than the one asked for, is started again on that port", { timeout }, () =>
    inSharedDir(async (dataDir) => {
      const killed = await startBank({ dataDir })
      await killHard(killed)
      const port = await freePort()
      await withServer({ dataDir, port }, async (running) => {
        assert.equal(running.adopted, false)
        assert.equal(running.port, port)
      })
    })
  )

  test("killed together with its bank, recovers every commit", { timeout, skip: !isUnix }, () =>
    inSharedDir(async (dataDir) => {
      const killed = await startBank({ dataDir })
      await withConnection(killed.running.url, async (sql) => {
        await sql`create table kept_8 (n bigint)`
        for (let n = 1; n <= 20; n++) await sql`insert into kept_8 values (${n})`
      })
      await killHard(killed)
      process.kill(killed.running.pid, "SIGKILL")
      await withServer({ dataDir }, async (running) => {
        assert.equal(running.adopted, false)
        const [sum] = await withConnection(running.url, (sql) => sql`select sum(n)::text from kept_8`)
        assert.equal(sum?.sum, "210")
      })
    })
  )

  test("killed under a living bank, is started again on the same port", { timeout, skip: !isUnix }, () =>
    inSharedDir((dataDir) =>
      withServer({ dataDir }, async (running) => {
        await withConnection(running.url, (sql) => sql`create table kept_9 as select 1 as one`)
        process.kill(running.pid, "SIGKILL")
        await until(() =>
          withConnection(running.url, (sql) => sql`select one from kept_9`).then(
            (rows) => rows.length === 1,
            () => false
          )
        )
      })
    )
  )

  test("starts although its pid file names another program, as after a reboot", { timeout, skip: !isUnix }, () =>
    inSharedDir(async (dataDir) => {
      await withServer({ dataDir }, async () => {})
      const cluster = join(dataDir, "cluster")
      const { gid, uid } = await stat(cluster)
      const owner = process.getuid?.() === 0 ? { uid, gid } : {}
      const other = spawn("sleep", ["60"], { stdio: "ignore", ...owner })
      try {
        const stale = [other.pid, cluster, 1, 1, "", "127.0.0.1", "  1  1", "ready", ""].join("\n")
        await writeFile(join(cluster, "postmaster.pid"), stale)
        await withServer({ dataDir }, async (running) => assert.notEqual(running.pid, other.pid))
      } finally {
        other.kill()
        await once(other, "exit")
      }
    })
  )

  test("starts although a first start was killed in the middle of initdb", { timeout }, () =>
    inTemporaryDir(async (dataDir) => {
      await mkdir(join(dataDir, "cluster.draft", "base"), { recursive: true })
      await writeFile(join(dataDir, "cluster.draft", "PG_VERSION"), "1")
      await withServer({ dataDir }, async (running) => assert.match(running.version, /^18/u))
    })
  )

  test("takes another port when the one of last time is taken", { timeout }, () =>
    inSharedDir(async (dataDir) => {
      const first = await withServer({ dataDir }, async (running) => running)
      const other = createServer().listen(first.port, "127.0.0.1")
      await once(other, "listening")
      try {
        await withServer({ dataDir }, async (running) => {
          assert.notEqual(running.port, first.port)
          assert.equal(Number(await readFile(join(dataDir, "port"), "utf8")), running.port)
        })
      } finally {
        other.close()
      }
    })
  )

  test("is provided by a layer for as long as it is used", { timeout }, () =>
    inSharedDir(async (dataDir) => {
      const program = Effect.gen(function* () {
        const { pid, url } = yield* EmbeddedPostgres
        const rows = yield* Effect.promise(() => withConnection(url, (sql) => sql`select 1 as one`))
        assert.equal(rows.length, 1)
        return pid
      })
      const pid = await Effect.runPromise(Effect.provide(program, layer({ dataDir })))
      assert.equal(await isAlive(pid), false)
    })
  )

  test("is stopped when the effect that uses it is interrupted", { timeout }, () =>
    inSharedDir(async (dataDir) => {
      const started = Deferred.makeUnsafe<number>()
      const bank = Effect.gen(function* () {
        const { pid } = yield* start({ dataDir })
        yield* Deferred.succeed(started, pid)
        return yield* Effect.never
      })
      const pid = await runScoped(
        Effect.gen(function* () {
          const fiber = yield* Effect.forkScoped(Effect.scoped(bank))
          const pid = yield* Deferred.await(started)
          yield* Fiber.interrupt(fiber)
          return pid
        })
      )
      assert.equal(await isAlive(pid), false)
    })
  )
})

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  await once(server, "close")
  assert.ok(typeof address === "object" && address !== null)
  return address.port
}
