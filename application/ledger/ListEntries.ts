import { Effect, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { AccountId } from "../../domain/ids/index.ts"
import { EntryFilter } from "../../domain/ledger/index.ts"
import { AccountStore } from "../ports/AccountStore.ts"
import { type EntryPage, Ledger } from "../ports/Ledger.ts"

/**
 * An account's entries, newest first; `after` is the sequence of the last one of the page before. `bookedFrom` is
 * included, `bookedBefore` is not; what else narrows the list stands in `EntryFilter`.
 */
export const ListEntries = Schema.Struct({
  account: AccountId,
  after: Schema.optionalKey(Schema.Int),
  limit: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 200 })),
  bookedFrom: Schema.optionalKey(Instant.Instant),
  bookedBefore: Schema.optionalKey(Instant.Instant),
  ...EntryFilter.EntryFilter.fields
})
export type ListEntries = typeof ListEntries.Type

/**
 * A page; `next` is there where more may follow. Where a filter narrows the list, one call looks at a bounded number of
 * entries: a page may be short, or empty, and have a `next` all the same. Errors: AccountNotFound, then those of the
 * store and the ledger.
 */
export const listEntries = Effect.fn("ledger.entries")(function* (query: ListEntries) {
  const ledger = yield* Ledger
  const store = yield* AccountStore
  const { account, ...search } = query
  const { id: accountId } = yield* store.find(account)
  const { entries, next }: EntryPage = yield* ledger.search({ accountId, order: "newest", ...search })
  return { items: entries, ...(next === undefined ? {} : { next }) }
})
