import { Effect, Schema } from "effect"
import { Account, Commands } from "../../domain/accounts/index.ts"
import { AccountId } from "../../domain/ids/index.ts"
import { changeAccount } from "./ChangeAccount.ts"

/** Lifts a freeze. */
export const UnfreezeAccount = Schema.Struct({ account: AccountId, ...Commands.Plain.fields })
export type UnfreezeAccount = typeof UnfreezeAccount.Type

/** Errors, first wins: AccountNotFound, VersionConflict, AccountAlreadyClosed, IllegalStatusTransition, then those of the store and the ledger. */
export const unfreezeAccount = Effect.fn("accounts.unfreeze")(function* (command: UnfreezeAccount) {
  const { account: id, ...rest } = command
  return yield* changeAccount(id, rest.expectedVersion, (account, now) => Account.unfreeze(account, rest, now))
})
