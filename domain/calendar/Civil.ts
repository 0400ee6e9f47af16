/**
 * The arithmetic of the proleptic Gregorian calendar on plain numbers, from which `LocalDate` and `Instant` are made.
 *
 * Source: the day-count algorithms of Howard Hinnant, "chrono-compatible low-level date algorithms". A year is taken to
 * begin in March, so that the leap day is its last and months have a linear formula.
 */

/** A year, a month from 1 to 12 and a day from 1. */
export interface Civil {
  readonly year: number
  readonly month: number
  readonly day: number
}

/** Whether a year has 366 days. */
export const isLeapYear = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)

/** Days of a month from 1 to 12: 28 to 31. */
export const daysInMonth = (year: number, month: number): number =>
  month === 2 ? (isLeapYear(year) ? 29 : 28) : month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31

/** Whether year, month and day name a day that exists. */
export const isReal = (civil: Civil): boolean =>
  civil.month >= 1 && civil.month <= 12 && civil.day >= 1 && civil.day <= daysInMonth(civil.year, civil.month)

/** Days from 1970-01-01 to a real day; negative before it. */
export const toEpochDay = (civil: Civil): number => {
  const year = civil.month <= 2 ? civil.year - 1 : civil.year
  const era = Math.floor(year / 400)
  const yearOfEra = year - era * 400
  const dayOfYear = Math.floor((153 * (civil.month > 2 ? civil.month - 3 : civil.month + 9) + 2) / 5) + civil.day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

/** The day that lies `epochDay` days after 1970-01-01. */
export const fromEpochDay = (epochDay: number): Civil => {
  const shifted = epochDay + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1
  }
}

/** A number from 0 to 99 in two digits. */
export const twoDigits = (value: number): string => (value < 10 ? `0${value}` : `${value}`)

/** `YYYY-MM-DD`, for years of four digits. */
export const toText = (civil: Civil): string => `${civil.year}-${twoDigits(civil.month)}-${twoDigits(civil.day)}`
