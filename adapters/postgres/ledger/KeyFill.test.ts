/** What a writer knows of the keys that were stored before it took its ledger over, and when. */
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { Effect, Latch, Layer, ManagedRuntime } from "effect"
import postgres from "postgres"
import type { IdempotencyKey } from "../../../application/ports/Idempotency.ts"
import type { Ledger as LedgerPort } from "../../../application/ports/Ledger.ts"
import type { AccountId } from "../../../domain/ids/index.ts"
import type { Command } from "../../../domain/ledger/index.ts"
import { createDatabase, type Database } from "../../../infra/testing/postgres.ts"
import { cents, funded, hold, newKey, receiptText, submit, transfer } from "../../contract/index.ts"
import { PostgresUnavailable } from "../Failure.ts"
import { idsForTests, migrated } from "../fixture.ts"
import * as Postgres from "../Postgres.ts"
import { sessionKeys } from "./KeyFill.ts"
import * as Ledger from "./Ledger.ts"
import type { LedgerOptions } from "./Options.ts"

const atOnce = { concurrency: "unbounded" } as const

/** The database, with an eye on the writer's reads. */
interface Watched {
  readonly layer: Layer.Layer<Postgres.Postgres, never, Postgres.Postgres>
  /** How often keys were looked up. */
  readonly lookups: () => number
  /** Pools that were opened to read stored keys. */
  readonly fills: () => number
  /** Opens when such a pool is closed. */
  readonly isFilled: Latch.Latch
}

/** `reading` comes before each read of stored keys. */
const watched = (reading: Effect.Effect<void, PostgresUnavailable> = Effect.void): Watched => {
  const isFilled = Latch.makeUnsafe(false)
  let lookups = 0
  let fills = 0
  const pool = (real: Postgres.Postgres["Service"]["pool"]) =>
    Effect.fnUntraced(function* (options: Postgres.PoolOptions) {
      const opened = yield* real(options)
      if (options.name === "ledger keys") {
        fills += 1
        yield* Effect.addFinalizer(() => isFilled.open)
      }
      const query: Postgres.Pool["query"] = (text, parameters) => {
        if (options.name === "ledger keys") return Effect.andThen(reading, opened.query(text, parameters))
        if (options.name === "ledger lookup" && text.includes("from ledger.answer stored")) lookups += 1
        return opened.query(text, parameters)
      }
      return { ...opened, query }
    })
  return {
    layer: Layer.effect(
      Postgres.Postgres,
      Effect.map(Postgres.Postgres, (real) => Postgres.Postgres.of({ ...real, pool: pool(real.pool) }))
    ),
    lookups: () => lookups,
    fills: () => fills,
    isFilled
  }
}

/** The answer to a command, a refusal too, as text. */
const answerTo = (command: Command.Command, key: IdempotencyKey) =>
  Effect.match(submit(command, key), {
    onSuccess: receiptText,
    onFailure: (error) => JSON.stringify(error, (_, value: unknown) => (typeof value === "bigint" ? `${value}` : value))
  })

/** Commands of each sort that a ledger stores an answer to in another way. */
const commandsOf = (account: AccountId, bank: AccountId): ReadonlyArray<Command.Command> => {
  const debit = { accountId: account, side: "debit", amount: cents(2) } as const
  const credit = { accountId: bank, side: "credit", amount: cents(1) } as const
  return [
    transfer(account, bank, cents(5)),
    { _tag: "Post", kind: "journal", legs: [debit, credit, credit] },
    { _tag: "Linked", commands: [transfer(account, bank, cents(1)), transfer(bank, account, cents(1))] },
    hold(account, bank, cents(3)),
    transfer(account, bank, cents(1_000_000))
  ]
}

