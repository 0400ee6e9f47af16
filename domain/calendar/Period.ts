/** A calendar month as the text `YYYY-MM` (ISO 8601), of the years of a `LocalDate`: what a statement covers. */
import { Schema } from "effect"
import * as Civil from "./Civil.ts"
import * as LocalDate from "./LocalDate.ts"

/** A calendar month as `YYYY-MM`. Months compare as text. */
export const Period = Schema.String.check(
  Schema.isPattern(/^(19|2\d)\d{2}-(0[1-9]|1[0-2])$/u, { expected: "a month from 1900-01 to 2999-12 as YYYY-MM" })
).pipe(Schema.brand("Period"))

/** A calendar month as `YYYY-MM`. */
export type Period = typeof Period.Type

// Only for the first seven characters of a date, which are a month of the range.
const isMonthOf = (text: string, date: LocalDate.LocalDate): text is Period => date.startsWith(text)

/** The month that a date lies in. */
export const of = (date: LocalDate.LocalDate): Period => {
  const text = date.slice(0, 7)
  if (!isMonthOf(text, date)) throw new RangeError(`not a date: ${date}`)
  return text
}

const dateOf = (period: Period, day: number): LocalDate.LocalDate =>
  LocalDate.fromEpochDay(Civil.toEpochDay({ year: Number(period.slice(0, 4)), month: Number(period.slice(5, 7)), day }))

/** The first day of the month. */
export const firstDay = (period: Period): LocalDate.LocalDate => dateOf(period, 1)

/** The last day of the month. */
export const lastDay = (period: Period): LocalDate.LocalDate => LocalDate.endOfMonth(firstDay(period))

/** The month `months` later, or earlier if negative. Throws a `RangeError` out of the range. */
export const addMonths = (period: Period, months: number): Period => of(LocalDate.addMonths(firstDay(period), months))

/** The month after. */
export const next = (period: Period): Period => addMonths(period, 1)

/** The month before. */
export const previous = (period: Period): Period => addMonths(period, -1)

/** Whether a date lies in the month. */
export const contains = (period: Period, date: LocalDate.LocalDate): boolean => date.startsWith(period)

/** -1, 0 or 1 as `left` is before, equal to or after `right`. */
export const compare = (left: Period, right: Period): -1 | 0 | 1 => (left < right ? -1 : left > right ? 1 : 0)
