import { Result } from "effect"
import type { Instant, LocalDate } from "../calendar/index.ts"
import type { AccountId, TransactionId } from "../ids/index.ts"
import { type Currency, Money } from "../money/index.ts"
import type { Book } from "./Book.ts"
import type { Leg } from "./Command.ts"
import { afterEntry, available, balanceMinorMax, type LedgerAccount, permits, posted } from "./LedgerAccount.ts"
import {
  AccountClosed,
  AccountCurrencyMismatch,
  AccountNotFound,
  AccountRestricted,
  BalanceOverflow,
  InsufficientFunds,
  type Reason,
  Unbalanced
} from "./Rejection.ts"
import type { Side } from "./Side.ts"
import type { Entry, Transaction } from "./Transaction.ts"

/** A transaction to be, without what only the posting of it decides. */
export type Head = Omit<Transaction, "id" | "bookedAt" | "valueDate" | "entries"> & {
  readonly valueDate?: LocalDate.LocalDate
}

/** When and under which id a transaction is booked; `businessDate` is its value date unless it names one. */
export interface Booking {
  readonly transactionId: TransactionId
  readonly now: Instant.Instant
  readonly businessDate: LocalDate.LocalDate
}

interface Posted {
  readonly accounts: ReadonlyArray<LedgerAccount>
  readonly transaction: Transaction
}

/** An account that a transaction has entries of. */
interface Touched {
  readonly before: LedgerAccount
  after: LedgerAccount
}

const areOpposite = ([first, second]: ReadonlyArray<Leg>): boolean =>
  first !== undefined &&
  second !== undefined &&
  first.side !== second.side &&
  first.amount.minor === second.amount.minor &&
  first.amount.currency === second.amount.currency

const balanced = (legs: ReadonlyArray<Leg>): Unbalanced | undefined => {
  if (legs.length === 2 && areOpposite(legs)) return undefined
  const totals = new Map<Currency.Code, { debits: bigint; credits: bigint }>()
  for (const { side, amount } of legs) {
    const total = totals.get(amount.currency) ?? { debits: 0n, credits: 0n }
    if (side === "debit") total.debits += amount.minor
    else total.credits += amount.minor
    totals.set(amount.currency, total)
  }
  for (const [currency, { debits, credits }] of totals)
    if (debits !== credits)
      return new Unbalanced({ debits: Money.make(debits, currency), credits: Money.make(credits, currency) })
  return undefined
}

/** Why `amount` may not be booked or reserved on this side of the account, funds aside; undefined where it may. */
const barred = (account: LedgerAccount, side: Side, amount: Money.Money): Reason | undefined => {
  const accountId = account.id
  if (account.closed) return new AccountClosed({ accountId })
  if (account.currency !== amount.currency)
    return new AccountCurrencyMismatch({ accountId, expected: account.currency, actual: amount.currency })
  if (!permits(account, side)) return new AccountRestricted({ accountId, restriction: account.restriction })
  return undefined
}

/** The account, where `amount` may be booked or reserved on this side of it, funds aside. */
export const usable = (
  book: Pick<Book, "account">,
  accountId: AccountId,
  side: Side,
  amount: Money.Money
): Result.Result<LedgerAccount, Reason> => {
  const account = book.account(accountId)
  if (account === undefined) return Result.fail(new AccountNotFound({ accountId }))
  const reason = barred(account, side, amount)
  return reason === undefined ? Result.succeed(account) : Result.fail(reason)
}

/**
 * Was more taken from the account than it had available, or more turned over than a store can hold? An account that is
 * short already (its limit was lowered) may still gain. What is `funded` was reserved before and is not judged again.
 */
export const overdrawn = (before: LedgerAccount, after: LedgerAccount, funded = false): Reason | undefined => {
  if (!funded && after.kind === "customer" && available(after) < 0n) {
    const had = available(before)
    const requested = had - available(after)
    if (requested > 0n)
      return new InsufficientFunds({
        accountId: before.id,
        available: Money.make(had, before.currency),
        requested: Money.make(requested, before.currency)
      })
  }
  return after.postedDebits > balanceMinorMax ||
    after.postedCredits > balanceMinorMax ||
    after.pendingDebits > balanceMinorMax ||
    after.pendingCredits > balanceMinorMax
    ? new BalanceOverflow({ accountId: before.id })
    : undefined
}

/**
 * Posts legs as one transaction. Funds are judged on each account's net change, so the order of legs never matters;
 * `funded` skips that check where a hold has reserved the money before.
 * Errors, first wins: Unbalanced; per leg AccountNotFound, AccountClosed, AccountCurrencyMismatch, AccountRestricted; per
 * account InsufficientFunds, BalanceOverflow.
 */
export const post = (
  book: Pick<Book, "account">,
  head: Head,
  legs: ReadonlyArray<Leg>,
  booking: Booking,
  funded = false
): Result.Result<Posted, Reason> => {
  const unbalanced = balanced(legs)
  if (unbalanced !== undefined) return Result.fail(unbalanced)
  const touched: Array<Touched> = []
  // Two accounts are found once each: most transactions are such, and a map costs more than all else of them.
  const byId =
    legs.length === 2 && legs[0]?.accountId !== legs[1]?.accountId ? undefined : new Map<AccountId, Touched>()
  const entries: Array<Entry> = []
  for (const { accountId, side, amount } of legs) {
    const known = byId?.get(accountId)
    const account = known?.after ?? book.account(accountId)
    if (account === undefined) return Result.fail(new AccountNotFound({ accountId }))
    const reason = barred(account, side, amount)
    if (reason !== undefined) return Result.fail(reason)
    const after = afterEntry(account, side, amount.minor)
    if (known === undefined) {
      const first = { before: account, after }
      touched.push(first)
      byId?.set(accountId, first)
    } else known.after = after
    const balance = Money.make(posted(after), after.currency)
    entries.push({ accountId, side, amount, sequence: after.sequence, balance })
  }
  const accounts: Array<LedgerAccount> = []
  for (const { before, after } of touched) {
    const rejection = overdrawn(before, after, funded)
    if (rejection !== undefined) return Result.fail(rejection)
    accounts.push(after)
  }
  const transaction: Transaction = {
    ...head,
    id: booking.transactionId,
    bookedAt: booking.now,
    valueDate: head.valueDate ?? booking.businessDate,
    entries
  }
  return Result.succeed({ accounts, transaction })
}
