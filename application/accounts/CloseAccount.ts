import { Effect, Schema } from "effect"
import { Account, Commands } from "../../domain/accounts/index.ts"
import { AccountId } from "../../domain/ids/index.ts"
import { AccountStore } from "../ports/AccountStore.ts"
import { accountView } from "./AccountView.ts"
import { changeAccount } from "./ChangeAccount.ts"

/** Sweeps the balance to `sweepTo` (needless where there is none) and closes the account for good. */
export const CloseAccount = Schema.Struct({ account: AccountId, ...Commands.BeginClosing.fields })
export type CloseAccount = typeof CloseAccount.Type

/**
 * Closing again the same way answers the closed account, so a retry needs no key.
 * Errors, first wins: AccountNotFound, VersionConflict, AccountAlreadyClosed (swept elsewhere), IllegalStatusTransition,
 * SweepToSelf, HoldsOutstanding, BalanceOutstanding, those of the sweep, then those of the store and the ledger.
 */
export const closeAccount = Effect.fn("accounts.close")(function* (command: CloseAccount) {
  const store = yield* AccountStore
  const { account: id, ...rest } = command
  const before = yield* store.find(id)
  if (before.status === "closed" && before.sweptTo === rest.sweepTo) return yield* accountView(before)
  return yield* changeAccount(id, rest.expectedVersion, (account, now) => Account.beginClosing(account, rest, now))
})
