import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { Effect, Exit, Fiber } from "effect"
import { Postgres } from "../../../adapters/postgres/index.ts"
import { createDatabase, type Database } from "../postgres.ts"
import { type FaultProxy, faultProxy, type Sprung } from "./FaultProxy.ts"
import { type Trap, wheres } from "./Trap.ts"

/** A batch as a writer sends it: the fence behind two copies, and words that are none. */
const batch = "copy kept from stdin; copy kept from stdin; select ledger.fence('it''s not; copy kept from stdin')"
const data = (first: number): ReadonlyArray<Uint8Array> => [
  Buffer.from(`${first}\n${first + 1}\n`),
  Buffer.from(`${first + 2}\n`)
]
/** The batch's messages by their letters. */
const letters = ["Q", "d", "c", "d", "c"]

const cutting: Trap = {
  fault: "cut",
  phase: "append",
  from: "writer",
  where: "before",
  message: 1,
  skip: 0,
  strikesAll: false
}

describe("the proxy", () => {
  let database: Database
  let proxy: FaultProxy
  before(async () => {
    database = await createDatabase()
    proxy = await faultProxy(database.url)
  })
  after(async () => {
    await proxy.close()
    await database.drop()
  })

  interface Using {
    readonly send: (first: number) => Effect.Effect<Fiber.Fiber<boolean>>
    /** What is stored once the server is done with the channel. */
    readonly stored: Effect.Effect<ReadonlyArray<number>, unknown>
  }

  /** Works with a channel through the proxy; `send` tells in the end whether the batch was stored as far as it knows. */
  const through = <A>(work: (using: Using) => Effect.Effect<A, unknown>): Promise<A> =>
    Effect.gen(function* () {
      const straight = yield* Effect.flatMap(Postgres.Postgres, ({ pool }) =>
        pool({ name: "test", connectionsMax: 1 })
      ).pipe(Effect.provide(Postgres.layer({ url: database.url })))
      yield* straight.script(`drop table if exists kept; create table kept (id int);
        create schema if not exists ledger;
        create or replace function ledger.fence(text) returns void language sql as 'select'`)
      const channel = yield* (yield* Postgres.Postgres).channel({ name: "ledger writer" })
      const busy = straight.query(`select 1 from pg_stat_activity
        where datname = current_database() and application_name like '%ledger writer'`)
      return yield* work({
        send: (first) =>
          Effect.forkChild(Effect.map(Effect.exit(channel.script(batch, data(first))), Exit.isSuccess), {
            startImmediately: true
          }),
        stored: Effect.repeat(busy, { until: (rows) => rows.length === 0 }).pipe(
          Effect.andThen(straight.query("select id from kept order by id")),
          Effect.map((rows) => rows.map(({ id }) => Number(id)))
        )
      })
    }).pipe(Effect.scoped, Effect.provide(Postgres.layer({ url: proxy.url })), Effect.runPromise)

  /** Sets the trap and sends two batches at once. */
  const sprungBy = async (trap: Trap) => {
    const sprung: Array<Sprung> = []
    const done = await through(({ send, stored }) =>
      Effect.gen(function* () {
        proxy.arm([trap], (each) => void sprung.push(each))
        const sent = [yield* send(1), yield* send(11)]
        const known = yield* Fiber.joinAll(sent)
        return { known, stored: yield* stored }
      })
    )
    return { ...done, sprung: sprung.map(({ message, letter }) => `${letter}${message}`) }
  }

  for (const [index, letter] of letters.entries())
    for (const where of wheres) {
      const isWhole = index === letters.length - 1 && where === "after"
      const place = `${where} its message ${index + 1}, which is a ${letter}`
      test(`cuts a batch ${place}: ${isWhole ? "all" : "nothing"} of it is stored`, async () => {
        const { known, stored, sprung } = await sprungBy({ ...cutting, where, message: index + 1, skip: 1 })
        assert.deepEqual(sprung, [`${letter}${index + 1}`])
        assert.equal(known[1], false)
        assert.deepEqual(stored, isWhole ? [1, 2, 3, 11, 12, 13] : [1, 2, 3])
      })
    }

  test("cuts an answer: the batch is stored, and its writer does not know", async () => {
    const { known, stored, sprung } = await sprungBy({ ...cutting, from: "server", message: 99, skip: 1 })
    assert.deepEqual(known, [true, false])
    assert.deepEqual(
      sprung.map((each) => each[0]),
      ["Z"]
    )
    assert.deepEqual(stored, [1, 2, 3, 11, 12, 13])
  })

  test("keeps the rest of a batch whose data is under way, and delivers it later", async () => {
    const done = await through(({ send }) =>
      Effect.gen(function* () {
        const kept = yield* Effect.callback<void>((resume) => {
          proxy.arm([{ ...cutting, fault: "late", where: "within", message: 2 }], () => resume(Effect.void))
        }).pipe(Effect.forkChild({ startImmediately: true }))
        const sent = [yield* send(1), yield* send(11)]
        yield* Fiber.join(kept)
        proxy.release()
        return yield* Fiber.joinAll(sent)
      })
    )
    assert.deepEqual(done, [true, true])
  })

  test("takes all that is under way with it when it ends", async () => {
    const mortal = await faultProxy(database.url)
    const closing = Effect.gen(function* () {
      const channel = yield* (yield* Postgres.Postgres).channel({ name: "ledger writer" })
      const sent = yield* Effect.forkChild(Effect.exit(channel.script("select pg_sleep(600)")), {
        startImmediately: true
      })
      yield* Effect.promise(mortal.close)
      return Exit.isFailure(yield* Fiber.join(sent))
    }).pipe(Effect.scoped, Effect.provide(Postgres.layer({ url: mortal.url })))
    assert.equal(await Effect.runPromise(closing), true)
  })
})
