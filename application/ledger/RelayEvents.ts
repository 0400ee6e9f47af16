import { Effect } from "effect"
import { type LedgerEvent, LedgerFeed } from "../ports/LedgerFeed.ts"

/** Batches that one call relays at most. */
const batchesMax = 1000

/**
 * Hands a consumer what was committed since it last got something, batch after batch, and moves its cursor when `deliver`
 * has succeeded. Where that fails, or the process ends, the batch comes again: at least once, never out of order, never
 * with a gap. Gives how many events were delivered. Errors: those of `deliver`, LedgerUnavailable.
 */
export const relayEvents = Effect.fn("ledger.relay")(function* <E, R>(
  consumer: string,
  deliver: (events: ReadonlyArray<LedgerEvent>) => Effect.Effect<void, E, R>
) {
  const feed = yield* LedgerFeed
  let from = yield* feed.cursor(consumer)
  let delivered = 0
  for (let batch = 0; batch < batchesMax; batch++) {
    const page = yield* feed.read(from)
    if (page.events.length > 0) yield* deliver(page.events)
    if (page.next.batch > from.batch) yield* feed.advance(consumer, page.next)
    delivered += page.events.length
    from = page.next
    if (page.isLast) break
  }
  return delivered
})
