import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { Effect, Layer, ManagedRuntime } from "effect"
import postgres from "postgres"
import type { Ledger as LedgerPort } from "../../../application/ports/Ledger.ts"
import { LedgerAudit } from "../../../application/ports/LedgerAudit.ts"
import { createDatabase, type Database } from "../../../infra/testing/postgres.ts"
import { cents, funded, held, hold, opened, posted, submit, transfer } from "../../contract/index.ts"
import { idsForTests, migrated } from "../fixture.ts"
import { uuidOf } from "../Uuid.ts"
import * as Audit from "./Audit.ts"
import * as Ledger from "./Ledger.ts"

/** A bank's account and a customer's with entries, holds, a capture, a reversal, and a closed account. */
const history = Effect.gen(function* () {
  const { bank, account } = yield* funded(10_000)
  const paid = yield* posted(transfer(account, bank, cents(500)))
  yield* submit({ _tag: "Reverse", transactionId: paid.id, amount: cents(200) })
  const open = yield* held(hold(account, bank, cents(300)))
  const captured = yield* held(hold(account, bank, cents(400)))
  yield* submit({ _tag: "Capture", holdId: captured.id, amount: cents(100), keepRest: false })
  const closed = yield* opened()
  yield* submit(transfer(bank, closed, cents(50)))
  yield* submit({ _tag: "CloseAccount", accountId: closed, sweepTo: account, revision: 2 })
  return { bank, account, paid: paid.id, open: open.id, captured: captured.id, closed }
})

