import type { Account, Product } from "../../domain/accounts/index.ts"
import { Instant } from "../../domain/calendar/index.ts"
import type { Rejection } from "../../domain/ledger/index.ts"
import { Money } from "../../domain/money/index.ts"
import type { OutOfTree } from "../../domain/proofs/index.ts"
import type { ClientNeedsSecret, ClientNotFound, ClientRedirectMismatch, ScopeNotGrantable } from "../clients/index.ts"
import type { BatchRejected, StatementTooLong } from "../ledger/index.ts"
import type { AccountStoreUnavailable } from "../ports/AccountStore.ts"
import type { Unauthenticated } from "../ports/Caller.ts"
import type { SubmitError } from "../ports/Ledger.ts"
import type { LedgerTreeUnfinished } from "../ports/LedgerTree.ts"
import type { UserError } from "../users/index.ts"
import { type AccessError, accessErrors } from "./AccessErrors.ts"
import { type Entry, entry, type Kind } from "./Entry.ts"
import { type Refusal, refusals } from "./Refusals.ts"
import { userErrors } from "./UserErrors.ts"

/** Every error that a caller of the bank is told of, whichever door it came through. */
export type ApplicationError =
  | SubmitError
  | Account.Rejection
  | AccountStoreUnavailable
  | AccessError
  | LedgerTreeUnfinished
  | OutOfTree
  | StatementTooLong
  | BatchRejected
  | Unauthenticated
  | ClientNeedsSecret
  | ClientNotFound
  | ClientRedirectMismatch
  | ScopeNotGrantable
  | UserError
  | Refusal
  | Product.UnknownProduct

/** An error that is not about one of several linked commands or items: those fail as they do by themselves. */
type SingleError = Exclude<ApplicationError, Rejection.LinkedRejected | BatchRejected>

type Entries = { readonly [Tag in SingleError["_tag"]]: Entry<Extract<SingleError, { readonly _tag: Tag }>> }

/** An error as told to a caller. */
export interface Description {
  readonly code: string
  readonly kind: Kind
  readonly title: string
  readonly detail: string
  readonly field?: string
}

