import { Effect, Schema } from "effect"
import { AccountId } from "../../domain/ids/index.ts"
import { AccountStore } from "../ports/AccountStore.ts"
import { Ledger } from "../ports/Ledger.ts"

/** An account's entries as they are booked: those after the sequence `after`, else those that are not booked yet. */
export const FollowEntries = Schema.Struct({
  account: AccountId,
  after: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)))
})
export type FollowEntries = typeof FollowEntries.Type

/**
 * A stream without end of entries in their order, each once; it fails with LedgerUnavailable, after which it is followed
 * on from the last entry that came. Errors: AccountNotFound, then those of the store and the ledger.
 */
export const followEntries = Effect.fn("ledger.follow")(function* (query: FollowEntries) {
  const ledger = yield* Ledger
  const store = yield* AccountStore
  const { id: accountId } = yield* store.find(query.account)
  if (query.after !== undefined) return ledger.follow(accountId, query.after)
  const [last] = yield* ledger.entries({ accountId, order: "newest", limit: 1 })
  return ledger.follow(accountId, last?.sequence ?? 0)
})
