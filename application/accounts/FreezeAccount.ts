import { Effect, Schema } from "effect"
import { Account, Commands } from "../../domain/accounts/index.ts"
import { AccountId } from "../../domain/ids/index.ts"
import { changeAccount } from "./ChangeAccount.ts"

/** Refuses debits, credits or both from now on; freezing again changes what is refused. */
export const FreezeAccount = Schema.Struct({ account: AccountId, ...Commands.FreezeAccount.fields })
export type FreezeAccount = typeof FreezeAccount.Type

/** Errors, first wins: AccountNotFound, VersionConflict, AccountAlreadyClosed, IllegalStatusTransition, then those of the store and the ledger. */
export const freezeAccount = Effect.fn("accounts.freeze")(function* (command: FreezeAccount) {
  const { account: id, ...rest } = command
  return yield* changeAccount(id, rest.expectedVersion, (account, now) => Account.freeze(account, rest, now))
})
