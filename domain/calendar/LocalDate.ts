/**
 * A calendar date without time or zone, as the text `YYYY-MM-DD` (ISO 8601), from 1900-01-01 to 2999-12-31.
 *
 * Dates compare as text. Arithmetic that leaves the range throws a `RangeError`: commands bound their terms, so that is a
 * bug and not a failure to report.
 */
import { Result, Schema } from "effect"
import * as Civil from "./Civil.ts"
import type * as Instant from "./Instant.ts"

export { daysInMonth, isLeapYear } from "./Civil.ts"

/** The first year a date may have. */
export const yearMin = 1900

/** The last year a date may have. */
export const yearMax = 2999

const millisPerDay = 86_400_000
const millisPerMinute = 60_000

const pattern = /^(19|2\d)\d{2}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/u

const civilOf = (text: string): Civil.Civil => ({
  year: Number(text.slice(0, 4)),
  month: Number(text.slice(5, 7)),
  day: Number(text.slice(8, 10))
})

/** Whether `text` names a day that exists, in the range. */
export const isLocalDate = (text: string): text is LocalDate => pattern.test(text) && Civil.isReal(civilOf(text))

/** A real date as `YYYY-MM-DD`. */
export const LocalDate = Schema.String.check(
  Schema.makeFilter((text: string) => pattern.test(text) && Civil.isReal(civilOf(text)), {
    expected: "a real date from 1900-01-01 to 2999-12-31 as YYYY-MM-DD",
    toJsonSchema: () => ({ pattern: pattern.source, format: "date" })
  })
).pipe(Schema.brand("LocalDate"))

/** A real date as `YYYY-MM-DD`. */
export type LocalDate = typeof LocalDate.Type

/** Year, month and day name no date, or one out of the range. */
export class InvalidDate extends Schema.TaggedError<InvalidDate>()("InvalidDate", {
  year: Schema.Number,
  month: Schema.Number,
  day: Schema.Number
}) {}

/**
 * What becomes of a day that its month lacks: `clamp` takes the month's last day (Jan 31 + 1 month = Feb 28), `roll` the
 * first of the next month (Jan 31 + 1 month = Mar 1), `endOfMonth` clamps and keeps the last day of a month on the last
 * day of every month (Feb 28 + 1 month = Mar 31).
 */
export const MonthEndRule = Schema.Literals(["clamp", "roll", "endOfMonth"])
export type MonthEndRule = typeof MonthEndRule.Type

// Only for text that was printed from a real day, so that arithmetic need not parse what it just printed.
const isInRange = (printed: string): printed is LocalDate =>
  printed.length === 10 && printed >= "1900-01-01" && printed <= "2999-12-31"

const fromCivil = (civil: Civil.Civil): LocalDate => {
  const text = Civil.toText(civil)
  if (!isInRange(text)) throw new RangeError(`date out of range: ${text}`)
  return text
}

/** The date of a year, a month from 1 and a day from 1. Fails with `InvalidDate`. */
export const make = (year: number, month: number, day: number): Result.Result<LocalDate, InvalidDate> => {
  const text = Civil.toText({ year, month, day })
  return isLocalDate(text) ? Result.succeed(text) : Result.fail(new InvalidDate({ year, month, day }))
}

/** Year, month and day of a date. */
export const toCivil = (date: LocalDate): Civil.Civil => civilOf(date)

/** Days from 1970-01-01; negative before it. */
export const toEpochDay = (date: LocalDate): number => Civil.toEpochDay(civilOf(date))

/** The date that lies `epochDay` whole days after 1970-01-01. */
export const fromEpochDay = (epochDay: number): LocalDate => fromCivil(Civil.fromEpochDay(epochDay))

/** The date `days` later, or earlier if negative. */
export const addDays = (date: LocalDate, days: number): LocalDate => fromEpochDay(toEpochDay(date) + days)

/** Days from `start` to `end`: the start is counted, the end is not. Negative if `end` is earlier. */
export const daysBetween = (start: LocalDate, end: LocalDate): number => toEpochDay(end) - toEpochDay(start)

/**
 * The date `months` later, or earlier if negative.
 *
 * A schedule adds k months to its first date, not one month k times: only so Jan 31 gives Feb 28 and then Mar 31.
 */
export const addMonths = (date: LocalDate, months: number, rule: MonthEndRule = "clamp"): LocalDate => {
  const { year, month, day } = civilOf(date)
  const monthIndex = year * 12 + month - 1 + months
  const target = { year: Math.floor(monthIndex / 12), month: (((monthIndex % 12) + 12) % 12) + 1 }
  const dayMax = Civil.daysInMonth(target.year, target.month)
  if (rule === "endOfMonth" && day === Civil.daysInMonth(year, month)) return fromCivil({ ...target, day: dayMax })
  if (day <= dayMax) return fromCivil({ ...target, day })
  const clamped = fromCivil({ ...target, day: dayMax })
  return rule === "roll" ? addDays(clamped, 1) : clamped
}

/** The date `years` later, or earlier if negative; Feb 29 follows the rule as a month's end does. */
export const addYears = (date: LocalDate, years: number, rule: MonthEndRule = "clamp"): LocalDate =>
  addMonths(date, years * 12, rule)

/** The weekday by ISO 8601: 1 is Monday, 7 is Sunday. */
export const dayOfWeek = (date: LocalDate): number =>
  // 1970-01-01 was a Thursday, three days after a Monday.
  ((((toEpochDay(date) + 3) % 7) + 7) % 7) + 1

/** Whether the date is the last of its month. */
export const isEndOfMonth = (date: LocalDate): boolean => {
  const { year, month, day } = civilOf(date)
  return day === Civil.daysInMonth(year, month)
}

/** The last date of the date's month. */
export const endOfMonth = (date: LocalDate): LocalDate => {
  const { year, month } = civilOf(date)
  return fromCivil({ year, month, day: Civil.daysInMonth(year, month) })
}

/** -1, 0 or 1 as `left` is before, equal to or after `right`. */
export const compare = (left: LocalDate, right: LocalDate): -1 | 0 | 1 => (left < right ? -1 : left > right ? 1 : 0)

/** The earlier of two dates. */
export const min = (left: LocalDate, right: LocalDate): LocalDate => (left < right ? left : right)

/** The later of two dates. */
export const max = (left: LocalDate, right: LocalDate): LocalDate => (left > right ? left : right)

/** The date of an instant on a clock that is `utcOffsetMinutes` ahead of UTC, 0 by default. */
export const fromInstant = (instant: Instant.Instant, utcOffsetMinutes = 0): LocalDate =>
  fromEpochDay(Math.floor((instant + utcOffsetMinutes * millisPerMinute) / millisPerDay))
