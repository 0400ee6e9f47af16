/**
 * The journal as the feed of a ledger, on a connection of its own and without locks: a round trip for the next batch, one
 * for its transactions, and one each for the holds and accounts that it changed.
 */
import { Effect, Layer } from "effect"
import { LedgerUnavailable } from "../../../application/ports/Ledger.ts"
import { type FeedPosition, feedStart, type LedgerEvent, LedgerFeed } from "../../../application/ports/LedgerFeed.ts"
import type { LedgerId } from "../../../domain/ids/index.ts"
import type { PostgresUnavailable } from "../Failure.ts"
import { bytesOf, intOf, optionalText, type Row } from "../Fields.ts"
import { type Pool, Postgres } from "../Postgres.ts"
import { accountId, holdId, transactionId, uuidOf } from "../Uuid.ts"
import { changedBy } from "./JournalContent.ts"
import { lookup } from "./Lookup.ts"
import { defaultLedgerId } from "./Options.ts"
import { ledgerRole } from "./Session.ts"

const unavailable = <A>(read: Effect.Effect<A, PostgresUnavailable>): Effect.Effect<A, LedgerUnavailable> =>
  Effect.mapError(read, ({ reason }) => new LedgerUnavailable({ reason }))

const batchText = `select first, transactions, content, not exists (
    select from ledger.batch where ledger_id = $1 and number > $2) as is_last
  from ledger.batch where ledger_id = $1 and number = $2`

const cursorText = "select batch, transaction_id from ledger.cursor where ledger_id = $1 and consumer = $2"

const advanceText = `insert into ledger.cursor (ledger_id, consumer, batch, transaction_id) values ($1, $2, $3, $4)
  on conflict (ledger_id, consumer) do update set batch = excluded.batch, transaction_id = excluded.transaction_id
  where ledger.cursor.batch < excluded.batch`

const positionOf = (row: Row): FeedPosition => {
  const transaction = optionalText(row, "transaction_id")
  return {
    batch: intOf(row, "batch"),
    ...(transaction === undefined ? {} : { transaction: transactionId(transaction) })
  }
}

const feedOf = (pool: Pool, ledger: number) => {
  const reads = lookup(pool, ledger)
  const read = Effect.fnUntraced(function* (from: FeedPosition) {
    const [row] = yield* pool.query(batchText, [ledger, from.batch])
    if (row === undefined) return { events: [], next: from, isLast: true }
    const count = intOf(row, "transactions")
    const after = from.transaction === undefined ? { before: intOf(row, "first") - 1 } : { after: from.transaction }
    const transactions = count === 0 ? [] : yield* reads.booked(after, count)
    const changed = changedBy(bytesOf(row, "content"))
    const holds = changed.holds.length === 0 ? [] : (yield* reads.holds(changed.holds.map(holdId))).values()
    const accounts = changed.accounts.length === 0 ? [] : yield* reads.accounts(changed.accounts.map(accountId))
    const events: ReadonlyArray<LedgerEvent> = [
      ...transactions.map((transaction) => ({ _tag: "TransactionPosted", transaction }) as const),
      ...Array.from(holds, (hold) => ({ _tag: "HoldChanged", hold }) as const),
      ...accounts.map((account) => ({ _tag: "AccountChanged", account }) as const)
    ]
    const last = transactions.at(-1)?.id ?? from.transaction
    const next: FeedPosition = { batch: from.batch + 1, ...(last === undefined ? {} : { transaction: last }) }
    return { events, next, isLast: row.is_last === true }
  })
  return LedgerFeed.of({
    read: (from) => unavailable(read(from)),
    cursor: (consumer) =>
      unavailable(
        Effect.map(pool.query(cursorText, [ledger, consumer]), ([row]) =>
          row === undefined ? feedStart : positionOf(row)
        )
      ),
    advance: (consumer, { batch, transaction }) => {
      const uuid = transaction === undefined ? null : uuidOf(transaction)
      return unavailable(Effect.asVoid(pool.query(advanceText, [ledger, consumer, batch, uuid])))
    }
  })
}

const make = Effect.fnUntraced(function* (ledgerId: LedgerId) {
  const pool = yield* (yield* Postgres).pool({ name: "ledger feed", role: ledgerRole, connectionsMax: 1 })
  const [row] = yield* unavailable(pool.query("select ledger_id from ledger.ledger where id = $1", [uuidOf(ledgerId)]))
  if (row === undefined) return yield* Effect.fail(new LedgerUnavailable({ reason: "the ledger was never written" }))
  return feedOf(pool, intOf(row, "ledger_id"))
})

/** The feed of a ledger that has a writer, here or elsewhere, or had one. */
export const layer = (ledgerId: LedgerId = defaultLedgerId): Layer.Layer<LedgerFeed, LedgerUnavailable, Postgres> =>
  Layer.effect(LedgerFeed, make(ledgerId))
