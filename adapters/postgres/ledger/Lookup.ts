/** Set-based reads of the ledger: one round trip each, no locks, whatever number of ids is asked for. */
import { Effect } from "effect"
import type { Instant } from "../../../domain/calendar/index.ts"
import type { AccountId, HoldId, TransactionId } from "../../../domain/ids/index.ts"
import type { Hold, LedgerAccount, Transaction } from "../../../domain/ledger/index.ts"
import { arrayOf } from "../Columns.ts"
import type { PostgresUnavailable } from "../Failure.ts"
import { bigintOf, intOf, optionalText, type Row, textOf } from "../Fields.ts"
import type { Parameter, Pool } from "../Postgres.ts"
import { transactionId, uuidOf } from "../Uuid.ts"
import {
  accountColumns,
  accountOf,
  answersOf,
  holdColumns,
  holdOf,
  type StoredAccount,
  type StoredAnswer,
  storedAccount,
  storedColumns,
  transactionColumns,
  transactionsOf
} from "./Rows.ts"

type Read<A> = Effect.Effect<A, PostgresUnavailable>

/** A reversal that is stored: minor units of its first entry, by its id. */
export type Reversals = ReadonlyMap<TransactionId, ReadonlyMap<TransactionId, bigint>>

/** The last transaction of a ledger. */
export interface Last {
  /** In epoch milliseconds. */
  readonly bookedAt: number
  readonly number: number
}

/** Tables of answers: each key is in one of them. */
export const keyTables = ["transaction", "answer"] as const

/** Keys of consecutive rows of a table. */
export interface KeyPage {
  /** Their digests, one after another. */
  readonly digests: string
  /** What the last row of the page is ordered by; undefined where no row follows. */
  readonly last: string | undefined
}

export interface Lookup {
  readonly accounts: (ids: Iterable<AccountId>) => Read<ReadonlyArray<LedgerAccount.LedgerAccount>>
  /** Accounts with what the writer needs to know of their rows. */
  readonly stored: (ids: Iterable<AccountId>) => Read<ReadonlyArray<StoredAccount>>
  readonly holds: (ids: Iterable<HoldId>) => Read<ReadonlyMap<HoldId, Hold.Hold>>
  readonly transactions: (ids: Iterable<TransactionId>) => Read<ReadonlyMap<TransactionId, Transaction.Transaction>>
  /** The reversals of each transaction. */
  readonly reversals: (ids: Iterable<TransactionId>) => Read<Reversals>
  /** Answers by the digest of their key. */
  readonly answers: (keys: Iterable<string>) => Read<ReadonlyMap<string, StoredAnswer>>
  /** The keys of at most `limit` rows in the order of the table's primary key, after the row that has the UUID `after`. */
  readonly keys: (table: (typeof keyTables)[number], after: string, limit: number) => Read<KeyPage>
  /** Open holds that expire at `now` or before, the longest due first, at most `limit`. */
  readonly due: (now: Instant.Instant, limit: number) => Read<ReadonlyArray<Hold.Hold>>
  /** When the first open hold after `now` expires, in epoch milliseconds; infinity for never. */
  readonly nextExpiry: (now: number) => Read<number>
  /** The last transaction; number -1, booked at negative infinity where there is none. */
  readonly last: Read<Last>
  /** Transactions in the order of booking: those after the one with the number `before`, or after the id `after`. */
  readonly booked: (
    from: { readonly before: number } | { readonly after: TransactionId },
    limit: number
  ) => Read<ReadonlyArray<Transaction.Transaction>>
}

const uuids = (ids: Iterable<string>): string => arrayOf(Array.from(new Set(ids), uuidOf))

/**
 * The rows of a table that have one of the keys `$2`, by an index search for each. `offset 0` keeps the search as it is
 * written: of "key = any" the planner can make a filter, and would read the whole ledger for ever after it planned while
 * the table was small.
 */
const asked = (table: string, key: string): string =>
  `unnest($2::uuid[]) asked (key) cross join lateral (
    select * from ledger.${table} stored where stored.ledger_id = $1 and stored.${key} = asked.key offset 0)`

/** The column that comes after the ledger in the primary key of each. */
const keyOrder = { transaction: "transaction_id", answer: "key" } as const

/** One row: as many digests as there are rows would cost the driver more than all the rest. */
const keysText = (table: (typeof keyTables)[number]): string =>
  `select encode(string_agg(uuid_send(key), ''), 'hex') as digests, max(place::text collate "C") as last,
      count(*)::integer as count
    from (select stored.key, stored.${keyOrder[table]} as place from ledger.${table} stored
      where stored.ledger_id = $1 and stored.${keyOrder[table]} > $2::uuid
      order by stored.ledger_id, stored.${keyOrder[table]} limit $3) page`

