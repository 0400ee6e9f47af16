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
import { entriesText, sequenceMax } from "./EntriesText.ts"
import { history } from "./History.ts"
import { lookup } from "./Lookup.ts"
import type { LedgerOptions } from "./Options.ts"
import { bookedEntries } from "./Rows.ts"
import { ledgerRole } from "./Session.ts"

const unavailable = <A>(read: Effect.Effect<A, PostgresUnavailable>): Effect.Effect<A, LedgerUnavailable> =>
  Effect.mapError(read, ({ reason }) => new LedgerUnavailable({ reason }))

/** `$3` is the sequence that the page begins after, in its order; `$4` and `$5` bound the time of booking. */
const pageText = (order: EntryQuery["order"]): string => {
  const sequences = order === "newest" ? "0, $3::bigint" : `$3::bigint, ${sequenceMax}`
  return entriesText(order, `select * from ledger.span($1, $2, ${sequences}, $4::timestamptz, $5::timestamptz)`, "$6")
}

const page = (pool: Pool, ledger: number, wanted: EntryQuery) => {
  const { accountId, order, after, bookedFrom, bookedBefore, limit } = wanted
  const timestamp = (instant: number | undefined) => (instant === undefined ? null : new Date(instant).toISOString())
  const start = after ?? (order === "newest" ? sequenceMax : 0)
  const parameters = [ledger, uuidOf(accountId), start, timestamp(bookedFrom), timestamp(bookedBefore), limit]
  return Effect.map(pool.query(pageText(order), parameters), (rows) => bookedEntries(rows, accountId))
}

/**
 * Reads go through the index whose order they need. Of tables that were never analyzed the planner thinks otherwise: to
 * find an account's entries it would gather all of a ledger's, and sort.
 */
const indexed = { enable_seqscan: "off", enable_bitmapscan: "off", jit: "off" }

/** The reading half of the port `Ledger`, of the ledger with this number. */
export const reader = Effect.fnUntraced(function* (ledger: number, options: LedgerOptions, bell: EntryBell) {
  const pool = yield* (yield* Postgres).pool({
    name: "ledger reader",
    role: ledgerRole,
    connectionsMax: options.readConnectionsMax,
    settings: indexed
  })
  const reads = lookup(pool, ledger)
  const accounts = coalesced((ids: ReadonlyArray<AccountId>) =>
    Effect.map(reads.accounts(ids), (found) => new Map(found.map((account) => [account.id, account])))
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
