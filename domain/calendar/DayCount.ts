/**
 * Day-count conventions: what part of a year lies between two dates, the start counted and the end not. Exact quotients,
 * never floats; a fraction from a later to an earlier date is the negative of the one back.
 *
 * Sources: ISDA 2006 Definitions section 4.16, SIFMA (NASD/PSA) for 30/360 with end-of-February rules, ICMA rule 251,
 * and ISDA's memorandum "EMU and Market Conventions" of 1998 for the worked examples of ACT/ACT.
 */
import { Schema } from "effect"
import * as Civil from "./Civil.ts"
import * as LocalDate from "./LocalDate.ts"

/** Conventions that need the two dates only. */
export const PlainConvention = Schema.Literals([
  "30/360-US",
  "30/360-NASD",
  "30E/360",
  "ACT/360",
  "ACT/365F",
  "ACT/ACT-ISDA"
])
export type PlainConvention = typeof PlainConvention.Type

/** All conventions; the last two also ask for `Terms`. */
export const Convention = Schema.Literals([...PlainConvention.literals, "30E/360-ISDA", "ACT/ACT-ICMA"])
export type Convention = typeof Convention.Type

/** What a contract adds to its two dates. */
export interface Terms {
  /** The last day of the contract, for 30E/360 ISDA; `undefined` if it is open-ended. */
  readonly maturity: LocalDate.LocalDate | undefined
  /** Any regular coupon date, for ACT/ACT ICMA; the others lie whole coupon periods before and after it. */
  readonly couponDate: LocalDate.LocalDate
  /** Months of a coupon period, for ACT/ACT ICMA: 1, 2, 3, 4, 6 or 12. */
  readonly couponMonths: number
}

/** An exact part of a year. The denominator is above zero; the quotient is not reduced. */
export interface YearFraction {
  readonly numerator: bigint
  readonly denominator: bigint
}

const isLastOfFebruary = (civil: Civil.Civil): boolean =>
  civil.month === 2 && civil.day === Civil.daysInMonth(civil.year, 2)

type DayRule = (start: Civil.Civil, end: Civil.Civil) => readonly [startDay: number, endDay: number]

// 30/360 US bond basis: the 31st of the end counts as the 30th only after a start on the 30th or 31st.
const bondBasis: DayRule = (start, end) => [Math.min(start.day, 30), start.day >= 30 ? Math.min(end.day, 30) : end.day]

// NASD/PSA: a start on the last of February counts as the 30th, and with it an end on the last of February.
const nasd: DayRule = (start, end) =>
  isLastOfFebruary(start) ? [30, isLastOfFebruary(end) ? 30 : Math.min(end.day, 30)] : bondBasis(start, end)

const eurobond: DayRule = (start, end) => [Math.min(start.day, 30), Math.min(end.day, 30)]

const eurobondIsda =
  (isEndMaturity: boolean): DayRule =>
  (start, end) => [
    isLastOfFebruary(start) ? 30 : Math.min(start.day, 30),
    isLastOfFebruary(end) && !isEndMaturity ? 30 : Math.min(end.day, 30)
  ]

const days360 = (start: LocalDate.LocalDate, end: LocalDate.LocalDate, rule: DayRule): number => {
  if (end < start) return -days360(end, start, rule)
  const from = LocalDate.toCivil(start)
  const to = LocalDate.toCivil(end)
  const [startDay, endDay] = rule(from, to)
  return (to.year - from.year) * 360 + (to.month - from.month) * 30 + (endDay - startDay)
}

const over = (days: number, yearDays: bigint): YearFraction => ({ numerator: BigInt(days), denominator: yearDays })

// A date as a count of whole periods, and the days into the one that it lies in.
interface Position {
  readonly periods: number
  readonly days: number
  readonly periodDays: number
}

// The periods from one position to the other, exactly. Whole periods between them cancel to one each.
const periodsBetween = (start: Position, end: Position): YearFraction => ({
  numerator:
    BigInt(end.periods * end.periodDays + end.days) * BigInt(start.periodDays) -
    BigInt(start.periods * start.periodDays + start.days) * BigInt(end.periodDays),
  denominator: BigInt(start.periodDays) * BigInt(end.periodDays)
})

const inCalendarYears = (date: LocalDate.LocalDate): Position => {
  const { year } = LocalDate.toCivil(date)
  return {
    periods: year,
    days: LocalDate.toEpochDay(date) - Civil.toEpochDay({ year, month: 1, day: 1 }),
    periodDays: Civil.isLeapYear(year) ? 366 : 365
  }
}

const inCouponPeriods = (date: LocalDate.LocalDate, terms: Terms): Position => {
  const anchor = LocalDate.toCivil(terms.couponDate)
  const { year, month } = LocalDate.toCivil(date)
  const coupon = (periods: number) => LocalDate.addMonths(terms.couponDate, periods * terms.couponMonths, "endOfMonth")
  const months = (year - anchor.year) * 12 + month - anchor.month
  const sameMonthOrBefore = Math.floor(months / terms.couponMonths)
  const periods = coupon(sameMonthOrBefore) <= date ? sameMonthOrBefore : sameMonthOrBefore - 1
  const start = coupon(periods)
  return {
    periods,
    days: LocalDate.daysBetween(start, date),
    periodDays: LocalDate.daysBetween(start, coupon(periods + 1))
  }
}

/** The part of a year from `start` to `end` by a convention that needs no more than the two dates. */
export const yearFraction = (
  convention: PlainConvention,
  start: LocalDate.LocalDate,
  end: LocalDate.LocalDate
): YearFraction => {
  switch (convention) {
    case "30/360-US":
      return over(days360(start, end, bondBasis), 360n)
    case "30/360-NASD":
      return over(days360(start, end, nasd), 360n)
    case "30E/360":
      return over(days360(start, end, eurobond), 360n)
    case "ACT/360":
      return over(LocalDate.daysBetween(start, end), 360n)
    case "ACT/365F":
      return over(LocalDate.daysBetween(start, end), 365n)
    case "ACT/ACT-ISDA":
      return periodsBetween(inCalendarYears(start), inCalendarYears(end))
  }
}

/**
 * The part of a year from `start` to `end` by any convention. 30E/360 ISDA leaves an end in February at the maturity as
 * it is; ACT/ACT ICMA weighs days by the coupon periods that they lie in, regular or not, with ends of months kept.
 */
export const yearFractionOf = (
  convention: Convention,
  start: LocalDate.LocalDate,
  end: LocalDate.LocalDate,
  terms: Terms
): YearFraction => {
  switch (convention) {
    case "30E/360-ISDA":
      return over(days360(start, end, eurobondIsda(LocalDate.max(start, end) === terms.maturity)), 360n)
    case "ACT/ACT-ICMA": {
      const periods = periodsBetween(inCouponPeriods(start, terms), inCouponPeriods(end, terms))
      return { numerator: periods.numerator * BigInt(terms.couponMonths), denominator: periods.denominator * 12n }
    }
    default:
      return yearFraction(convention, start, end)
  }
}
