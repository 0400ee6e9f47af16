import { Schema } from "effect"
import { LocalDate, Period } from "../calendar/index.ts"
import { AccountId } from "../ids/index.ts"
import { type Currency, Money } from "../money/index.ts"
import { BookedEntry } from "./Transaction.ts"

/**
 * An account's period by booking time: opening + Σ credits − Σ debits = closing for a credit-normal account (the other
 * way round for a debit-normal one), every entry exactly once, and the next opening equals this closing.
 */
export const Statement = Schema.Struct({
  accountId: AccountId,
  period: Period.Period,
  from: LocalDate.LocalDate,
  to: LocalDate.LocalDate,
  opening: Money.Money,
  totalDebits: Money.Money,
  totalCredits: Money.Money,
  closing: Money.Money,
  entries: Schema.Array(BookedEntry)
})
export type Statement = typeof Statement.Type

const total = (entries: ReadonlyArray<BookedEntry>, side: "debit" | "credit", currency: Currency.Code): Money.Money =>
  Money.make(
    entries.reduce((sum, entry) => (entry.side === side ? sum + entry.amount.minor : sum), 0n),
    currency
  )

/** The statement for a period, from the balance before it and the period's entries, oldest first. */
export const statement = (
  accountId: AccountId,
  period: Period.Period,
  opening: Money.Money,
  entries: ReadonlyArray<BookedEntry>
): Statement => ({
  accountId,
  period,
  from: Period.firstDay(period),
  to: Period.lastDay(period),
  opening,
  totalDebits: total(entries, "debit", opening.currency),
  totalCredits: total(entries, "credit", opening.currency),
  closing: entries.at(-1)?.balance ?? opening,
  entries
})
