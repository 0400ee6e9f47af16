import { Effect, Schema } from "effect"
import { Account, Commands } from "../../domain/accounts/index.ts"
import { AccountId } from "../../domain/ids/index.ts"
import { changeAccount } from "./ChangeAccount.ts"

/** Names the account, or with null takes its name away. */
export const RenameAccount = Schema.Struct({ account: AccountId, ...Commands.Rename.fields })
export type RenameAccount = typeof RenameAccount.Type

/** Errors, first wins: AccountNotFound, VersionConflict, AccountAlreadyClosed, IllegalStatusTransition, then those of the store and the ledger. */
export const renameAccount = Effect.fn("accounts.rename")(function* (command: RenameAccount) {
  const { account: id, ...rest } = command
  return yield* changeAccount(id, rest.expectedVersion, (account, now) => Account.rename(account, rest, now))
})
