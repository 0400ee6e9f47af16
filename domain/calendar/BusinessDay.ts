/** Business-day conventions (ISDA 2006 Definitions section 4.12): where a date goes that falls on a closed day. */
import { Schema } from "effect"
import type { HolidayCalendar } from "./HolidayCalendar.ts"
import * as LocalDate from "./LocalDate.ts"

export * from "./HolidayCalendar.ts"

/**
 * `following` takes the next business day, `modifiedFollowing` too unless that is in another month, then the previous
 * one; `preceding` takes the previous business day, `unadjusted` leaves the date as it is.
 */
export const Convention = Schema.Literals(["following", "modifiedFollowing", "preceding", "unadjusted"])
export type Convention = typeof Convention.Type

/** The most closed days in a row that a calendar may have. */
export const closedDaysMax = 31

const seek = (date: LocalDate.LocalDate, step: 1 | -1, calendar: HolidayCalendar): LocalDate.LocalDate => {
  let day = date
  for (let tries = 0; tries <= closedDaysMax; tries++) {
    if (calendar.isBusinessDay(day)) return day
    day = LocalDate.addDays(day, step)
  }
  throw new RangeError(`${calendar.name} has no business day within ${closedDaysMax} days of ${date}`)
}

const inSameMonth = (left: LocalDate.LocalDate, right: LocalDate.LocalDate): boolean =>
  left.slice(0, 7) === right.slice(0, 7)

/** The date by a convention: itself if it is a business day. */
export const adjust = (
  date: LocalDate.LocalDate,
  convention: Convention,
  calendar: HolidayCalendar
): LocalDate.LocalDate => {
  switch (convention) {
    case "unadjusted":
      return date
    case "following":
      return seek(date, 1, calendar)
    case "preceding":
      return seek(date, -1, calendar)
    case "modifiedFollowing": {
      const following = seek(date, 1, calendar)
      return inSameMonth(following, date) ? following : seek(date, -1, calendar)
    }
  }
}

/** The first business day after a date. */
export const next = (date: LocalDate.LocalDate, calendar: HolidayCalendar): LocalDate.LocalDate =>
  seek(LocalDate.addDays(date, 1), 1, calendar)

/** The last business day before a date. */
export const previous = (date: LocalDate.LocalDate, calendar: HolidayCalendar): LocalDate.LocalDate =>
  seek(LocalDate.addDays(date, -1), -1, calendar)

/** The business day `days` business days later, or earlier if negative; 0 gives the date itself, open or closed. */
export const addBusinessDays = (
  date: LocalDate.LocalDate,
  days: number,
  calendar: HolidayCalendar
): LocalDate.LocalDate => {
  let day = date
  for (let left = Math.abs(days); left > 0; left--) day = days > 0 ? next(day, calendar) : previous(day, calendar)
  return day
}
