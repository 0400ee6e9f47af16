import { Effect, Layer } from "effect"
import { type FeedPosition, feedStart, type LedgerEvent, LedgerFeed } from "../../application/ports/LedgerFeed.ts"
import { LedgerState } from "./LedgerState.ts"

const make = Effect.map(LedgerState, ({ commits, holds, accounts }) => {
  const cursors = new Map<string, FeedPosition>()
  const eventsOf = (batch: number): ReadonlyArray<LedgerEvent> => {
    const committed = commits[batch]
    if (committed === undefined) return []
    return [
      ...committed.transactions.map((transaction) => ({ _tag: "TransactionPosted", transaction }) as const),
      ...committed.holds.flatMap((id): ReadonlyArray<LedgerEvent> => {
        const hold = holds.get(id)
        return hold === undefined ? [] : [{ _tag: "HoldChanged", hold }]
      }),
      ...committed.accounts.flatMap((id): ReadonlyArray<LedgerEvent> => {
        const account = accounts.get(id)
        return account === undefined ? [] : [{ _tag: "AccountChanged", account }]
      })
    ]
  }
  return LedgerFeed.of({
    read: ({ batch }) =>
      Effect.sync(() => {
        const next = { batch: Math.min(batch + 1, commits.length) }
        return { events: eventsOf(batch), next, isLast: next.batch === commits.length }
      }),
    cursor: (consumer) => Effect.sync(() => cursors.get(consumer) ?? feedStart),
    advance: (consumer, to) =>
      Effect.sync(() => {
        if (to.batch > (cursors.get(consumer) ?? feedStart).batch) cursors.set(consumer, to)
      })
  })
})

/** The commits of the ledger in memory, for as long as it lives. */
export const layer: Layer.Layer<LedgerFeed, never, LedgerState> = Layer.effect(LedgerFeed, make)