describe("a writer that takes a ledger over", () => {
  let database: Database
  let account: AccountId
  let bank: AccountId
  let stored: ReadonlyArray<{ readonly command: Command.Command; readonly key: IdempotencyKey; readonly text: string }>

  const start = (postgresOf: Watched, options: Partial<LedgerOptions> = {}) =>
    ManagedRuntime.make(
      Layer.provide(
        // No answer is kept in memory unless a test says so.
        Ledger.layer({ answersKeptMax: 0, ...options }),
        Layer.merge(Layer.provide(postgresOf.layer, migrated(database.url)), idsForTests)
      )
    )

  /** Runs a test on the ledger that was stored before. */
  const taken = async (
    postgresOf: Watched,
    body: Effect.Effect<void, unknown, LedgerPort>,
    options: Partial<LedgerOptions> = {}
  ) => {
    const runtime = start(postgresOf, options)
    await runtime.runPromise(body).finally(() => runtime.dispose())
  }

  const retryAll = Effect.suspend(() =>
    Effect.forEach(stored, ({ command, key, text }) =>
      Effect.map(answerTo(command, key), (again) => assert.equal(again, text))
    )
  )

  /** Does a new transfer look its key up? */
  const looksUp = ({ lookups }: Watched) =>
    Effect.gen(function* () {
      const before = lookups()
      yield* submit(transfer(account, bank, cents(1)))
      return lookups() > before
    })

  before(async () => {
    database = await createDatabase()
    const watch = watched()
    await taken(
      watch,
      Effect.gen(function* () {
        ;({ account, bank } = yield* funded(1000))
        const keyed = commandsOf(account, bank).map((command) => ({ command, key: newKey() }))
        stored = yield* Effect.forEach(keyed, ({ command, key }) =>
          Effect.map(answerTo(command, key), (text) => ({ command, key, text }))
        )
      })
    )
  })

  after(() => database.drop())

  test("answers retries of all it had stored, and looks no new key up, when it has read the stored keys", async () => {
    const watch = watched()
    await taken(
      watch,
      Effect.gen(function* () {
        yield* watch.isFilled.await
        assert.equal(yield* looksUp(watch), false)
        yield* retryAll
        assert.equal(watch.lookups(), stored.length)
        const [first] = stored
        assert.ok(first !== undefined)
        const conflict = yield* Effect.flip(submit(transfer(account, bank, cents(6)), first.key))
        assert.equal(conflict._tag, "IdempotencyConflict")
      })
    )
    assert.equal(watch.fills(), 1)
  })

  test("does so while it reads them, and looks every key up", async () => {
    const gate = Latch.makeUnsafe(false)
    const watch = watched(gate.await)
    await taken(
      watch,
      Effect.gen(function* () {
        yield* retryAll
        assert.equal(yield* looksUp(watch), true)
        const key = newKey()
        const meanwhile = yield* answerTo(transfer(account, bank, cents(7)), key)
        yield* gate.open
        yield* watch.isFilled.await
        const before = watch.lookups()
        assert.equal(yield* answerTo(transfer(account, bank, cents(7)), key), meanwhile)
        yield* retryAll
        assert.equal(watch.lookups(), before + 1 + stored.length)
        assert.equal(yield* looksUp(watch), false)
      })
    )
  })

  test("looks every key up where it could not read them, and works on", async () => {
    for (const failure of [Effect.fail(new PostgresUnavailable({ reason: "lost" })), Effect.die(new Error("a bug"))]) {
      const watch = watched(failure)
      await taken(
        watch,
        Effect.gen(function* () {
          yield* watch.isFilled.await
          yield* retryAll
          assert.equal(yield* looksUp(watch), true)
        })
      )
    }
  })

  test("does not begin to read more than it has room for", async () => {
    const watch = watched()
    const body = Effect.gen(function* () {
      yield* retryAll
      assert.equal(yield* looksUp(watch), true)
    })
    await taken(watch, body, { keysFilteredMax: 3 })
    assert.equal(watch.fills(), 0)
  })

  test("answers a second retry that follows soon out of its memory, and another command as a conflict", async () => {
    const watch = watched()
    const body = Effect.gen(function* () {
      yield* retryAll
      const before = watch.lookups()
      yield* retryAll
      const [first, second] = stored
      assert.ok(first !== undefined && second !== undefined)
      const conflict = yield* Effect.flip(submit(second.command, first.key))
      assert.equal(conflict._tag, "IdempotencyConflict")
      assert.equal(watch.lookups(), before)
      yield* retryAll
    })
    // Linked commands count each, and half of the room is for the answers before the last.
    await taken(watch, body, { answersKeptMax: 12 })
  })

  test("closes while it reads them", async () => {
    const watch = watched(Effect.never)
    await taken(watch, retryAll)
    assert.equal(watch.fills(), 1)
    await Effect.runPromise(watch.isFilled.await)
  })
})

