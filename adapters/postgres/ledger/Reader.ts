/**
 * Reads of a ledger, on a pool of their own: no locks, one round trip each. Reads of accounts, holds and transactions
 * that come at the same time share a round trip.
 */
import { Effect } from "effect"
import type { EntryBell } from "../../../application/ledger/index.ts"
import { type EntryQuery, LedgerUnavailable } from "../../../application/ports/Ledger.ts"
import type { AccountId, HoldId, TransactionId } from "../../../domain/ids/index.ts"
import { Rejection } from "../../../domain/ledger/index.ts"
import type { PostgresUnavailable } from "../Failure.ts"
import { type Pool, Postgres } from "../Postgres.ts"
import { uuidOf } from "../Uuid.ts"
import { coalesced } from "./Coalesce.ts"
import { history } from "./History.ts"
import { lookup } from "./Lookup.ts"
import type { LedgerOptions } from "./Options.ts"
import { bookedEntries, entryColumns, legSource, pairColumns, pairSource } from "./Rows.ts"
import { ledgerRole } from "./Session.ts"

const unavailable = <A>(read: Effect.Effect<A, PostgresUnavailable>): Effect.Effect<A, LedgerUnavailable> =>
  Effect.mapError(read, ({ reason }) => new LedgerUnavailable({ reason }))

/** The page's entries from one of the places where entries are; `sequence` is the entry's number there. */
const pagePart = (order: EntryQuery["order"], columns: string, from: string, sequence: string): string => `(
  select ${columns} from ${from}
    and ($3::bigint is null or ${sequence} ${order === "newest" ? "<" : ">"} $3::bigint)
    and ($4::timestamptz is null or ${sequence} >= ledger.sequence_from($1, $2, $4))
    and ($5::timestamptz is null or ${sequence} < ledger.sequence_from($1, $2, $5))
    order by ${sequence} ${order === "newest" ? "desc" : "asc"} limit $6)`

const pageText = (order: EntryQuery["order"]): string => `
  ${pagePart(order, entryColumns, legSource, "e.sequence")}
  union all ${pagePart(order, pairColumns(1), pairSource(1), "t.sequence_1")}
  union all ${pagePart(order, pairColumns(2), pairSource(2), "t.sequence_2")}
  order by sequence ${order === "newest" ? "desc" : "asc"} limit $6`

const page = (pool: Pool, ledger: number, wanted: EntryQuery) => {
  const { accountId, order, after, bookedFrom, bookedBefore, limit } = wanted
  const timestamp = (instant: number | undefined) => (instant === undefined ? null : new Date(instant).toISOString())
  const parameters = [ledger, uuidOf(accountId), after ?? null, timestamp(bookedFrom), timestamp(bookedBefore), limit]
  return Effect.map(pool.query(pageText(order), parameters), (rows) => bookedEntries(rows, accountId))
}

/** The reading half of the port `Ledger`, of the ledger with this number. */
export const reader = Effect.fnUntraced(function* (ledger: number, options: LedgerOptions, bell: EntryBell) {
  const pool = yield* (yield* Postgres).pool({
    name: "ledger reader",
    role: ledgerRole,
    connectionsMax: options.readConnectionsMax
  })
  const reads = lookup(pool, ledger)
  const accounts = coalesced((ids: ReadonlyArray<AccountId>) =>
    Effect.map(reads.accounts(ids), (found) => new Map(found.map(({ account }) => [account.id, account])))
  )
  const holds = coalesced((ids: ReadonlyArray<HoldId>) => reads.holds(ids))
  const transactions = coalesced((ids: ReadonlyArray<TransactionId>) => reads.transactions(ids))
  const entries = (wanted: EntryQuery) => unavailable(page(pool, ledger, wanted))
  return {
    ...history(pool, ledger, bell, entries, unavailable),
    accounts: (ids: ReadonlyArray<AccountId>) => unavailable(accounts(ids)),
    hold: (holdId: HoldId) =>
      Effect.flatMap(unavailable(holds([holdId])), ([hold]) =>
        hold === undefined ? Effect.fail(new Rejection.HoldNotFound({ holdId })) : Effect.succeed(hold)
      ),
    transaction: (transactionId: TransactionId) =>
      Effect.flatMap(unavailable(transactions([transactionId])), ([transaction]) =>
        transaction === undefined
          ? Effect.fail(new Rejection.TransactionNotFound({ transactionId }))
          : Effect.succeed(transaction)
      ),
    entries
  }
})
