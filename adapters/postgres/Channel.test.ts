import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { Cause, Effect, Exit, Fiber } from "effect"
import { copyBinary } from "./CopyBinary.ts"
import { PostgresUnavailable, sqlStateOf } from "./Failure.ts"
import { createDatabase } from "./fixture.ts"
import { lossyProxy } from "./ledger/proxy.fixture.ts"
import * as Postgres from "./Postgres.ts"

/** Rows of `kept` as the data of a copy. */
const rowsOf = (...ids: ReadonlyArray<number>): Uint8Array => {
  const data = copyBinary(2, 0)
  for (const id of ids) {
    data.row()
    data.int8(id)
    data.text(`row ${id}`)
  }
  return data.end()
}

const copied = "copy kept (id, name) from stdin binary"
const forever = "select pg_sleep(600)"

/** What came of a script: "stored", the SQLSTATE of a defect, or why the database cannot be had. */
const outcomeOf = (exit: Exit.Exit<void, PostgresUnavailable>): string => {
  if (Exit.isSuccess(exit)) return "stored"
  const cause = Cause.squash(exit.cause)
  return cause instanceof PostgresUnavailable ? `unavailable: ${cause.reason}` : (sqlStateOf(cause) ?? String(cause))
}

interface Using {
  readonly channel: Postgres.Channel
  readonly pool: Postgres.Pool
  /** Sends scripts one behind the other without waiting, and tells what came of each. */
  readonly sendAll: (
    ...scripts: ReadonlyArray<readonly [text: string, ...copies: ReadonlyArray<Uint8Array>]>
  ) => Effect.Effect<ReadonlyArray<string>>
  /** The ids in `kept`, in the order in which they came. */
  readonly kept: Effect.Effect<ReadonlyArray<number>, PostgresUnavailable>
}

const using = ({ script }: Postgres.Channel): Using["sendAll"] =>
  Effect.fnUntraced(function* (...scripts) {
    const fibers: Array<Fiber.Fiber<string>> = []
    for (const [text, ...copies] of scripts)
      fibers.push(
        yield* Effect.forkChild(Effect.map(Effect.exit(script(text, copies)), outcomeOf), { startImmediately: true })
      )
    return yield* Fiber.joinAll(fibers)
  })

