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
import { defaultLedgerId } from "./Options.ts"

/**
 * A bank's account and a customer's with entries, holds, a capture, a reversal, a closed account, and a transaction of
 * three entries.
 */
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
  const split = yield* posted({
    _tag: "Post",
    kind: "journal",
    legs: [
      { accountId: account, side: "debit", amount: cents(30) },
      { accountId: bank, side: "credit", amount: cents(10) },
      { accountId: bank, side: "credit", amount: cents(20) }
    ]
  })
  return { bank, account, paid: paid.id, open: open.id, captured: captured.id, closed, split: split.id }
})

/** What damage is done to, and is put back from copies. */
const tables = ["account", "transaction", "leg", "hold", "answer"]

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
    for (const table of tables) await sql.unsafe(`create table public.${table} as table ledger.${table}`)
  })
  after(async () => {
    await runtime.dispose()
    await sql.end()
    await database.drop()
  })

  const violations = () => runtime.runPromise(Effect.flatMap(LedgerAudit, (audit) => audit.violations))

  /** What the audit finds while a statement's damage is there; then the tables are as they were. */
  const found = async (damage: string): Promise<ReadonlyArray<string>> => {
    try {
      const { count } = await sql.unsafe(damage)
      assert.ok(count > 0, `no row was tampered with: ${damage}`)
      const seen = await violations()
      return seen.map(({ invariant, subject }) => `${invariant} ${subject}`)
    } finally {
      await sql.unsafe(
        tables
          .map((table) => `delete from ledger.${table}; insert into ledger.${table} table public.${table}`)
          .join(";")
      )
    }
  }

  const expectFound = async (damage: string, ...expected: ReadonlyArray<string>): Promise<void> => {
    const seen = await found(damage)
    for (const each of expected) assert.ok(seen.includes(each), `${each} is not in ${seen.join(", ") || "nothing"}`)
  }

  test("finds nothing in a history that the ledger wrote", async () => {
    assert.deepEqual(await violations(), [])
  })

  test("INV-1: an entry with another amount, one that is gone, one without its transaction, another currency", async () => {
    const { paid, split } = made
    const legs = `where transaction_id = '${uuidOf(split)}'`
    await expectFound(`update ledger.leg set amount = amount + 1 ${legs} and side = 'debit'`, `INV-1 ${split}`)
    await expectFound(`delete from ledger.leg ${legs} and amount = 10`, `INV-1 ${split}`)
    await expectFound(`delete from ledger.transaction ${legs}`, `INV-1 ${split}`)
    await expectFound(
      `update ledger.transaction set currency = 'EUR' where transaction_id = '${uuidOf(paid)}'`,
      `INV-1 ${paid}`
    )
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
    const paid = `where transaction_id = '${uuidOf(made.paid)}'`
    const leg = `where transaction_id = '${uuidOf(made.split)}' and account_id = '${uuidOf(made.account)}'`
    await expectFound(`delete from ledger.transaction ${paid}`, `INV-4 ${made.account}`, `INV-4 ${made.bank}`)
    await expectFound(`update ledger.transaction set balance_1 = balance_1 + 1 ${paid}`, `INV-4 ${made.account}`)
    await expectFound(`update ledger.transaction set balance_2 = balance_2 + 1 ${paid}`, `INV-4 ${made.bank}`)
    await expectFound(`update ledger.leg set balance = balance + 1 ${leg}`, `INV-4 ${made.account}`)
    await expectFound(`update ledger.leg set sequence = sequence + 1 ${leg}`, `INV-4 ${made.account}`)
    await expectFound(
      `update ledger.account set sequence = sequence + 100 where account_id = '${uuidOf(made.account)}'`,
      `INV-4 ${made.account}`
    )
  })

  test("INV-3: a row that is older than its account, with sums of other entries than those until its sequence", async () => {
    const account = uuidOf(made.account)
    const [row] = await sql<Array<{ sequence: number; row_sequence: number }>>`
      select sequence::int, row_sequence::int from ledger.standing where account_id = ${account}`
    assert.ok(row !== undefined && row.row_sequence > 0 && row.row_sequence < row.sequence)
    for (const change of ["sequence = sequence + 1", "sequence = sequence - 1", "posted_debits = posted_debits + 1"])
      await expectFound(`update ledger.account set ${change} where account_id = '${account}'`, `INV-3 ${made.account}`)
  })

  test("INV-4: a row that claims to count a transaction that has a later entry, or one that is not booked", async () => {
    const account = uuidOf(made.account)
    const [next] = await sql<Array<{ number: number }>>`
      select e.number::int from ledger.entry e join ledger.account a using (ledger_id, account_id)
      where account_id = ${account} and e.sequence = a.sequence + 1`
    const claiming = (number: number) =>
      `update ledger.account set counted_to = ${number} where account_id = '${account}'`
    assert.ok(next !== undefined)
    assert.deepEqual(await found(claiming(next.number - 1)), [])
    await expectFound(claiming(next.number), `INV-4 ${made.account}`)
    await expectFound(claiming(1_000_000), `INV-4 ${made.account}`)
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
    await expectFound(
      `update ledger.transaction set amount = 501 where transaction_id = ${reversal}`,
      `INV-8 ${made.paid}`
    )
    const seen = await found(
      `update ledger.transaction set reverses = transaction_id where transaction_id = ${reversal}`
    )
    assert.ok(
      seen.some((each) => each.startsWith("INV-8 txn_")),
      seen.join(", ")
    )
  })

  test("INV-9: an answer without its transaction, a transaction that answers two keys, a key that is answered twice", async () => {
    const { paid, split } = made
    const captured = `(select transaction_id from ledger.transaction where hold_id = '${uuidOf(made.captured)}')`
    const seen = await found(`delete from ledger.transaction where transaction_id = ${captured}`)
    assert.ok(
      seen.some((each) => each.startsWith("INV-9 txn_")),
      seen.join(", ")
    )
    const answering = (key: string) => `insert into ledger.answer (ledger_id, key, transaction_id, fingerprint)
      select ledger_id, ${key}, transaction_id, fingerprint from ledger.transaction
      where transaction_id = '${uuidOf(paid)}'`
    await expectFound(answering("gen_random_uuid()"), `INV-9 ${paid}`)
    await expectFound(answering("key"), `INV-9 ${paid}`)
    await expectFound(
      `update ledger.transaction set key = (select key from ledger.transaction where transaction_id = '${uuidOf(split)}')
        where transaction_id = '${uuidOf(paid)}'`,
      `INV-9 ${[paid, split].sort()[0]}`
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

  test("INV-42: a transaction whose number is not its place in the order of booking", async () => {
    const paid = `where transaction_id = '${uuidOf(made.paid)}'`
    await expectFound(`update ledger.transaction set number = number + 1 ${paid}`, `INV-42 ${made.paid}`)
    await expectFound(
      `update ledger.transaction set booked_at = booked_at - interval '1 day' ${paid}`,
      `INV-42 ${made.paid}`
    )
  })

  const columnsOf = async (table: string): Promise<ReadonlyArray<string>> => {
    const rows = await sql<Array<{ name: string }>>`select column_name as name from information_schema.columns
      where table_schema = 'ledger' and table_name = ${table} order by column_name`
    return rows.map(({ name }) => name)
  }

  /** Each change of one column, of the row that it fits. */
  const expectEachFound = async (table: string, changes: Readonly<Record<string, readonly [string, string]>>) => {
    for (const [column, [value, where]] of Object.entries(changes)) {
      const seen = await found(`update ledger.${table} set ${column} = ${value} where ${where}`)
      assert.ok(seen.length > 0, `nothing is found when ${table}.${column} is changed`)
    }
  }

  test("finds a change of each column of a transaction but of those that no invariant is about", async () => {
    const [pair, list] = [made.paid, made.split].map((id) => `transaction_id = '${uuidOf(id)}'`)
    const own = pair ?? ""
    const changes = {
      ledger_id: ["ledger_id + 1", own],
      transaction_id: ["gen_random_uuid()", own],
      booked_at: ["booked_at + interval '1 day'", own],
      number: ["number + 1", own],
      kind: ["'reversal'", own],
      account_1: [`'${uuidOf(made.closed)}'`, own],
      account_2: [`'${uuidOf(made.closed)}'`, own],
      sequence_1: ["sequence_1 + 1", own],
      sequence_2: ["sequence_2 + 1", own],
      balance_1: ["balance_1 + 1", own],
      balance_2: ["balance_2 + 1", own],
      amount: ["amount + 1", own],
      side: ["'credit'", own],
      currency: ["'EUR'", own],
      key: ["(select key from ledger.transaction where number = 0)", own],
      reverses: ["null", "reverses is not null"],
      hold_id: ["null", "hold_id is not null"],
      accounts: ["array[accounts[1], accounts[1], accounts[3]]", list ?? ""],
      sequences: ["array[sequences[1], sequences[3], sequences[3]]", list ?? ""]
    } as const
    await expectEachFound("transaction", changes)
    // What these say follows from no other row; the journal's digests are there for that.
    const untold = ["description", "fingerprint", "metadata", "value_date"]
    assert.deepEqual(await columnsOf("transaction"), [...Object.keys(changes), ...untold].sort())
  })

  test("finds a change of each column of an entry that has a row of its own", async () => {
    const own = `transaction_id = '${uuidOf(made.split)}' and side = 'debit'`
    const changes = {
      ledger_id: ["ledger_id + 1", own],
      account_id: [`'${uuidOf(made.closed)}'`, own],
      sequence: ["sequence + 1", own],
      amount: ["amount + 1", own],
      balance: ["balance + 1", own],
      transaction_id: [`'${uuidOf(made.paid)}'`, own],
      side: ["'credit'", own]
    } as const
    await expectEachFound("leg", changes)
    assert.deepEqual(await columnsOf("leg"), Object.keys(changes).sort())
  })

  test("finds nothing once all is as it was", async () => {
    assert.deepEqual(await violations(), [])
  })
})

describe("the audit of a large ledger that PostgreSQL has not counted", () => {
  const accounts = 10_000
  const each = 8
  const opening = createDatabase()
  after(async () => (await opening).drop())

  /** One account pays 1 to every other, a few times over. */
  const filled = `
    alter table ledger.transaction set (autovacuum_enabled = off);
    alter table ledger.account set (autovacuum_enabled = off);
    insert into ledger.ledger (id, epoch, writer) values ('${uuidOf(defaultLedgerId)}', 1, gen_random_uuid());
    insert into ledger.account
      select 1, lpad(to_hex(n), 32, '0')::uuid, 2, case n when 0 then ${accounts * each} else ${each} end,
        case n when 0 then ${accounts * each} else 0 end, case n when 0 then 0 else ${each} end, 0, 0, 0, 1, now(), 0,
        'internal', 'debit', 'none', false, false, 'USD'
      from generate_series(0, ${accounts}) n;
    insert into ledger.transaction (ledger_id, transaction_id, booked_at, value_date, kind, number, account_1, account_2,
      sequence_1, sequence_2, balance_1, balance_2, amount, side, currency)
    select 1, lpad(to_hex(n), 32, '0')::uuid, now(), '2026-02-03', 'transfer', n, lpad('0', 32, '0')::uuid,
      lpad(to_hex(n % ${accounts} + 1), 32, '0')::uuid, n + 1, n / ${accounts} + 1, n + 1, -(n / ${accounts} + 1), 1,
      'debit', 'USD'
    from generate_series(0, ${accounts * each - 1}) n`

  test("ends in seconds, for it joins no entries by a loop in a loop", { timeout: 20_000 }, async () => {
    const { url } = await opening
    const runtime = ManagedRuntime.make(Layer.provide(Audit.layer(), migrated(url)))
    const sql = postgres(url, { max: 1, onnotice: () => {} })
    try {
      await runtime.runPromise(Effect.void)
      await sql.unsafe(filled)
      assert.deepEqual(await runtime.runPromise(Effect.flatMap(LedgerAudit, ({ violations }) => violations)), [])
    } finally {
      await sql.end()
      await runtime.dispose()
    }
  })
})
