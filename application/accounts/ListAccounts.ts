import { Effect, Schema } from "effect"
import { AccountId, CustomerId } from "../../domain/ids/index.ts"
import { AccountStore } from "../ports/AccountStore.ts"
import { accountViews } from "./AccountView.ts"

/** Accounts in the order of opening, of one owner or of all; `after` is the last one of the page before. */
export const ListAccounts = Schema.Struct({
  owner: Schema.optionalKey(CustomerId),
  after: Schema.optionalKey(AccountId),
  limit: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 200 }))
})
export type ListAccounts = typeof ListAccounts.Type

/** A page; `next` is there where more may follow. Errors: those of the store and the ledger. */
export const listAccounts = Effect.fn("accounts.list")(function* (query: ListAccounts) {
  const store = yield* AccountStore
  const items = yield* accountViews(yield* store.list(query))
  const last = items.at(-1)
  return { items, ...(last === undefined || items.length < query.limit ? {} : { next: last.id }) }
})
