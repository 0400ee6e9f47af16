import { Context, type Effect, Schema } from "effect"
import type { Account } from "../../domain/accounts/index.ts"
import type { AccountId, CustomerId } from "../../domain/ids/index.ts"
import type { Rejection } from "../../domain/ledger/index.ts"
import type { IdempotencyConflict, IdempotencyKey } from "./Idempotency.ts"

/** The store of accounts cannot be reached; nothing is known of the request, send it again. */
export class AccountStoreUnavailable extends Schema.TaggedError<AccountStoreUnavailable>()("AccountStoreUnavailable", {
  reason: Schema.String
}) {}

/** An account and the account as the answer to its opening shows it. */
export interface Opening {
  readonly key: IdempotencyKey
  /** The request as text, to tell a retry from another request under the same key. */
  readonly fingerprint: string
  readonly account: Account.Account
  readonly answer: Account.Account
}

/**
 * Customers' accounts. Each save is a new version; `confirm` records the version that the ledger has applied, so that a
 * crash between the two contexts leaves a trace (`unconfirmed`) from which the work is taken up again.
 */
export class AccountStore extends Context.Service<
  AccountStore,
  {
    /** The next number for an account, never given twice. */
    readonly nextNumber: Effect.Effect<bigint, AccountStoreUnavailable>
    /** Stores a new account, or gives the opening that the key stored first. */
    readonly insert: (opening: Opening) => Effect.Effect<Opening, IdempotencyConflict | AccountStoreUnavailable>
    readonly find: (
      id: AccountId
    ) => Effect.Effect<Account.Account, Rejection.AccountNotFound | AccountStoreUnavailable>
    /** Whose the accounts among `ids` are that exist; at most 10,000. An owner never changes (INV-16). */
    readonly owners: (
      ids: ReadonlyArray<AccountId>
    ) => Effect.Effect<ReadonlyMap<AccountId, CustomerId>, AccountStoreUnavailable>
    /** By id, which is the order of opening; `after` is the last one already seen. */
    readonly list: (query: {
      readonly owner?: CustomerId
      readonly after?: AccountId
      readonly limit: number
    }) => Effect.Effect<ReadonlyArray<Account.Account>, AccountStoreUnavailable>
    /** Replaces version `account.version - 1`; any other stored version is a VersionConflict. */
    readonly save: (
      account: Account.Account
    ) => Effect.Effect<void, Account.VersionConflict | Rejection.AccountNotFound | AccountStoreUnavailable>
    readonly confirm: (id: AccountId, version: number) => Effect.Effect<void, AccountStoreUnavailable>
    /** Accounts saved before `savedBefore` (epoch milliseconds) whose newest version the ledger has not applied. */
    readonly unconfirmed: (query: {
      readonly savedBefore: number
      readonly limit: number
    }) => Effect.Effect<ReadonlyArray<Account.Account>, AccountStoreUnavailable>
  }
>()("bank/application/ports/AccountStore") {}
