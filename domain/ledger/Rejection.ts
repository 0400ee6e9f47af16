import { Schema } from "effect"
import { AccountId, HoldId, TransactionId } from "../ids/index.ts"
import { Currency, Money } from "../money/index.ts"
import { HoldStatus } from "./Hold.ts"
import { Restriction } from "./LedgerAccount.ts"

/** The ledger has an account of this id already. */
export class AccountAlreadyExists extends Schema.TaggedError<AccountAlreadyExists>()("AccountAlreadyExists", {
  accountId: AccountId
}) {}

/** The ledger has no account of this id. */
export class AccountNotFound extends Schema.TaggedError<AccountNotFound>()("AccountNotFound", {
  accountId: AccountId
}) {}

/** The account was closed; it stays readable and takes no more entries. */
export class AccountClosed extends Schema.TaggedError<AccountClosed>()("AccountClosed", { accountId: AccountId }) {}

/** The account is frozen for this side. */
export class AccountRestricted extends Schema.TaggedError<AccountRestricted>()("AccountRestricted", {
  accountId: AccountId,
  restriction: Restriction
}) {}

/** The amount's currency is not the account's. */
export class AccountCurrencyMismatch extends Schema.TaggedError<AccountCurrencyMismatch>()("AccountCurrencyMismatch", {
  accountId: AccountId,
  expected: Currency.Code,
  actual: Currency.Code
}) {}

/** Less is available than the transaction takes. */
export class InsufficientFunds extends Schema.TaggedError<InsufficientFunds>()("InsufficientFunds", {
  accountId: AccountId,
  available: Money.Money,
  requested: Money.Money
}) {}

/** The account's turnover or balance would leave the range of a signed 64-bit integer. */
export class BalanceOverflow extends Schema.TaggedError<BalanceOverflow>()("BalanceOverflow", {
  accountId: AccountId
}) {}

/** Debits and credits differ in this currency. */
export class Unbalanced extends Schema.TaggedError<Unbalanced>()("Unbalanced", {
  debits: Money.Money,
  credits: Money.Money
}) {}

/** The expiry asked for is not in the future. */
export class HoldAlreadyExpired extends Schema.TaggedError<HoldAlreadyExpired>()("HoldAlreadyExpired", {}) {}

/** The ledger has no hold of this id. */
export class HoldNotFound extends Schema.TaggedError<HoldNotFound>()("HoldNotFound", { holdId: HoldId }) {}

/** The hold was captured, released or has expired. */
export class HoldEnded extends Schema.TaggedError<HoldEnded>()("HoldEnded", { holdId: HoldId, status: HoldStatus }) {}

/** More was asked for than the hold still reserves. */
export class CaptureExceedsHold extends Schema.TaggedError<CaptureExceedsHold>()("CaptureExceedsHold", {
  holdId: HoldId,
  remaining: Money.Money,
  requested: Money.Money
}) {}

/** The account cannot be closed while holds reserve its money. */
export class HoldsOutstanding extends Schema.TaggedError<HoldsOutstanding>()("HoldsOutstanding", {
  accountId: AccountId,
  openHolds: Schema.Int
}) {}

/** The account cannot be closed with this balance: there is no account named to sweep it to, or it is a debt. */
export class BalanceOutstanding extends Schema.TaggedError<BalanceOutstanding>()("BalanceOutstanding", {
  accountId: AccountId,
  balance: Money.Money
}) {}

/** The ledger has no transaction of this id. */
export class TransactionNotFound extends Schema.TaggedError<TransactionNotFound>()("TransactionNotFound", {
  transactionId: TransactionId
}) {}

/** A reversal is not itself reversed: post the transaction anew. */
export class NotReversible extends Schema.TaggedError<NotReversible>()("NotReversible", {
  transactionId: TransactionId
}) {}

/** Only a transaction of two entries can be reversed in part. */
export class PartialReversalUnsupported extends Schema.TaggedError<PartialReversalUnsupported>()(
  "PartialReversalUnsupported",
  { transactionId: TransactionId }
) {}

/** More was asked for than is left to reverse. */
export class ReversalExceedsTransaction extends Schema.TaggedError<ReversalExceedsTransaction>()(
  "ReversalExceedsTransaction",
  { transactionId: TransactionId, remaining: Money.Money, requested: Money.Money }
) {}

/** With this command, linked ones would post more entries than they may in all. */
export class LinkedTooLong extends Schema.TaggedError<LinkedTooLong>()("LinkedTooLong", { entriesMax: Schema.Int }) {}

/** Every reason for which the ledger turns a well-formed command down that is not made of others. */
export const Reason = Schema.Union([
  AccountAlreadyExists,
  AccountNotFound,
  AccountClosed,
  AccountRestricted,
  AccountCurrencyMismatch,
  Money.CurrencyMismatch,
  InsufficientFunds,
  BalanceOverflow,
  Unbalanced,
  HoldAlreadyExpired,
  HoldNotFound,
  HoldEnded,
  CaptureExceedsHold,
  HoldsOutstanding,
  BalanceOutstanding,
  TransactionNotFound,
  NotReversible,
  PartialReversalUnsupported,
  ReversalExceedsTransaction,
  LinkedTooLong
])
export type Reason = typeof Reason.Type

/** Of linked commands the one at `index`, from 0, cannot be done, so none was. */
export class LinkedRejected extends Schema.TaggedError<LinkedRejected>()("LinkedRejected", {
  index: Schema.Int,
  reason: Reason
}) {}

/** Everything for which the ledger turns a well-formed command down. */
export const Rejection = Schema.Union([...Reason.members, LinkedRejected])
export type Rejection = typeof Rejection.Type