describe("a channel", () => {
  let database: Awaited<ReturnType<typeof createDatabase>>
  before(async () => {
    database = await createDatabase()
  })
  after(() => database.drop())

  const withChannel = <A, E>(
    work: (using: Using) => Effect.Effect<A, E>,
    options: Partial<Postgres.ConnectionOptions> = {},
    url = database.url
  ): Promise<A> =>
    Effect.gen(function* () {
      const straight = Postgres.layer({ url: database.url })
      const pool = yield* Effect.flatMap(Postgres.Postgres, ({ pool }) =>
        pool({ name: "test", connectionsMax: 1 })
      ).pipe(Effect.provide(straight))
      yield* pool.script(`drop table if exists late, kept;
        create table kept (place serial, id int8 unique check (id > 0), name text);
        create table late (id int8 references kept (id) deferrable initially deferred)`)
      const channel = yield* (yield* Postgres.Postgres).channel({ name: "channel", ...options })
      return yield* work({
        channel,
        pool,
        sendAll: using(channel),
        kept: Effect.map(pool.query("select id from kept order by place"), (rows) => rows.map(({ id }) => Number(id)))
      })
    }).pipe(Effect.scoped, Effect.provide(Postgres.layer({ url })), Effect.runPromise)

  test("stores the rows of several copies and what statements add in one transaction", () =>
    withChannel(({ channel, pool, kept }) =>
      Effect.gen(function* () {
        const text = `${copied}; ${copied}; insert into kept (id) select max(id) + 1 from kept; select 'an answer'`
        yield* channel.script(text, [rowsOf(1, 2, 3), rowsOf(4)])
        assert.deepEqual(yield* kept, [1, 2, 3, 4, 5])
        const [row] = yield* pool.query("select count(distinct xmin::text) as transactions from kept")
        assert.equal(row?.transactions, 1n)
      })
    ))

  test("runs what is sent at once in its order", () =>
    withChannel(({ sendAll, kept }) =>
      Effect.gen(function* () {
        const ids = Array.from({ length: 100 }, (_, index) => index + 1)
        const scripts = ids.map((id) => [`select 1; ${copied}; analyze late`, rowsOf(id)] as const)
        assert.deepEqual(new Set(yield* sendAll(...scripts)), new Set(["stored"]))
        assert.deepEqual(yield* kept, ids)
      })
    ))

  test("sends data that is larger than one message may be", () =>
    withChannel(({ channel, pool }) =>
      Effect.gen(function* () {
        const name = "x".repeat(17 * 2 ** 20)
        const data = copyBinary(2, 3 * name.length)
        data.row()
        data.int8(1)
        data.text(name)
        yield* channel.script(copied, [data.end()])
        const [row] = yield* pool.query("select length(name) as length from kept")
        assert.equal(row?.length, name.length)
      })
    ))

  const manyRows = rowsOf(...Array.from({ length: 100_000 }, (_, index) => index + 10))
  const broken = Buffer.from(rowsOf(20, 21))
  broken.writeInt32BE(9, 19 + 2)
  const cutOff = rowsOf(30, 31).subarray(0, -10)

  const failures: ReadonlyArray<readonly [string, string, ReadonlyArray<Uint8Array>, string]> = [
    ["it cannot be read", `${copied}; selec`, [rowsOf(1)], "42601"],
    ["a statement fails before its copies", `select 1/0; ${copied}; ${copied}`, [rowsOf(1), manyRows], "22012"],
    ["a statement fails between its copies", `${copied}; select 1/0; ${copied}`, [rowsOf(1), manyRows], "22012"],
    ["a copy has no table", `copy missing from stdin binary; ${copied}`, [rowsOf(1), manyRows], "42P01"],
    ["data is no binary copy", copied, [Buffer.from("id,name\n1,x\n")], "22P04"],
    ["data is wrong within", `${copied}; ${copied}`, [broken, manyRows], "22P03"],
    ["data ends within a row", copied, [cutOff], "22P04"],
    ["data has a row that the table refuses", copied, [rowsOf(50, 0, ...Array(10_000).fill(1))], "23514"],
    ["a statement fails after its copies", `${copied}; insert into kept (id) values (61)`, [rowsOf(60, 61)], "23505"],
    ["a constraint fails at its end", `${copied}; insert into late values (4711)`, [rowsOf(70)], "23503"]
  ]
  for (const [when, text, copies, state] of failures)
    test(`stores nothing of a script when ${when}, tells it once, and all of those around it`, () =>
      withChannel(({ sendAll, kept }) =>
        Effect.gen(function* () {
          const outcomes = yield* sendAll(
            [copied, rowsOf(1001)],
            [text, ...copies],
            [`${copied}; ${copied}`, rowsOf(1002), rowsOf(1003)],
            [text, ...copies],
            [copied, rowsOf(1004)]
          )
          assert.deepEqual(outcomes, ["stored", state, "stored", state, "stored"])
          assert.deepEqual(yield* kept, [1001, 1002, 1003, 1004])
        })
      ))

  test("tells of a row that the server refuses why, and nothing of the row", () =>
    withChannel(({ channel }) =>
      Effect.gen(function* () {
        const secret = 'Ada "Countess" Lovelace'
        const row = copyBinary(2, 0)
        row.row()
        row.int8(0)
        row.text(secret)
        const label = copyBinary(1, 0)
        label.row()
        label.text(secret)
        yield* channel.script("create type pg_temp.mood as enum ('happy'); create temp table moods (mood pg_temp.mood)")
        const refused = [
          [copied, [row.end()], "kept_id_check"],
          ["copy moods from stdin binary", [label.end()], "mood"],
          [`select '${secret}'::int8`, [], "bigint"]
        ] as const
        for (const [text, copies, expected] of refused) {
          const failed = yield* Effect.exit(channel.script(text, copies))
          assert.ok(Exit.isFailure(failed))
          const defect = Cause.squash(failed.cause)
          assert.ok(defect instanceof Error)
          const told = `${defect.message} ${defect.stack} ${JSON.stringify(defect)} ${Cause.pretty(failed.cause)}`
          assert.ok(told.includes(expected), told)
          for (const part of ["Ada", "Countess", "Lovelace"]) assert.ok(!told.includes(part), told)
        }
      })
    ))

  test("has its name, role and settings from the start, and the same watch over it as a pool", () =>
    withChannel(
      ({ channel, pool }) =>
        Effect.gen(function* () {
          yield* pool.script(
            "drop table if exists seen; create table seen (what text); grant insert on seen to pg_monitor"
          )
          const names = ["application_name", "statement_timeout", "tcp_keepalives_idle", "TimeZone", "enable_seqscan"]
          const settings = names.map((name) => `current_setting('${name}')`)
          yield* channel.script(`insert into seen values (concat_ws(' ', current_user, ${settings.join(", ")}))`)
          const [row] = yield* pool.query("select what from seen")
          assert.equal(row?.what, "pg_monitor gophers-bank channel 7s 10 UTC off")
        }),
      { role: "pg_monitor", statementTimeoutMs: 7000, settings: { enable_seqscan: "off" } }
    ))

  test("gives up the one statement that takes too long", () =>
    withChannel(
      ({ sendAll, kept }) =>
        Effect.gen(function* () {
          const outcomes = yield* sendAll([`${copied}; ${forever}`, rowsOf(1)], [copied, rowsOf(2)])
          assert.deepEqual(outcomes, ["unavailable: 57014: canceling statement due to statement timeout", "stored"])
          assert.deepEqual(yield* kept, [2])
        }),
      { statementTimeoutMs: 50 }
    ))

  test("is lost with all that has no answer, and for good, when the server ends the connection", () =>
    withChannel(({ sendAll, pool, kept }) =>
      Effect.gen(function* () {
        const sending = yield* Effect.forkChild(sendAll([copied, rowsOf(1)], [forever], [copied, rowsOf(2)]), {
          startImmediately: true
        })
        yield* Effect.repeat(kept, { until: (ids) => ids.length > 0 })
        yield* pool.query(`select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and application_name like '%channel'`)
        const ended = "unavailable: 57P01: terminating connection due to administrator command"
        assert.deepEqual(yield* Fiber.join(sending), ["stored", ended, ended])
        assert.deepEqual(yield* sendAll([copied, rowsOf(3)]), [ended])
        assert.deepEqual(yield* kept, [1])
      })
    ))

  test("is lost when nothing is heard for longer than a statement may take", async () => {
    const proxy = await lossyProxy(database.url)
    const work = ({ sendAll }: Using) =>
      Effect.gen(function* () {
        proxy.silence("channel")
        const silent = "unavailable: no answer within 100 ms"
        assert.deepEqual(yield* sendAll([copied, rowsOf(1)], [copied, rowsOf(2)]), [silent, silent])
        assert.deepEqual(yield* sendAll([copied, rowsOf(3)]), [silent])
      })
    await withChannel(work, { statementTimeoutMs: 50 }, proxy.url).finally(proxy.close)
  })

  test("is lost when the connection breaks", async () => {
    const proxy = await lossyProxy(database.url)
    const work = ({ sendAll }: Using) =>
      Effect.gen(function* () {
        const sending = yield* Effect.forkChild(sendAll([forever], [copied, manyRows]), { startImmediately: true })
        proxy.cut()
        for (const outcome of yield* Fiber.join(sending)) assert.match(outcome, /^unavailable: /u)
      })
    await withChannel(work, {}, proxy.url).finally(proxy.close)
  })

  test("is closed without waiting for what was sent", () =>
    withChannel(({ kept }) =>
      Effect.gen(function* () {
        const sending = Effect.gen(function* () {
          const channel = yield* (yield* Postgres.Postgres).channel({ name: "closing" })
          return yield* Effect.forkDetach(using(channel)([forever], [copied, rowsOf(1)]), { startImmediately: true })
        }).pipe(Effect.scoped, Effect.provide(Postgres.layer({ url: database.url })))
        const closed = "unavailable: the connection was closed"
        assert.deepEqual(yield* Fiber.join(yield* sending), [closed, closed])
        assert.deepEqual(yield* kept, [])
      })
    ))

  test("is lost when a script asks for a copy that there is no data for", () =>
    withChannel(({ sendAll, kept }) =>
      Effect.gen(function* () {
        const outcomes = yield* sendAll([`${copied}; ${copied}`, rowsOf(1)], [copied, rowsOf(2)])
        const lost = "unavailable: the server waits for data that there is none of"
        assert.deepEqual(outcomes, [lost, lost])
        assert.deepEqual(yield* kept, [])
      })
    ))

  test("tells a script that it has not stored all of its data", () =>
    withChannel(({ sendAll }) =>
      Effect.gen(function* () {
        const [outcome] = yield* sendAll([copied, rowsOf(1), rowsOf(2)])
        assert.match(outcome ?? "", /a script took 1 copies fewer/u)
      })
    ))

  test("is lost when a script leaves its transaction open", () =>
    withChannel(({ sendAll, kept }) =>
      Effect.gen(function* () {
        const lost = "unavailable: a script left its transaction open"
        assert.deepEqual(yield* sendAll([`begin; ${copied}`, rowsOf(1)]), [lost])
        assert.deepEqual(yield* sendAll(["commit"]), [lost])
        assert.deepEqual(yield* kept, [])
      })
    ))
})
