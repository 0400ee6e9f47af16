import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { Effect, Layer, ManagedRuntime, Result, Schedule } from "effect"
import postgres from "postgres"
import { Ledger as LedgerPort } from "../../../application/ports/Ledger.ts"
import { LedgerAudit } from "../../../application/ports/LedgerAudit.ts"
import type { LedgerId } from "../../../domain/ids/index.ts"
import { createDatabase, type Database } from "../../../infra/testing/postgres.ts"
import { accountOf, cents, funded, newKey, opened, receiptText, submit, transfer } from "../../contract/index.ts"
import { idsForTests, migrated, newLedger } from "../fixture.ts"
import { uuidOf } from "../Uuid.ts"
import * as Audit from "./Audit.ts"
import * as Ledger from "./Ledger.ts"
import { defaultLedgerId, type LedgerOptions } from "./Options.ts"
import { type LossyProxy, lossyProxy } from "./proxy.fixture.ts"

type Running = ManagedRuntime.ManagedRuntime<LedgerPort | LedgerAudit, unknown>

const start = (url: string, options: Partial<LedgerOptions> = {}): Running =>
  ManagedRuntime.make(
    Layer.provide(
      Layer.merge(Ledger.layer(options), Audit.layer(options.ledgerId)),
      Layer.merge(migrated(url, { statementTimeoutMs: 2000 }), idsForTests)
    )
  )

const violations = Effect.flatMap(LedgerAudit, (audit) => audit.violations)

const atOnce = { concurrency: "unbounded" } as const

/** Sends a transfer until it is decided: what a caller with an idempotency key does. */
const untilDecided = (command: ReturnType<typeof transfer>, key = newKey()) =>
  submit(command, key).pipe(
    Effect.retry({
      times: 1000,
      schedule: Schedule.spaced(5),
      while: (error) => error._tag === "LedgerUnavailable" || error._tag === "LedgerOverloaded"
    })
  )

/** Requests of a ledger that have a stored answer: transactions that are one, and answers of their own. */
const answersStored = async (sql: postgres.Sql, ledgerId: LedgerId = defaultLedgerId): Promise<number> => {
  const [row] = await sql<Array<{ count: number }>>`select count(*)::int as count
    from (select ledger_id from ledger.transaction where key is not null
          union all select ledger_id from ledger.answer) answers
    where ledger_id = (select ledger_id from ledger.ledger where id = ${uuidOf(ledgerId)})`
  return row?.count ?? 0
}

