/** A statement line by line, for periods of any number of entries: nothing holds more than the totals. */
import { Schema } from "effect"
import { LocalDate, Period } from "../calendar/index.ts"
import { AccountId } from "../ids/index.ts"
import { Money } from "../money/index.ts"
import { BookedEntry } from "./Transaction.ts"

/** The first line: what the statement is of, and the posted balance before the period. */
export const StatementOpening = Schema.TaggedStruct("StatementOpening", {
  accountId: AccountId,
  period: Period.Period,
  from: LocalDate.LocalDate,
  to: LocalDate.LocalDate,
  opening: Money.Money
})
export type StatementOpening = typeof StatementOpening.Type

/** The last line, which a statement that broke off lacks: how many entries there were, their sums, and the balance. */
export const StatementClosing = Schema.TaggedStruct("StatementClosing", {
  entries: Schema.Int,
  totalDebits: Money.Money,
  totalCredits: Money.Money,
  closing: Money.Money
})
export type StatementClosing = typeof StatementClosing.Type

/** One opening, every entry of the period once, oldest first, one closing. */
export const StatementLine = Schema.Union([
  StatementOpening,
  Schema.TaggedStruct("BookedEntry", BookedEntry.fields),
  StatementClosing
])
export type StatementLine = typeof StatementLine.Type

/** The opening of a period. */
export const openingOf = (accountId: AccountId, period: Period.Period, opening: Money.Money): StatementOpening => ({
  _tag: "StatementOpening",
  accountId,
  period,
  from: Period.firstDay(period),
  to: Period.lastDay(period),
  opening
})

/** What the closing says before any entry. */
export const closingFrom = (opening: Money.Money): StatementClosing => ({
  _tag: "StatementClosing",
  entries: 0,
  totalDebits: Money.zero(opening.currency),
  totalCredits: Money.zero(opening.currency),
  closing: opening
})

/** What the closing says after more entries, which come oldest first. */
export const closingAfter = (closing: StatementClosing, entries: ReadonlyArray<BookedEntry>): StatementClosing => {
  let debits = closing.totalDebits.minor
  let credits = closing.totalCredits.minor
  for (const { side, amount } of entries) {
    if (side === "debit") debits += amount.minor
    else credits += amount.minor
  }
  const { currency } = closing.closing
  return {
    _tag: "StatementClosing",
    entries: closing.entries + entries.length,
    totalDebits: Money.make(debits, currency),
    totalCredits: Money.make(credits, currency),
    closing: entries.at(-1)?.balance ?? closing.closing
  }
}

/** An entry as a line. */
export const lineOf = (entry: BookedEntry): StatementLine => ({ _tag: "BookedEntry", ...entry })
