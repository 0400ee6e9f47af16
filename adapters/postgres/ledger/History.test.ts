import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import { Context, Effect, Fiber, Layer, type Scope, Stream } from "effect"
import { Ledger as LedgerPort, scannedMax } from "../../../application/ports/Ledger.ts"
import { cents, funded, submit, transfer } from "../../contract/index.ts"
import { createDatabase, idsForTests, migrated } from "../fixture.ts"
import { Postgres } from "../Postgres.ts"
import { uuidOf } from "../Uuid.ts"
import * as Ledger from "./Ledger.ts"

const database = createDatabase()

/** Runs a test on the database's ledger, as a process of its own would have it. */
const run = async <A, E>(body: Effect.Effect<A, E, LedgerPort | Postgres | Scope.Scope>) => {
  const { url } = await database
  const services = Layer.provideMerge(Ledger.layer(), Layer.merge(migrated(url), idsForTests))
  return Effect.runPromise(Effect.scoped(Effect.provide(body, services)))
}

/** The ledger in another process, which takes the writing over. */
const elsewhere = Effect.gen(function* () {
  const { url } = yield* Effect.promise(() => database)
  const services = Layer.provideMerge(Ledger.layer(), Layer.merge(migrated(url), idsForTests))
  return Context.get(yield* Layer.build(Layer.fresh(services)), LedgerPort)
})

describe("an account's history in PostgreSQL", () => {
  after(async () => (await database).drop())

  test("entries that another process commits are followed, without a word from it", async () => {
    const seen = await run(
      Effect.gen(function* () {
        const ledger = yield* LedgerPort
        const { bank, account } = yield* funded(10)
        const following = yield* Effect.forkChild(
          Stream.runCollect(Stream.take(ledger.follow(account, 0), 3)).pipe(Effect.timeout("20 seconds")),
          { startImmediately: true }
        )
        const other = yield* elsewhere
        const another = Effect.provideService(submit(transfer(account, bank, cents(1))), LedgerPort, other)
        yield* another
        yield* another
        return yield* Fiber.join(following)
      })
    )
    assert.deepEqual(
      seen.map(({ sequence }) => sequence),
      [1, 2, 3]
    )
  })

  test("a search that wants nothing looks at a bounded number of entries a call", async () => {
    const nexts = await run(
      Effect.gen(function* () {
        const ledger = yield* LedgerPort
        const { account: accountId } = yield* funded(10)
        const pool = yield* (yield* Postgres).pool({ name: "test", connectionsMax: 1 })
        // A longer history than anyone has written here: only the account's number of entries counts for the bounds.
        yield* pool.query("update ledger.account set sequence = $2 where account_id = $1", [
          uuidOf(accountId),
          scannedMax * 2 + 5
        ])
        const pages = ["newest", "oldest"] as const
        return yield* Effect.forEach(pages, (order) => ledger.search({ accountId, order, limit: 10, side: "debit" }))
      })
    )
    assert.deepEqual(nexts, [
      { entries: [], next: scannedMax + 6 },
      { entries: [], next: scannedMax }
    ])
  })
})
