import { Effect, Schema } from "effect"
import { Account, Commands } from "../../domain/accounts/index.ts"
import { AccountId } from "../../domain/ids/index.ts"
import { Bank } from "../ports/Bank.ts"
import { changeAccount } from "./ChangeAccount.ts"

/** Sets how far the account may be overdrawn; a limit below what is overdrawn already only stops further debits. */
export const SetOverdraftLimit = Schema.Struct({ account: AccountId, ...Commands.ChangeOverdraftLimit.fields })
export type SetOverdraftLimit = typeof SetOverdraftLimit.Type

/**
 * Errors, first wins: AccountNotFound, VersionConflict, AccountAlreadyClosed, IllegalStatusTransition, UnknownProduct,
 * CurrencyMismatch, OverdraftLimitOutOfRange, OverdraftNotAllowed, then those of the store and the ledger.
 */
export const setOverdraftLimit = Effect.fn("accounts.setOverdraftLimit")(function* (command: SetOverdraftLimit) {
  const { products } = yield* Bank
  const { account: id, ...rest } = command
  return yield* changeAccount(id, rest.expectedVersion, (account, now) =>
    Account.changeOverdraftLimit(account, rest, now, products)
  )
})
