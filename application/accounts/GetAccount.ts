import { Effect, Schema } from "effect"
import { AccountId } from "../../domain/ids/index.ts"
import { AccountStore } from "../ports/AccountStore.ts"
import { accountView } from "./AccountView.ts"

export const GetAccount = Schema.Struct({ account: AccountId })
export type GetAccount = typeof GetAccount.Type

/** The account with its balances now. Errors: AccountNotFound, then those of the store and the ledger. */
export const getAccount = Effect.fn("accounts.get")(function* (query: GetAccount) {
  const store = yield* AccountStore
  return yield* accountView(yield* store.find(query.account))
})
