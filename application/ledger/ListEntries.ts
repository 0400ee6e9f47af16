import { Effect, Schema } from "effect"
import { AccountId } from "../../domain/ids/index.ts"
import { AccountStore } from "../ports/AccountStore.ts"
import { Ledger } from "../ports/Ledger.ts"

/** An account's entries, newest first; `after` is the sequence of the last one of the page before. */
export const ListEntries = Schema.Struct({
  account: AccountId,
  after: Schema.optionalKey(Schema.Int),
  limit: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 200 }))
})
export type ListEntries = typeof ListEntries.Type

/** A page; `next` is there where more may follow. Errors: AccountNotFound, then those of the store and the ledger. */
export const listEntries = Effect.fn("ledger.entries")(function* (query: ListEntries) {
  const ledger = yield* Ledger
  const store = yield* AccountStore
  const { account, ...page } = query
  const { id: accountId } = yield* store.find(account)
  const items = yield* ledger.entries({ accountId, order: "newest", ...page })
  const last = items.at(-1)
  return {
    items,
    ...(last === undefined || last.sequence === 1 || items.length < query.limit ? {} : { next: last.sequence })
  }
})