const reversalsOf = (rows: ReadonlyArray<Row>): Reversals => {
  const reversals = new Map<TransactionId, Map<TransactionId, bigint>>()
  for (const row of rows) {
    const original = transactionId(textOf(row, "reverses"))
    const amounts = reversals.get(original) ?? new Map<TransactionId, bigint>()
    amounts.set(transactionId(textOf(row, "transaction_id")), bigintOf(row, "amount"))
    reversals.set(original, amounts)
  }
  return reversals
}

/** Reads the ledger of a number over a pool. */
export const lookup = (pool: Pool, ledger: number): Lookup => {
  const read = <A>(text: string, parameters: ReadonlyArray<Parameter>, decode: (rows: ReadonlyArray<Row>) => A) =>
    Effect.map(pool.query(text, [ledger, ...parameters]), decode)

  return {
    accounts: (ids) =>
      read(`select ${accountColumns} from ${asked("standing", "account_id")} a`, [uuids(ids)], (rows) =>
        rows.map(accountOf)
      ),
    stored: (ids) =>
      read(`select ${storedColumns} from ${asked("standing", "account_id")} a`, [uuids(ids)], (rows) =>
        rows.map(storedAccount)
      ),
    holds: (ids) =>
      read(
        `select ${holdColumns} from ${asked("hold", "hold_id")} h`,
        [uuids(ids)],
        (rows) => new Map(rows.map((row) => holdOf(row)).map((hold) => [hold.id, hold]))
      ),
    transactions: (ids) =>
      read(
        `select ${transactionColumns} from ${asked("transaction", "transaction_id")} t`,
        [uuids(ids)],
        transactionsOf
      ),
    reversals: (ids) =>
      read(
        `select t.reverses, t.transaction_id, coalesce(t.amount, (
            select leg.amount from ledger.leg
            where leg.ledger_id = $1 and leg.account_id = t.accounts[1] and leg.sequence = t.sequences[1])) as amount
          from ${asked("transaction", "reverses")} t`,
        [uuids(ids)],
        reversalsOf
      ),
    answers: (keys) =>
      read(
        `select t.key, t.fingerprint, t.transaction_id, null::json as receipt, null::json as rejection
          from unnest($2::uuid[]) asked (key)
          cross join lateral (select * from ledger.transaction stored where stored.key = asked.key offset 0) t
          where t.ledger_id = $1
          union all
          select a.key, a.fingerprint, a.transaction_id, a.receipt, a.rejection from ${asked("answer", "key")} a`,
        [arrayOf(new Set(keys))],
        answersOf
      ),
    keys: (table, after, limit) =>
      read(keysText(table), [after, limit], ([row = {}]) => ({
        digests: optionalText(row, "digests") ?? "",
        last: intOf(row, "count") < limit ? undefined : textOf(row, "last")
      })),
    due: (now, limit) =>
      read(
        `select ${holdColumns} from ledger.hold
          where ledger_id = $1 and status = 'authorized' and expires_at <= $2::timestamptz
          order by ledger_id, expires_at limit $3`,
        [new Date(now).toISOString(), limit],
        (rows) => rows.map(holdOf)
      ),
    nextExpiry: (now) =>
      read(
        `select (extract(epoch from expires_at) * 1000)::bigint as expires_at from ledger.hold
          where ledger_id = $1 and status = 'authorized' and expires_at > $2::timestamptz
          order by ledger_id, expires_at limit 1`,
        [new Date(now).toISOString()],
        ([row]) => (row === undefined ? Number.POSITIVE_INFINITY : intOf(row, "expires_at"))
      ),
    last: read(
      `select (extract(epoch from booked_at) * 1000)::bigint as booked_at, number from ledger.transaction
        where ledger_id = $1 order by ledger_id desc, transaction_id desc limit 1`,
      [],
      ([row]) =>
        row === undefined
          ? { bookedAt: Number.NEGATIVE_INFINITY, number: -1 }
          : { bookedAt: intOf(row, "booked_at"), number: intOf(row, "number") }
    ),
    booked: (from, limit) =>
      read(
        `select ${transactionColumns} from ledger.transaction t
          where t.ledger_id = $1 and t.transaction_id > coalesce($2::uuid, (
            select transaction_id from ledger.transaction where ledger_id = $1 and number = $3::bigint),
            '00000000-0000-0000-0000-000000000000')
          order by t.ledger_id, t.transaction_id limit $4`,
        ["after" in from ? uuidOf(from.after) : null, "before" in from ? from.before : null, limit],
        (rows) => [...transactionsOf(rows).values()]
      )
  }
}