describe("the audit of stored rows", () => {
  let database: Database
  let runtime: ManagedRuntime.ManagedRuntime<LedgerPort | LedgerAudit, unknown>
  let sql: postgres.Sql
  let made: Effect.Success<typeof history>

  before(async () => {
    database = await createDatabase()
    sql = postgres(database.url, { max: 1, onnotice: () => {} })
    runtime = ManagedRuntime.make(
      Layer.provide(Layer.merge(Ledger.layer(), Audit.layer()), Layer.merge(migrated(database.url), idsForTests))
    )
    made = await runtime.runPromise(history)
  })
  after(async () => {
    await runtime.dispose()
    await sql.end()
    await database.drop()
  })

  const violations = () => runtime.runPromise(Effect.flatMap(LedgerAudit, (audit) => audit.violations))

  /** What the audit finds while a statement's damage is there; then the tables are as they were. */
  const found = async (damage: string): Promise<ReadonlyArray<string>> => {
    const tables = ["account", "transaction", "entry", "hold", "answer"]
    for (const table of tables) await sql.unsafe(`create table public.${table} as table ledger.${table}`)
    const { count } = await sql.unsafe(damage)
    assert.ok(count > 0, `no row was tampered with: ${damage}`)
    const seen = await violations()
    for (const table of tables)
      await sql.unsafe(
        `truncate ledger.${table}; insert into ledger.${table} table public.${table}; drop table public.${table}`
      )
    return seen.map(({ invariant, subject }) => `${invariant} ${subject}`)
  }

  const expectFound = async (damage: string, ...expected: ReadonlyArray<string>): Promise<void> => {
    const seen = await found(damage)
    for (const each of expected) assert.ok(seen.includes(each), `${each} is not in ${seen.join(", ") || "nothing"}`)
  }

  test("finds nothing in a history that the ledger wrote", async () => {
    assert.deepEqual(await violations(), [])
  })

  test("INV-1: an entry with another amount, one that is gone, and one without its transaction", async () => {
    const { paid } = made
    await expectFound(
      `update ledger.entry set amount = amount + 1 where transaction_id = '${uuidOf(paid)}' and side = 'debit'`,
      `INV-1 ${paid}`
    )
    await expectFound(
      `delete from ledger.entry where transaction_id = '${uuidOf(paid)}' and side = 'credit'`,
      `INV-1 ${paid}`
    )
    await expectFound(`delete from ledger.transaction where transaction_id = '${uuidOf(paid)}'`, `INV-1 ${paid}`)
  })

  test("INV-2 and INV-3: an account with money that no entry brought", async () => {
    await expectFound(
      `update ledger.account set posted_credits = posted_credits + 1 where account_id = '${uuidOf(made.account)}'`,
      "INV-2 ledger",
      `INV-3 ${made.account}`
    )
    await expectFound(
      `delete from ledger.account where account_id = '${uuidOf(made.account)}'`,
      `INV-3 ${made.account}`
    )
  })

  test("INV-4: a gap in the numbers, a wrong running balance, a wrong last number", async () => {
    const entries = `ledger.entry where account_id = '${uuidOf(made.account)}'`
    await expectFound(`delete from ${entries} and sequence = 2`, `INV-4 ${made.account}`)
    await expectFound(
      `update ledger.entry set balance = balance + 1 where account_id = '${uuidOf(made.account)}' and sequence = 3`,
      `INV-4 ${made.account}`
    )
    await expectFound(
      `update ledger.account set sequence = sequence + 1 where account_id = '${uuidOf(made.account)}'`,
      `INV-4 ${made.account}`
    )
  })

  test("INV-5: a customer with less than nothing available", async () => {
    await expectFound(
      `update ledger.account set overdraft_limit = -1000000 where account_id = '${uuidOf(made.account)}'`,
      `INV-5 ${made.account}`
    )
  })

  test("INV-6: pending totals and counts that are not those of the open holds", async () => {
    await expectFound(
      `update ledger.hold set status = 'released' where hold_id = '${uuidOf(made.open)}'`,
      `INV-6 ${made.account}`,
      `INV-6 ${made.bank}`
    )
    await expectFound(
      `update ledger.account set open_holds = open_holds + 1 where account_id = '${uuidOf(made.account)}'`,
      `INV-6 ${made.account}`
    )
  })

  test("INV-7: a hold that says it captured something else than its captures posted", async () => {
    await expectFound(
      `update ledger.hold set captured = captured + 1 where hold_id = '${uuidOf(made.captured)}'`,
      `INV-7 ${made.captured}`
    )
    await expectFound(`delete from ledger.hold where hold_id = '${uuidOf(made.captured)}'`, `INV-7 ${made.captured}`)
  })

  test("INV-8: a reversal of more than there was, and one that is no mirror", async () => {
    const reversal = `(select transaction_id from ledger.transaction where reverses = '${uuidOf(made.paid)}')`
    await expectFound(`update ledger.entry set amount = 501 where transaction_id = ${reversal}`, `INV-8 ${made.paid}`)
    const seen = await found(
      `update ledger.transaction set reverses = transaction_id where transaction_id = ${reversal}`
    )
    assert.ok(
      seen.some((each) => each.startsWith("INV-8 txn_")),
      seen.join(", ")
    )
  })

  test("INV-9: an answer without its transaction, and a transaction that answers two keys", async () => {
    await expectFound(
      `delete from ledger.transaction where transaction_id = '${uuidOf(made.paid)}'`,
      `INV-9 ${made.paid}`
    )
    await expectFound(
      `insert into ledger.answer (ledger_id, key, transaction_id, fingerprint)
        select ledger_id, gen_random_uuid(), transaction_id, fingerprint from ledger.answer
        where transaction_id = '${uuidOf(made.paid)}'`,
      `INV-9 ${made.paid}`
    )
  })

  test("INV-10: a closed account with money, with holds, or with entries after its closing", async () => {
    const account = `account_id = '${uuidOf(made.closed)}'`
    await expectFound(
      `update ledger.account set posted_credits = posted_credits + 1 where ${account}`,
      `INV-10 ${made.closed}`
    )
    await expectFound(`update ledger.account set open_holds = 1 where ${account}`, `INV-10 ${made.closed}`)
    await expectFound(`update ledger.account set sequence = sequence + 1 where ${account}`, `INV-10 ${made.closed}`)
  })

  test("finds nothing once all is as it was", async () => {
    assert.deepEqual(await violations(), [])
  })
})
