import { Context, type Effect, Schema } from "effect"
import { TransactionId } from "../../domain/ids/index.ts"
import { Hold, LedgerAccount, Transaction } from "../../domain/ledger/index.ts"
import type { LedgerUnavailable } from "./Ledger.ts"

/** A place between two batches of a ledger: before the batch with this number, and behind this transaction. */
export const FeedPosition = Schema.Struct({
  batch: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)),
  transaction: Schema.optionalKey(TransactionId)
})
export type FeedPosition = typeof FeedPosition.Type

/** Where a ledger begins. */
export const feedStart: FeedPosition = { batch: 0 }

/**
 * Something that was committed. A transaction is as it was booked; a hold or an account is as it stands when it is read,
 * so that one that changed again meanwhile comes twice in its newest state.
 */
export const LedgerEvent = Schema.Union([
  Schema.TaggedStruct("TransactionPosted", { transaction: Transaction.Transaction }),
  Schema.TaggedStruct("HoldChanged", { hold: Hold.Hold }),
  Schema.TaggedStruct("AccountChanged", { account: LedgerAccount.LedgerAccount })
])
export type LedgerEvent = typeof LedgerEvent.Type

/** The events of whole batches, in their order, and the place behind them. */
export interface FeedPage {
  readonly events: ReadonlyArray<LedgerEvent>
  readonly next: FeedPosition
  /** Whether the feed had nothing more when this was read. */
  readonly isLast: boolean
}

type Read<A> = Effect.Effect<A, LedgerUnavailable>

/**
 * The transactional outbox of a ledger: what a batch committed is there the moment it is committed, in the order of
 * commitment and without a gap. Each consumer keeps a cursor in the store and gets every event at least once.
 */
export class LedgerFeed extends Context.Service<
  LedgerFeed,
  {
    /** The events of the next batch after a position; none, and the same position, where there is no further batch. */
    readonly read: (from: FeedPosition) => Read<FeedPage>
    /** Where a consumer is; the start for one that was never seen. A name is 1 to 64 visible ASCII characters. */
    readonly cursor: (consumer: string) => Read<FeedPosition>
    /** Remembers that the consumer is done with everything before a position. It never goes back. */
    readonly advance: (consumer: string, to: FeedPosition) => Read<void>
  }
>()("bank/application/ports/LedgerFeed") {}
