/**
 * Accounts whose entries lie in several segments of the ledger, with gaps of segments in which they have none: whatever is
 * read of them is what the view of all entries says.
 */
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { Effect, Layer, ManagedRuntime } from "effect"
import postgres from "postgres"
import { type EntryQuery, type EntrySearch, Ledger as LedgerPort } from "../../../application/ports/Ledger.ts"
import { Instant, LocalDate } from "../../../domain/calendar/index.ts"
import type { AccountId } from "../../../domain/ids/index.ts"
import type { Command } from "../../../domain/ledger/index.ts"
import { createDatabase, type Database } from "../../../infra/testing/postgres.ts"
import { accountOf, cents, opened, submit, transfer } from "../../contract/index.ts"
import { idsForTests, migrated } from "../fixture.ts"
import { compact, transactionId, uuidOf } from "../Uuid.ts"
import * as Ledger from "./Ledger.ts"

const timeout = 60_000

const transactions = 160

/** Places in `accounts` below; the last has no entries. */
const [bank, left, right, dormant, young, returning, unused] = [0, 1, 2, 3, 4, 5, 6] as const

const missing = () => assert.fail("there is no such account")

/** What the transaction of a number posts, so that the accounts differ in where their entries are. */
const posting = (accounts: ReadonlyArray<AccountId>, number: number): Command.Post => {
  const of = (place: number): AccountId => accounts[place] ?? missing()
  const amount = (number % 9) + 1
  if (number < 12) return transfer(of(dormant), of(number % 2 === 0 ? left : returning), cents(amount))
  if (number >= 150) return transfer(of(bank), of(number % 3 === 0 ? returning : young), cents(amount))
  if (number % 4 === 1)
    return {
      _tag: "Post",
      kind: "journal",
      legs: [
        { accountId: of(bank), side: "debit", amount: cents(2 * amount) },
        { accountId: of(right), side: "credit", amount: cents(amount) },
        { accountId: of(number % 8 === 1 ? left : right), side: "credit", amount: cents(amount) }
      ]
    }
  return number % 4 === 2 ? transfer(of(left), of(bank), cents(amount)) : transfer(of(bank), of(left), cents(amount))
}

/**
 * Moves what is booked apart: five transactions end one segment and begin the next, and there are segments without any.
 * Two transactions each share a moment, three hours after the two before. A batch has the five, as one has that journals what
 * was booked before there was a journal.
 */
const movedApart = `
  create function moved(n bigint) returns bigint language sql as
    $$ select case when n < 0 then n else ((n / 5 + 1 + 3 * (n / 20)) << 20) - 2 + n % 5 end $$;
  update ledger.transaction set number = moved(number),
    booked_at = '2026-03-01T00:00Z'::timestamptz + number / 2 * interval '3 hours',
    value_date = '2026-03-01'::date + (number / 2 * 3 / 24)::integer + case number % 7 when 0 then 2 when 1 then -3 else 0 end;
  update ledger.account set counted_to = moved(counted_to);
  truncate ledger.batch;
  insert into ledger.batch
    select min(ledger_id), row_number() over (order by min(number)) - 1, max(booked_at), min(number), count(*),
      decode(repeat('00', 32 * count(*)::integer), 'hex'), '', decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex')
    from ledger.transaction group by (number + 2) >> 20`

interface Truth {
  readonly sequence: number
  readonly balance: bigint
  readonly amount: bigint
  readonly side: string
  readonly kind: string
  readonly transactionId: string
  readonly bookedAt: number
  readonly valueDate: string
  readonly accounts: ReadonlyArray<string>
}