/** The catalogue: one line per error, by tag; those of users and of access have files of their own. */
export const catalogue: Entries = {
  ...accessErrors,
  ...refusals,
  ...userErrors,
  AccountAlreadyClosed: entry(
    "account_closed",
    "conflict",
    "Account closed",
    (e) => `Account ${e.accountId} is closed.`
  ),
  AccountAlreadyExists: entry(
    "account_already_exists",
    "already_exists",
    "Account already exists",
    (e) => `The ledger has an account ${e.accountId} already.`
  ),
  AccountClosed: entry("account_closed", "conflict", "Account closed", (e) => `Account ${e.accountId} is closed.`),
  AccountCurrencyMismatch: entry(
    "currency_mismatch",
    "unprocessable",
    "Currency mismatch",
    (e) => `Account ${e.accountId} is in ${e.expected}; the amount is in ${e.actual}.`,
    "amount.currency"
  ),
  AccountNotFound: entry(
    "account_not_found",
    "not_found",
    "Account not found",
    (e) => `There is no account ${e.accountId}.`
  ),
  AccountRestricted: entry(
    "account_frozen",
    "conflict",
    "Account frozen",
    (e) => `Account ${e.accountId} takes no ${e.restriction === "both" ? "debits or credits" : e.restriction} now.`
  ),
  AccountStoreUnavailable: entry(
    "unavailable",
    "unavailable",
    "Temporarily unavailable",
    () => "The accounts cannot be reached. Send the same request again."
  ),
  ActivityTooRecent: entry(
    "activity_too_recent",
    "conflict",
    "Activity too recent",
    (e) => `Account ${e.accountId} was used too recently; this is possible from ${Instant.toText(e.earliest)} on.`
  ),
  BalanceOutstanding: entry(
    "balance_outstanding",
    "conflict",
    "Balance outstanding",
    (e) =>
      `Account ${e.accountId} has a balance of ${Money.format(e.balance)}; name an account to sweep it to, or settle it.`,
    "sweepTo"
  ),
  BalanceOverflow: entry(
    "balance_overflow",
    "unprocessable",
    "Balance too large",
    (e) => `The balance of account ${e.accountId} would pass what a ledger can hold.`,
    "amount"
  ),
  CaptureExceedsHold: entry(
    "capture_exceeds_hold",
    "unprocessable",
    "Capture exceeds hold",
    (e) => `Hold ${e.holdId} has ${Money.format(e.remaining)} left; ${Money.format(e.requested)} was asked for.`,
    "amount"
  ),
  ClientNeedsSecret: entry(
    "client_needs_secret",
    "unprocessable",
    "Client needs a secret",
    () => "Only a confidential client may use client_credentials.",
    "confidentiality"
  ),
  ClientNotFound: entry(
    "client_not_found",
    "not_found",
    "Client not found",
    (e) => `There is no client ${e.clientId}.`
  ),
  ClientRedirectMismatch: entry(
    "client_redirect_mismatch",
    "unprocessable",
    "Redirect addresses do not fit",
    () => "A client with authorization_code needs a redirect address, and no other may have one or use refresh_token.",
    "redirectUris"
  ),
  CurrencyMismatch: entry(
    "currency_mismatch",
    "unprocessable",
    "Currency mismatch",
    (e) => `An amount in ${e.expected} is expected; this one is in ${e.actual}.`,
    "amount.currency"
  ),
  CurrencyNotOffered: entry(
    "currency_not_offered",
    "unprocessable",
    "Currency not offered",
    (e) => `Product ${e.product} is offered in ${e.offered.join(", ")}, not in ${e.currency}.`,
    "currency"
  ),
  HoldAlreadyExpired: entry(
    "hold_already_expired",
    "unprocessable",
    "Hold already expired",
    () => "The expiry asked for is not in the future.",
    "expiresAt"
  ),
  HoldEnded: entry("hold_ended", "conflict", "Hold ended", (e) => `Hold ${e.holdId} is ${e.status}.`),
  HoldNotFound: entry("hold_not_found", "not_found", "Hold not found", (e) => `There is no hold ${e.holdId}.`),
  HoldsOutstanding: entry(
    "holds_outstanding",
    "conflict",
    "Holds outstanding",
    (e) => `Account ${e.accountId} has ${e.openHolds} open hold(s); capture or release them first.`
  ),
  IdempotencyConflict: entry(
    "idempotency_key_reused",
    "unprocessable",
    "Idempotency key reused",
    () => "This idempotency key was used before for a different request. Nothing was done.",
    "Idempotency-Key"
  ),
  IllegalStatusTransition: entry(
    "illegal_status_transition",
    "conflict",
    "Not possible in this status",
    (e) => `Account ${e.accountId} is ${e.from}; that does not allow ${e.command}.`
  ),
  InsufficientFunds: entry(
    "insufficient_funds",
    "unprocessable",
    "Insufficient funds",
    (e) =>
      `Account ${e.accountId} has ${Money.format(e.available)} available; ${Money.format(e.requested)} was asked for.`,
    "amount"
  ),
  LedgerOverloaded: entry(
    "overloaded",
    "exhausted",
    "Too many requests waiting",
    () => "The ledger has as many requests waiting as it takes. Nothing was done; try again after a moment."
  ),
  LedgerTreeUnfinished: entry(
    "unavailable",
    "unavailable",
    "Temporarily unavailable",
    () => "Older transactions are still being made provable. Send the same request again after a moment."
  ),
  LedgerUnavailable: entry(
    "unavailable",
    "unavailable",
    "Temporarily unavailable",
    () => "The ledger cannot be reached. Send the same request again: it is done at most once."
  ),
  LinkedTooLong: entry(
    "linked_too_long",
    "unprocessable",
    "Too many linked entries",
    (e) => `Linked commands post up to ${e.entriesMax} entries in all; with this one it would be more.`
  ),
  NotReversible: entry(
    "not_reversible",
    "conflict",
    "Not reversible",
    (e) => `Transaction ${e.transactionId} is itself a reversal; post the transaction anew instead.`
  ),
  OutOfTree: entry(
    "out_of_tree",
    "unprocessable",
    "Beyond the tree",
    (e) => `There is no size ${e.position} in a tree of ${e.treeSize} transactions.`,
    "from"
  ),
  OverdraftLimitOutOfRange: entry(
    "overdraft_limit_out_of_range",
    "unprocessable",
    "Overdraft limit out of range",
    (e) => `An overdraft limit is from 0 to ${Money.format(e.max)}.`,
    "overdraftLimit"
  ),
  OverdraftNotAllowed: entry(
    "overdraft_not_allowed",
    "unprocessable",
    "Overdraft not allowed",
    (e) => `Product ${e.product} has no overdraft.`,
    "overdraftLimit"
  ),
  PartialReversalUnsupported: entry(
    "partial_reversal_unsupported",
    "unprocessable",
    "Partial reversal not possible",
    (e) => `Transaction ${e.transactionId} has more than two entries and can only be reversed as a whole.`,
    "amount"
  ),
  ReversalExceedsTransaction: entry(
    "reversal_exceeds_transaction",
    "unprocessable",
    "Reversal exceeds transaction",
    (e) =>
      `${Money.format(e.remaining)} of transaction ${e.transactionId} is left to reverse; ${Money.format(e.requested)} was asked for.`,
    "amount"
  ),
  ScopeNotGrantable: entry(
    "scope_not_grantable",
    "unprocessable",
    "Scope cannot be granted",
    (e) => `No user can grant ${e.scope} to an app.`,
    "scopes"
  ),
  StatementTooLong: entry(
    "statement_too_long",
    "unprocessable",
    "Statement too long",
    (e) => `The period has more than ${e.entriesMax} entries; read the account's transactions in pages instead.`,
    "period"
  ),
  SweepToSelf: entry(
    "sweep_to_self",
    "unprocessable",
    "Sweep to itself",
    () => "An account cannot be swept to itself.",
    "sweepTo"
  ),
  TransactionNotFound: entry(
    "transaction_not_found",
    "not_found",
    "Transaction not found",
    (e) => `There is no transaction ${e.transactionId}.`
  ),
  Unauthenticated: entry("unauthenticated", "unauthenticated", "Not authenticated", (e) =>
    e.reason === "missing"
      ? "Send a token as `Authorization: Bearer …`."
      : "The token is not valid here, has expired or was revoked."
  ),
  Unbalanced: entry(
    "unbalanced",
    "unprocessable",
    "Unbalanced transaction",
    (e) => `Debits of ${Money.format(e.debits)} and credits of ${Money.format(e.credits)} differ.`,
    "entries"
  ),
  UnknownProduct: entry(
    "unknown_product",
    "unprocessable",
    "Unknown product",
    (e) => `There is no product ${e.product}; the bank offers ${e.known.join(", ")}.`,
    "product"
  ),
  VersionConflict: entry(
    "version_conflict",
    "stale",
    "Changed by someone else",
    (e) => `Account ${e.accountId} is at version ${e.actual}, not ${e.expected}. Read it again.`
  )
}

const describeSingle = <Tag extends SingleError["_tag"]>(
  error: { readonly _tag: Tag } & Extract<SingleError, { readonly _tag: Tag }>
): Description => {
  const { code, kind, title, field, detail } = catalogue[error._tag]
  return { code, kind, title, detail: detail(error), ...(field === undefined ? {} : { field }) }
}

/** The error as told to a caller; linked commands fail as the first of them that does, which the field names. */
export const describe = (error: ApplicationError): Description => {
  if (error._tag !== "LinkedRejected" && error._tag !== "BatchRejected") return describeSingle(error)
  const { detail, field, ...rest } = describeSingle(error.reason)
  const place = error._tag === "BatchRejected" ? `items.${error.index}` : `commands[${error.index}]`
  return {
    ...rest,
    detail: `Nothing was done, because of ${place}: ${detail}`,
    field: field === undefined ? place : `${place}.${field}`
  }
}