describe("a writer of a new ledger", () => {
  test("looks no key up but one that comes again", async () => {
    const database = await createDatabase()
    const watch = watched()
    const services = Layer.merge(Layer.provide(watch.layer, migrated(database.url)), idsForTests)
    const runtime = ManagedRuntime.make(Layer.provide(Ledger.layer({ answersKeptMax: 0 }), services))
    await runtime.runPromise(
      Effect.gen(function* () {
        const { account, bank } = yield* funded(1000)
        const key = newKey()
        const command = transfer(account, bank, cents(1))
        const first = yield* answerTo(command, key)
        assert.equal(watch.lookups(), 0)
        assert.equal(yield* answerTo(command, key), first)
        assert.equal(watch.lookups(), 1)
        const many = Array.from({ length: 500 }, () => submit(command))
        yield* Effect.all(many, atOnce)
      })
    )
    assert.equal(watch.fills(), 0)
    await runtime.dispose()
    await database.drop()
  })
})

describe("the reading of stored keys", () => {
  test("finds all, whatever number of pages they are, and those of other ledgers not", async () => {
    const database = await createDatabase()
    const sql = postgres(database.url, { max: 1, onnotice: () => {} })
    const rows = 6000
    const run = Effect.gen(function* () {
      const isRead = Latch.makeUnsafe(false)
      const pool = Effect.flatMap(Postgres.Postgres, (real) => real.pool({ name: "test", connectionsMax: 1 })).pipe(
        Effect.tap(() => Effect.addFinalizer(() => isRead.open))
      )
      const services = yield* Layer.build(migrated(database.url))
      yield* Effect.promise(() =>
        sql.unsafe(`
          insert into ledger.answer (ledger_id, key, transaction_id, fingerprint)
            select n % 2, gen_random_uuid(), gen_random_uuid(), gen_random_uuid() from generate_series(1, ${2 * rows}) n;
          insert into ledger.transaction (ledger_id, transaction_id, booked_at, value_date, kind, number, accounts,
              sequences, key, fingerprint)
            select n % 2, gen_random_uuid(), now(), '2026-02-03', 'transfer', n, '{}', '{}',
              case when n % 3 > 0 then gen_random_uuid() end, case when n % 3 > 0 then gen_random_uuid() end
              from generate_series(1, ${2 * rows}) n`)
      )
      const filter = yield* sessionKeys(
        Effect.provideContext(pool, services),
        1,
        { isEmpty: false, transactions: rows },
        1_000_000
      )
      yield* isRead.await
      const keys = yield* Effect.promise(
        () => sql<Array<{ own: boolean; key: string }>>`
          select ledger_id = 1 as own, replace(key::text, '-', '') as key from ledger.answer
          union all select ledger_id = 1, replace(key::text, '-', '') from ledger.transaction where key is not null`
      )
      const held = { own: 0, other: 0 }
      for (const { own, key } of keys) if (filter.add(key)) held[own ? "own" : "other"] += 1
      assert.equal(held.own, rows + (rows * 2) / 3)
      assert.ok(held.other < 20, `${held.other} keys of the other ledger`)
    })
    await Effect.runPromise(Effect.scoped(run)).finally(() => sql.end())
    await database.drop()
  })
})