describe("an account with entries in several segments", { timeout }, () => {
  let database: Database
  let sql: postgres.Sql
  let runtime: ManagedRuntime.ManagedRuntime<LedgerPort, unknown>
  let accounts: ReadonlyArray<AccountId> = []
  const truths = new Map<AccountId, ReadonlyArray<Truth>>()

  const truthOf = async (account: AccountId): Promise<ReadonlyArray<Truth>> => {
    const rows = await sql<Array<Truth & { readonly transaction_id: string; readonly booked_at: Date }>>`
      select e.sequence::integer, e.balance, e.amount, e.side, t.kind, e.transaction_id, t.booked_at,
        t.value_date::text as "valueDate", coalesce(t.accounts, array[t.account_1, t.account_2])::text[] as accounts
      from ledger.entry e join ledger.transaction t using (ledger_id, transaction_id)
      where e.account_id = ${uuidOf(account)} order by e.sequence`
    return rows.map(({ transaction_id, booked_at, ...row }) => ({
      ...row,
      transactionId: transactionId(transaction_id),
      bookedAt: booked_at.getTime()
    }))
  }

  const known = (account: AccountId): ReadonlyArray<Truth> => truths.get(account) ?? []

  /** Every moment of the account's entries, and the milliseconds around it. */
  const moments = (account: AccountId): ReadonlyArray<Instant.Instant> =>
    [...new Set(known(account).map(({ bookedAt }) => bookedAt))].flatMap((at) =>
      [at - 1, at, at + 1].map((millis) => Instant.fromMillis(millis))
    )

  before(
    async () => {
      database = await createDatabase()
      sql = postgres(database.url, { max: 1, onnotice: () => {}, types: { bigint: postgres.BigInt } })
      runtime = ManagedRuntime.make(
        Layer.provide(Ledger.layer({ snapshotEntriesMax: 5 }), Layer.merge(migrated(database.url), idsForTests))
      )
      const internal = opened({ kind: "internal", normalSide: "debit" })
      accounts = await runtime.runPromise(Effect.all(Array.from({ length: unused + 1 }, () => internal)))
      for (let number = 0; number < transactions; number++) await runtime.runPromise(submit(posting(accounts, number)))
      await sql.unsafe(movedApart)
      for (const account of accounts) truths.set(account, await truthOf(account))
    },
    { timeout }
  )
  after(async () => {
    await runtime.dispose()
    await sql.end()
    await database.drop()
  })

  /** Whole history by pages, each begun after the last entry of the one before. */
  const paged = (query: Omit<EntryQuery, "after">) =>
    Effect.gen(function* () {
      const ledger = yield* LedgerPort
      const seen: Array<Truth["sequence"]> = []
      for (let after: number | undefined; ; ) {
        const page = yield* ledger.entries({ ...query, ...(after === undefined ? {} : { after }) })
        seen.push(...page.map(({ sequence }) => sequence))
        after = page.at(-1)?.sequence
        if (page.length < query.limit) return seen
      }
    })

  const orders = ["newest", "oldest"] as const

  const inOrder = (order: EntryQuery["order"], entries: ReadonlyArray<Truth>): ReadonlyArray<number> => {
    const sequences = entries.map(({ sequence }) => sequence)
    return order === "oldest" ? sequences : sequences.reverse()
  }

  test("is what this test is about: entries of pairs and of legs, and segments without any in between", async () => {
    const rows = await sql`select account_id, count(distinct ledger.segment(number))::integer as segments,
        (max(ledger.segment(number)) - min(ledger.segment(number)))::integer as apart
      from ledger.entry group by account_id`
    const of = (place: number) => rows.find((row) => compact(row.account_id) === uuidOf(accounts[place] ?? missing()))
    assert.ok(of(bank)?.segments > 30 && of(bank)?.apart > of(bank)?.segments + 10)
    assert.ok(of(returning)?.segments < 8 && of(returning)?.apart > 40)
    const [lagging] = await sql`select count(*)::integer as rows from ledger.standing where row_sequence < sequence`
    assert.ok(lagging?.rows > 2)
  })

  test("is read as it is, from a row that knows where later entries are and from one that does not", async () => {
    const expectAll = async () => {
      for (const account of accounts) {
        const entries = known(account)
        const read = await runtime.runPromise(accountOf(account))
        const sumOf = (side: string) => entries.reduce((sum, each) => sum + (each.side === side ? each.amount : 0n), 0n)
        assert.deepEqual(
          [read.sequence, read.postedDebits, read.postedCredits],
          [entries.length, sumOf("debit"), sumOf("credit")]
        )
      }
    }
    await expectAll()
    const rows = await sql`select account_id, counted_to from ledger.account`
    await sql`update ledger.account set counted_to = -1`
    await expectAll()
    for (const row of rows)
      await sql`update ledger.account set counted_to = ${row.counted_to} where account_id = ${row.account_id}`
  })

  test("has pages, newest and oldest first, that follow one another over segments without gap or overlap", async () => {
    for (const accountId of accounts)
      for (const order of orders)
        for (const limit of [1, 4, 7, 1000]) {
          const seen = await runtime.runPromise(paged({ accountId, order, limit }))
          assert.deepEqual(seen, inOrder(order, known(accountId)), `${order} by ${limit}`)
        }
  })

  test("has entries that say what was booked, and when", async () => {
    for (const accountId of accounts) {
      const entries = await runtime.runPromise(
        Effect.flatMap(LedgerPort, (ledger) => ledger.entries({ accountId, order: "oldest", limit: 1000 }))
      )
      assert.deepEqual(
        entries.map((entry) => [entry.sequence, entry.amount.minor, entry.balance.minor, entry.side, entry.kind]),
        known(accountId).map((entry) => [entry.sequence, entry.amount, entry.balance, entry.side, entry.kind])
      )
      assert.deepEqual(
        entries.map((entry) => [entry.transactionId, entry.bookedAt, entry.valueDate]),
        known(accountId).map((entry) => [entry.transactionId, entry.bookedAt, entry.valueDate])
      )
    }
  })

  test("has, of every period, the entries from its first moment on and before its last", async () => {
    for (const accountId of accounts) {
      const all = moments(accountId)
      for (const [index, from] of all.entries()) {
        if (index % 5 > 0) continue
        const before = all[(index * 7 + 3) % all.length] ?? from
        const order = orders[index % 2] ?? "newest"
        const seen = await runtime.runPromise(
          paged({ accountId, order, limit: 6, bookedFrom: from, bookedBefore: before })
        )
        const expected = known(accountId).filter(({ bookedAt }) => bookedAt >= from && bookedAt < before)
        assert.deepEqual(seen, inOrder(order, expected), `${order} from ${from} before ${before}`)
      }
    }
  })

  test("has, at every moment, a first entry that was not booked before it", async () => {
    for (const accountId of accounts)
      for (const moment of moments(accountId)) {
        const [row] = await sql`select sequence from ledger.place_from(1, ${uuidOf(accountId)}, ${new Date(moment)})`
        const earlier = known(accountId).filter(({ bookedAt }) => bookedAt < moment)
        assert.equal(row?.sequence, BigInt(earlier.length + 1))
      }
  })

  test("has, by the end of every day, the balance of what has its value by then", async () => {
    const ledger = await runtime.runPromise(LedgerPort)
    const start = LocalDate.fromInstant(Instant.fromMillis(Date.UTC(2026, 1, 25)))
    for (const accountId of accounts)
      for (let days = 0; days < 22; days++) {
        const day = LocalDate.addDays(start, days)
        const balance = known(accountId)
          .filter(({ valueDate }) => valueDate <= day)
          .reduce((sum, { side, amount }) => sum + (side === "debit" ? amount : -amount), 0n)
        assert.equal(await runtime.runPromise(ledger.balanceByValueDate(accountId, day)), balance, day)
      }
  })

  /** Each filter, and what of the truth it wants. */
  const filters = (): ReadonlyArray<readonly [Partial<EntrySearch>, (entry: Truth) => boolean]> => {
    const counterparty = accounts[right] ?? missing()
    return [
      [{ side: "debit" }, ({ side }) => side === "debit"],
      [{ amountMinorMin: 5n, amountMinorMax: 8n }, ({ amount }) => amount >= 5n && amount <= 8n],
      [{ kinds: ["journal"] }, ({ kind }) => kind === "journal"],
      [{ counterparty }, (entry) => entry.accounts.some((each) => compact(each) === uuidOf(counterparty))]
    ]
  }

  test("is searched segment by segment, to the last wanted entry", async () => {
    const ledger = await runtime.runPromise(LedgerPort)
    for (const accountId of accounts)
      for (const order of orders)
        for (const [filter, isWanted] of filters()) {
          if (filter.counterparty === accountId) continue
          const seen: Array<number> = []
          for (let after: number | undefined; ; ) {
            const search = { accountId, order, limit: 3, ...filter, ...(after === undefined ? {} : { after }) }
            const page = await runtime.runPromise(ledger.search(search))
            seen.push(...page.entries.map(({ sequence }) => sequence))
            after = page.next
            if (after === undefined) break
          }
          assert.deepEqual(seen, inOrder(order, known(accountId).filter(isWanted)))
        }
  })
})
