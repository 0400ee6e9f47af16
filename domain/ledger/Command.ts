import { Schema } from "effect"
import { Instant, LocalDate } from "../calendar/index.ts"
import { AccountId, HoldId, TransactionId } from "../ids/index.ts"
import { Currency, Money } from "../money/index.ts"
import { Kind, Restriction } from "./LedgerAccount.ts"
import { Side } from "./Side.ts"
import { Description, Metadata } from "./Transaction.ts"

// A limit below zero would leave an account short from its first day, one beyond what is booked could never be used.
const OverdraftLimit = Money.Money.check(
  Schema.makeFilter((limit: Money.Money) =>
    limit.minor >= 0n && limit.minor <= Money.amountMinorMax
      ? undefined
      : { path: ["amount"], issue: "Expected an amount of zero or more, within what the bank books" }
  )
)

/** Opens an account in the ledger. Errors: AccountAlreadyExists. */
export const OpenAccount = Schema.TaggedStruct("OpenAccount", {
  accountId: AccountId,
  kind: Kind,
  currency: Currency.Code,
  normalSide: Side,
  overdraftLimit: OverdraftLimit,
  revision: Schema.Int
})
export type OpenAccount = typeof OpenAccount.Type

/**
 * Applies revision `revision` of the owner's settings; an older revision than the last applied changes nothing.
 * Errors, first wins: AccountNotFound, AccountClosed, AccountCurrencyMismatch.
 */
export const ConfigureAccount = Schema.TaggedStruct("ConfigureAccount", {
  accountId: AccountId,
  overdraftLimit: OverdraftLimit,
  restriction: Restriction,
  revision: Schema.Int
})
export type ConfigureAccount = typeof ConfigureAccount.Type

/**
 * Sweeps the balance to `sweepTo` and closes the account for good.
 * Errors, first wins: AccountNotFound, AccountClosed, HoldsOutstanding, BalanceOutstanding (no `sweepTo`, or a debt),
 * then those of the sweeping transaction.
 */
export const CloseAccount = Schema.TaggedStruct("CloseAccount", {
  accountId: AccountId,
  sweepTo: Schema.optionalKey(AccountId),
  revision: Schema.Int
})
export type CloseAccount = typeof CloseAccount.Type

/** One leg of a transaction to post. */
export const Leg = Schema.Struct({ accountId: AccountId, side: Side, amount: Money.Positive })
export type Leg = typeof Leg.Type

/** A transaction has 2 to 500 legs. */
export const legsMax = 500

/** What a transaction may be posted as; captures, reversals and closings come of commands of their own. */
export const PostKind = Schema.Literals(["deposit", "withdrawal", "transfer", "journal"])

/**
 * Posts a transaction of two or more legs that balance per currency.
 * Errors, first wins: Unbalanced; then, per leg in order, AccountNotFound, AccountClosed, AccountCurrencyMismatch,
 * AccountRestricted; then, per account in order of its first leg, InsufficientFunds, BalanceOverflow.
 */
export const Post = Schema.TaggedStruct("Post", {
  kind: PostKind,
  legs: Schema.Array(Leg).check(Schema.isMinLength(2), Schema.isMaxLength(legsMax)),
  valueDate: Schema.optionalKey(LocalDate.LocalDate),
  description: Schema.optionalKey(Description),
  metadata: Schema.optionalKey(Metadata)
})
export type Post = typeof Post.Type

/**
 * Reserves an amount from the debit account for the credit account.
 * Errors, first wins: HoldAlreadyExpired, then as for a transaction of these two legs.
 */
export const Authorize = Schema.TaggedStruct("Authorize", {
  debitAccountId: AccountId,
  creditAccountId: AccountId,
  amount: Money.Positive,
  expiresAt: Schema.optionalKey(Instant.Instant),
  description: Schema.optionalKey(Description),
  metadata: Schema.optionalKey(Metadata)
})
export type Authorize = typeof Authorize.Type

/**
 * Posts a hold, or part of it. Without `amount` all that remains is captured; unless `keepRest`, what is left over is
 * released. The hold has reserved the money, so funds are not asked for again, even where the overdraft limit was lowered
 * since; description and metadata are the hold's unless given. Errors, first wins: HoldNotFound, HoldEnded, CurrencyMismatch, CaptureExceedsHold, then as
 * for a transaction.
 */
export const Capture = Schema.TaggedStruct("Capture", {
  holdId: HoldId,
  amount: Schema.optionalKey(Money.Positive),
  keepRest: Schema.Boolean,
  valueDate: Schema.optionalKey(LocalDate.LocalDate),
  description: Schema.optionalKey(Description),
  metadata: Schema.optionalKey(Metadata)
})
export type Capture = typeof Capture.Type

/** Gives back what a hold still reserves. Errors, first wins: HoldNotFound, HoldEnded. */
export const Release = Schema.TaggedStruct("Release", { holdId: HoldId })
export type Release = typeof Release.Type

/**
 * Corrects a transaction by its mirror image, wholly or, where it has two entries, in parts that never exceed it.
 * Errors, first wins: TransactionNotFound, NotReversible, PartialReversalUnsupported, CurrencyMismatch,
 * ReversalExceedsTransaction, then as for a transaction.
 */
export const Reverse = Schema.TaggedStruct("Reverse", {
  transactionId: TransactionId,
  amount: Schema.optionalKey(Money.Positive),
  valueDate: Schema.optionalKey(LocalDate.LocalDate),
  description: Schema.optionalKey(Description),
  metadata: Schema.optionalKey(Metadata)
})
export type Reverse = typeof Reverse.Type

/** A command that can be linked with others. */
export const Linkable = Schema.Union([Post, Authorize, Capture, Release, Reverse])
export type Linkable = typeof Linkable.Type

/** Up to so many commands are linked. */
export const linkedMax = 1000

/** The transactions of linked commands have up to so many entries in all. */
export const linkedEntriesMax = 10_000

/**
 * Several commands that are all accepted or not at all (INV-44). They are decided in order, each seeing the effect of
 * those before it; an id that one of them makes is known only after all of them, so none can name it.
 * Errors: LinkedRejected with the first command that fails, and as its reason what that command fails with by itself, or
 * LinkedTooLong.
 */
export const Linked = Schema.TaggedStruct("Linked", {
  commands: Schema.Array(Linkable).check(Schema.isMinLength(1), Schema.isMaxLength(linkedMax))
})
export type Linked = typeof Linked.Type

/** Everything a ledger can be asked to do. */
export const Command = Schema.Union([
  OpenAccount,
  ConfigureAccount,
  CloseAccount,
  Post,
  Authorize,
  Capture,
  Release,
  Reverse,
  Linked
])
export type Command = typeof Command.Type

/** A command that is not made of others. */
export type Single = Exclude<Command, Linked>
