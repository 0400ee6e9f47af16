import { Schema } from "effect"
import { Instant } from "../calendar/index.ts"
import { AccountId } from "../ids/index.ts"
import { Currency, Money } from "../money/index.ts"
import { Side } from "./Side.ts"

/**
 * What a restriction forbids: new debits, new credits, or both. Captures of holds authorized before count as new.
 */
export const Restriction = Schema.Literals(["none", "debits", "credits", "both"])
export type Restriction = typeof Restriction.Type

/**
 * Customer accounts are checked for available funds; internal accounts (cash, settlement, income) are the bank's own
 * positions and may go to either side.
 */
export const Kind = Schema.Literals(["customer", "internal"])
export type Kind = typeof Kind.Type

/**
 * The ledger's own record of an account: what a decision needs and nothing else. Amounts are minor units of
 * `currency`, always ≥ 0; `revision` is the version of the owning context's record that was last applied, and
 * `sequence` the number of the account's newest entry (the first is 1).
 */
export const LedgerAccount = Schema.Struct({
  id: AccountId,
  kind: Kind,
  currency: Currency.Code,
  normalSide: Side,
  overdraftLimit: Schema.BigIntFromString,
  restriction: Restriction,
  closed: Schema.Boolean,
  revision: Schema.Int,
  sequence: Schema.Int,
  openHolds: Schema.Int,
  postedDebits: Schema.BigIntFromString,
  postedCredits: Schema.BigIntFromString,
  pendingDebits: Schema.BigIntFromString,
  pendingCredits: Schema.BigIntFromString,
  openedAt: Instant.Instant
})
export type LedgerAccount = typeof LedgerAccount.Type

/** Balances never leave the range of a signed 64-bit integer, so that every store can hold them. */
export const balanceMinorMax = 9_223_372_036_854_775_807n

/** Minor units posted, positive on the account's normal side. */
export const posted = (account: LedgerAccount): bigint =>
  account.normalSide === "credit"
    ? account.postedCredits - account.postedDebits
    : account.postedDebits - account.postedCredits

const reservedOut = (account: LedgerAccount): bigint =>
  account.normalSide === "credit" ? account.pendingDebits : account.pendingCredits

const expectedIn = (account: LedgerAccount): bigint =>
  account.normalSide === "credit" ? account.pendingCredits : account.pendingDebits

/** Minor units that may still leave: posted − holds + overdraft limit. Pending credits never count. */
export const available = (account: LedgerAccount): bigint =>
  posted(account) - reservedOut(account) + account.overdraftLimit

/**
 * The three balances a customer sees. `posted` is booked; `pending` is what it becomes when every open hold is
 * captured; `available` is what can be spent now, overdraft included.
 */
export const Balances = Schema.Struct({ posted: Money.Money, pending: Money.Money, available: Money.Money })
export type Balances = typeof Balances.Type

/** The balances of an account as money. */
export const balances = (account: LedgerAccount): Balances => ({
  posted: Money.make(posted(account), account.currency),
  pending: Money.make(posted(account) - reservedOut(account) + expectedIn(account), account.currency),
  available: Money.make(available(account), account.currency)
})

/** The account after posting `minor` units on `side`; the caller has decided that it may. */
export const afterEntry = (account: LedgerAccount, side: Side, minor: bigint): LedgerAccount => ({
  ...account,
  sequence: account.sequence + 1,
  postedDebits: side === "debit" ? account.postedDebits + minor : account.postedDebits,
  postedCredits: side === "credit" ? account.postedCredits + minor : account.postedCredits
})

/** The account after reserving (positive) or giving back (negative) `minor` units on `side`, and `holds` more open. */
export const afterReserve = (account: LedgerAccount, side: Side, minor: bigint, holds: -1 | 0 | 1): LedgerAccount => ({
  ...account,
  openHolds: account.openHolds + holds,
  pendingDebits: side === "debit" ? account.pendingDebits + minor : account.pendingDebits,
  pendingCredits: side === "credit" ? account.pendingCredits + minor : account.pendingCredits
})

/** Does the restriction let a new entry on `side` through? */
export const permits = (account: LedgerAccount, side: Side): boolean =>
  account.restriction === "none" || account.restriction === (side === "debit" ? "credits" : "debits")
