/**
 * Which days a financial centre is closed. The rules are computed, so the calendars need no yearly table; closings by
 * decree for one day are not known to them.
 */
import { Schema } from "effect"
import * as LocalDate from "./LocalDate.ts"

/** A calendar of business days. */
export interface HolidayCalendar {
  readonly name: string
  readonly isBusinessDay: (date: LocalDate.LocalDate) => boolean
}

/** Calendars that a product can name. */
export const CalendarName = Schema.Literals(["WEEKENDS", "TARGET2", "US_FEDERAL", "US_FEDERAL_RESERVE"])
export type CalendarName = typeof CalendarName.Type

const thursday = 4
const friday = 5
const saturday = 6
const monday = 1

const isWeekend = (date: LocalDate.LocalDate): boolean => LocalDate.dayOfWeek(date) >= saturday

/** Open on every day but Saturday and Sunday. */
export const weekends: HolidayCalendar = { name: "WEEKENDS", isBusinessDay: (date) => !isWeekend(date) }

/**
 * The days from March 1 to Easter Sunday of the Gregorian calendar, March 1 being 1, so that 32 is April 1.
 * Source: the anonymous algorithm of Meeus, "Astronomical Algorithms", chapter 8.
 */
const easterDayFromMarch = (year: number): number => {
  const golden = year % 19
  const century = Math.floor(year / 100)
  const yearOfCentury = year % 100
  const leapCorrection = Math.floor((century - Math.floor((century + 8) / 25) + 1) / 3)
  const epact = (19 * golden + century - Math.floor(century / 4) - leapCorrection + 15) % 30
  const weekday = (32 + 2 * (century % 4) + 2 * Math.floor(yearOfCentury / 4) - epact - (yearOfCentury % 4)) % 7
  const correction = Math.floor((golden + 11 * epact + 22 * weekday) / 451)
  return epact + weekday - 7 * correction + 22
}

/**
 * TARGET2 and its successor T2: closed on weekends, January 1, Good Friday, Easter Monday, May 1, December 25 and 26.
 * Source: European Central Bank, the long-term calendar in force since 2002; earlier years had other days.
 */
export const target2: HolidayCalendar = {
  name: "TARGET2",
  isBusinessDay: (date) => {
    if (isWeekend(date)) return false
    const { year, month, day } = LocalDate.toCivil(date)
    if (month === 1) return day !== 1
    if (month === 5) return day !== 1
    if (month === 12) return day !== 25 && day !== 26
    if (month !== 3 && month !== 4) return true
    const fromEaster = (month === 3 ? day : day + 31) - easterDayFromMarch(year)
    return fromEaster !== -2 && fromEaster !== 1
  }
}

// Holidays on a fixed date, which move to a weekday when they fall on a weekend.
const isUsFixedHoliday = (date: LocalDate.LocalDate): boolean => {
  switch (date.slice(5)) {
    case "01-01":
    case "07-04":
    case "11-11":
    case "12-25":
      return true
    case "06-19":
      return date >= "2021"
    default:
      return false
  }
}

// Holidays on the nth weekday of a month.
const isUsFloatingHoliday = (date: LocalDate.LocalDate): boolean => {
  const { year, month, day } = LocalDate.toCivil(date)
  const nth = Math.ceil(day / 7)
  switch (LocalDate.dayOfWeek(date)) {
    case monday:
      return (
        (month === 1 && nth === 3 && year >= 1986) ||
        (month === 2 && nth === 3) ||
        (month === 5 && day > 24) ||
        (month === 9 && nth === 1) ||
        (month === 10 && nth === 2)
      )
    case thursday:
      return month === 11 && nth === 4
    default:
      return false
  }
}

const usCalendar = (name: CalendarName, fridayForSaturday: boolean): HolidayCalendar => ({
  name,
  isBusinessDay: (date) => {
    if (isWeekend(date) || isUsFixedHoliday(date) || isUsFloatingHoliday(date)) return false
    const weekday = LocalDate.dayOfWeek(date)
    if (weekday === monday) return !isUsFixedHoliday(LocalDate.addDays(date, -1))
    if (weekday === friday && fridayForSaturday) return !isUsFixedHoliday(LocalDate.addDays(date, 1))
    return true
  }
})

/**
 * The United States government: a holiday on a Saturday is observed the Friday before, on a Sunday the Monday after.
 * Source: 5 U.S.C. 6103 as the Office of Personnel Management applies it, in force since 1978, with Martin Luther King's
 * birthday from 1986 and Juneteenth from 2021.
 */
export const usFederal: HolidayCalendar = usCalendar("US_FEDERAL", true)

/**
 * The Federal Reserve Banks, and with them Fedwire and FedACH: the same holidays, but open on the Friday before one that
 * falls on a Saturday. Source: Federal Reserve Financial Services, holiday schedules.
 */
export const usFederalReserve: HolidayCalendar = usCalendar("US_FEDERAL_RESERVE", false)

/** Open only where all of the calendars are, as for a payment that both centres settle. */
export const joint = (...calendars: ReadonlyArray<HolidayCalendar>): HolidayCalendar => ({
  name: calendars.map((calendar) => calendar.name).join("+"),
  isBusinessDay: (date) => calendars.every((calendar) => calendar.isBusinessDay(date))
})

/** The calendar of a name. */
export const byName = (name: CalendarName): HolidayCalendar => {
  switch (name) {
    case "WEEKENDS":
      return weekends
    case "TARGET2":
      return target2
    case "US_FEDERAL":
      return usFederal
    case "US_FEDERAL_RESERVE":
      return usFederalReserve
  }
}