describe("the writer of a ledger", () => {
  let database: Database
  let sql: postgres.Sql
  before(async () => {
    database = await createDatabase()
    sql = postgres(database.url, { max: 1, onnotice: () => {} })
  })
  after(async () => {
    await sql.end()
    await database.drop()
  })

  test("finds after a restart what it wrote before", async () => {
    const ledgerId = newLedger()
    const first = start(database.url, { ledgerId })
    const { account, bank } = await first.runPromise(funded(1000))
    const key = newKey()
    const receipt = await first.runPromise(submit(transfer(account, bank, cents(400)), key))
    await first.dispose()
    const second = start(database.url, { ledgerId })
    assert.equal(
      receiptText(await second.runPromise(submit(transfer(account, bank, cents(400)), key))),
      receiptText(receipt)
    )
    const refusal = await second.runPromise(Effect.flip(submit(transfer(account, bank, cents(601)))))
    assert.equal(refusal._tag, "InsufficientFunds")
    await second.runPromise(submit(transfer(account, bank, cents(600))))
    assert.equal((await second.runPromise(accountOf(account))).sequence, 3)
    await second.dispose()
  })

  test("keeps ledgers of one database apart", async () => {
    const [left, right] = [
      start(database.url, { ledgerId: newLedger() }),
      start(database.url, { ledgerId: newLedger() })
    ]
    const { account } = await left.runPromise(funded(100))
    const found = (ledger: Running) =>
      ledger.runPromise(Effect.flatMap(LedgerPort, ({ accounts }) => accounts([account])))
    assert.equal((await found(left)).length, 1)
    assert.equal((await found(right)).length, 0)
    const key = newKey()
    const transfers = await Promise.all(
      [left, right].map(async (ledger) => {
        const each = await ledger.runPromise(funded(100))
        return ledger.runPromise(Effect.result(submit(transfer(each.account, each.bank, cents(1)), key)))
      })
    )
    assert.ok(transfers.every(Result.isSuccess), "a key of one ledger says nothing in the other")
    await Promise.all([left.dispose(), right.dispose()])
  })

  test("answers what it accepted when it closes, and refuses what comes later", async () => {
    const ledgerId = newLedger()
    const ledger = start(database.url, { ledgerId })
    const { account, bank } = await ledger.runPromise(funded(1000))
    const port = await ledger.runPromise(LedgerPort)
    const pay = () => port.submit({ key: newKey(), command: transfer(account, bank, cents(1)) })
    const accepted = Array.from({ length: 300 }, () => Effect.runPromise(Effect.result(pay())))
    await ledger.dispose()
    assert.ok((await Promise.all(accepted)).every(Result.isSuccess))
    const late = await Effect.runPromise(Effect.flip(pay()))
    assert.equal(late._tag, "LedgerUnavailable")
  })

  test("refuses what is more than it holds, and does what it took", async () => {
    const ledger = start(database.url, { ledgerId: newLedger(), requestsMax: 4 })
    const { account, bank } = await ledger.runPromise(funded(1000))
    const outcomes = await ledger.runPromise(
      Effect.all(
        Array.from({ length: 10 }, () => Effect.result(submit(transfer(account, bank, cents(1))))),
        atOnce
      )
    )
    assert.equal(outcomes.filter(Result.isSuccess).length, 4)
    for (const outcome of outcomes)
      if (Result.isFailure(outcome)) assert.equal(outcome.failure._tag, "LedgerOverloaded")
    assert.equal((await ledger.runPromise(accountOf(account))).sequence, 5)
    await ledger.dispose()
  })

  test("decides right with accounts that memory has no room for", async () => {
    const ledger = start(database.url, {
      ledgerId: newLedger(),
      accountsCachedMax: 3,
      accountsPackedMax: 4,
      batchMax: 2
    })
    const run = ledger.runPromise(
      Effect.gen(function* () {
        const { bank } = yield* funded(0)
        const accounts = yield* Effect.all(Array.from({ length: 12 }, () => opened()))
        yield* Effect.all(
          accounts.map((account) => submit(transfer(bank, account, cents(100)))),
          atOnce
        )
        const transfers = accounts.flatMap((from, index) =>
          [1, 2, 5].map((distance) => {
            const to = accounts[(index + distance) % accounts.length] ?? bank
            return Effect.result(submit(transfer(from, to, cents(60))))
          })
        )
        yield* Effect.all(transfers, atOnce)
        return yield* violations
      })
    )
    assert.deepEqual(await run, [])
    await ledger.dispose()
  })

  test("that another has taken over from writes nothing more, and what it could not do is done by the other", async () => {
    const ledgerId = newLedger()
    const first = start(database.url, { ledgerId })
    const { account, bank } = await first.runPromise(funded(100_000))
    const keys = Array.from({ length: 400 }, newKey)
    const asked = keys.map((key) => first.runPromise(Effect.result(submit(transfer(account, bank, cents(1)), key))))
    const second = start(database.url, { ledgerId })
    await second.runPromise(Effect.void)
    const answers = await Promise.all(asked)
    for (const answer of answers) if (Result.isFailure(answer)) assert.equal(answer.failure._tag, "LedgerUnavailable")
    const refusal = await first.runPromise(Effect.flip(submit(transfer(account, bank, cents(1)))))
    assert.equal(refusal._tag, "LedgerUnavailable")

    const retried = await second.runPromise(
      Effect.all(
        keys.map((key) => submit(transfer(account, bank, cents(1)), key)),
        atOnce
      )
    )
    answers.forEach((answer, index) => {
      const again = retried[index]
      if (Result.isSuccess(answer) && again !== undefined) assert.equal(receiptText(again), receiptText(answer.success))
    })
    assert.equal((await second.runPromise(accountOf(account))).sequence, 401)
    assert.equal(
      (await first.runPromise(Effect.flip(submit(transfer(account, bank, cents(1))))))._tag,
      "LedgerUnavailable"
    )
    assert.deepEqual(await second.runPromise(violations), [])
    await Promise.all([first.dispose(), second.dispose()])
  })

  test("commits nothing over rows that are not those it knows, and works on with those that are", async () => {
    const ledger = start(database.url, { ledgerId: newLedger(), snapshotEntriesMax: 1 })
    const { account, bank } = await ledger.runPromise(funded(1000))
    await sql`update ledger.account set version = version + 1, overdraft_limit = 500 where account_id = ${uuidOf(account)}`
    const refused = await ledger.runPromise(Effect.flip(submit(transfer(account, bank, cents(10)))))
    assert.equal(refused._tag, "LedgerUnavailable")
    await ledger.runPromise(submit(transfer(account, bank, cents(1500))))
    assert.equal((await ledger.runPromise(accountOf(account))).sequence, 2)
    await ledger.dispose()
  })

  test("loses and doubles nothing while its connections are broken again and again", async () => {
    const ledgerId = newLedger()
    const ledger = start(database.url, { ledgerId })
    const { account, bank } = await ledger.runPromise(funded(100_000))
    let isDone = false
    const killing = (async () => {
      let kills = 0
      // Each time a few more were answered, so that the ledger always gets on.
      for (let next = 20; !isDone; ) {
        const answered = await answersStored(sql, ledgerId)
        if (answered < next) continue
        next = answered + 20
        const killed = await sql`select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and application_name ~ 'ledger (writer|lookup)'`
        kills += killed.length
      }
      return kills
    })()
    const paying = Array.from({ length: 16 }, () =>
      Effect.gen(function* () {
        for (let count = 0; count < 40; count++) yield* untilDecided(transfer(account, bank, cents(1)))
      })
    )
    await ledger.runPromise(Effect.all(paying, atOnce)).finally(() => {
      isDone = true
    })
    assert.ok((await killing) >= 10, "few connections were broken")
    const state = await ledger.runPromise(accountOf(account))
    assert.deepEqual([state.sequence, state.postedDebits], [641, 640n])
    assert.deepEqual(await ledger.runPromise(violations), [])
    await ledger.dispose()
  })
})

describe("a writer whose connection breaks at a commit", () => {
  let database: Database
  let between: LossyProxy
  let sql: postgres.Sql
  let ledger: Running
  before(async () => {
    database = await createDatabase()
    sql = postgres(database.url, { max: 1, onnotice: () => {} })
    between = await lossyProxy(database.url)
    ledger = start(between.url)
  })
  after(async () => {
    await ledger.dispose()
    await between.close()
    await sql.end()
    await database.drop()
  })

  test("answers with what was committed though nobody said so", async () => {
    const { account, bank } = await ledger.runPromise(funded(1000))
    const stored = await answersStored(sql)
    between.silence("ledger writer")
    const asked = [1, 2, 3].map((minor) => ledger.runPromise(submit(transfer(account, bank, cents(minor)))))
    while ((await answersStored(sql)) === stored);
    between.cut()
    const receipts = await Promise.all(asked.slice(0, 1))
    assert.equal(receipts[0]?._tag, "TransactionPosted")
    await Promise.allSettled(asked)
    assert.deepEqual(await ledger.runPromise(violations), [])
  })

  test("says that it is unavailable where nothing was committed, and the retry is done once", async () => {
    const { account, bank } = await ledger.runPromise(funded(1000))
    const lost = between.block("ledger writer")
    const key = newKey()
    const asked = ledger.runPromise(Effect.flip(submit(transfer(account, bank, cents(1)), key)))
    await lost
    between.cut()
    assert.equal((await asked)._tag, "LedgerUnavailable")
    await ledger.runPromise(submit(transfer(account, bank, cents(1)), key))
    assert.equal((await ledger.runPromise(accountOf(account))).sequence, 2)
    assert.deepEqual(await ledger.runPromise(violations), [])
  })

  test("holds up no other writer while the server waits for the rest of its batch", async () => {
    const ledgerId = newLedger()
    const lossy = await lossyProxy(database.url)
    const first = start(lossy.url, { ledgerId })
    const { account, bank } = await first.runPromise(funded(1000))
    const stalled = lossy.stall("ledger writer")
    const asked = first.runPromise(Effect.flip(submit(transfer(account, bank, cents(1)))))
    await stalled
    const next = start(database.url, { ledgerId })
    await next.runPromise(submit(transfer(account, bank, cents(2))))
    lossy.cut()
    assert.equal((await asked)._tag, "LedgerUnavailable")
    assert.equal((await next.runPromise(accountOf(account))).postedDebits, 2n)
    assert.deepEqual(await next.runPromise(violations), [])
    await Promise.all([first.dispose(), next.dispose()])
    await lossy.close()
  })

  test("gives up a connection that falls silent, and answers with what was committed", async () => {
    const { account, bank } = await ledger.runPromise(funded(1000))
    between.silence("ledger writer")
    const receipt = await ledger.runPromise(submit(transfer(account, bank, cents(7))))
    assert.equal(receipt._tag, "TransactionPosted")
    assert.equal((await ledger.runPromise(accountOf(account))).postedDebits, 7n)
    assert.deepEqual(await ledger.runPromise(violations), [])
  })

  test("reads again after each break of all connections", async () => {
    const { account } = await ledger.runPromise(funded(1000))
    const read = accountOf(account).pipe(
      Effect.retry({ times: 100, schedule: Schedule.spaced(5), while: (error) => error._tag === "LedgerUnavailable" })
    )
    for (let round = 0; round < 5; round++) {
      const reading = ledger.runPromise(Effect.all(Array.from({ length: 20 }, () => read)))
      between.cut()
      for (const each of await reading) assert.equal(each.postedCredits, 1000n)
    }
  })
})
