/**
 * A moment on the UTC time line: whole milliseconds since 1970-01-01T00:00:00Z without leap seconds, from
 * 1900-01-01 to the end of 2999. On the wire it is RFC 3339 text such as `2026-11-24T03:42:14.123Z`.
 */
import { Effect, Result, Schema, SchemaIssue, SchemaTransformation } from "effect"
import * as Civil from "./Civil.ts"
import * as LocalDate from "./LocalDate.ts"

/** Milliseconds of a day. */
export const millisPerDay = 86_400_000

/** The first millisecond of 1900. */
export const millisMin = Civil.toEpochDay({ year: LocalDate.yearMin, month: 1, day: 1 }) * millisPerDay

/** The last millisecond of 2999. */
export const millisMax = Civil.toEpochDay({ year: LocalDate.yearMax + 1, month: 1, day: 1 }) * millisPerDay - 1

const isInRange = (millis: number): boolean => Number.isInteger(millis) && millis >= millisMin && millis <= millisMax

const Millis = Schema.Number.check(
  Schema.makeFilter(isInRange, { expected: "whole milliseconds of the years 1900 to 2999" })
).pipe(Schema.brand("Instant"))

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = typeof Millis.Type

/** Text that is no RFC 3339 date-time of whole milliseconds in the range. */
export class InvalidInstant extends Schema.TaggedError<InvalidInstant>()("InvalidInstant", { text: Schema.String }) {}

const isInstant = (millis: number): millis is Instant => isInRange(millis)

/** The instant of milliseconds since 1970. Throws a `RangeError` out of the range: a clock that says so is broken. */
export const fromMillis = (millis: number): Instant => {
  if (!isInstant(millis)) throw new RangeError(`instant out of range: ${millis}`)
  return millis
}

const pattern = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,3}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/u

/**
 * Reads RFC 3339 text of any offset. More than three decimals of a second, a leap second, an impossible date or time and
 * a year out of 1900 to 2999 fail with `InvalidInstant`: nothing is rounded or guessed.
 */
export const fromText = (text: string): Result.Result<Instant, InvalidInstant> => {
  const [, date = "", hour, minute, second, fraction = "0", sign, offsetHour = "0", offsetMinute = "0"] =
    pattern.exec(text) ?? []
  const inDay = Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60
  if (!LocalDate.isLocalDate(date) || !inDay || Number(offsetHour) > 23 || Number(offsetMinute) > 59) {
    return Result.fail(new InvalidInstant({ text }))
  }
  const seconds = Number(hour) * 3600 + Number(minute) * 60 + Number(second)
  const offsetSeconds = (Number(offsetHour) * 3600 + Number(offsetMinute) * 60) * (sign === "-" ? -1 : 1)
  const millis =
    LocalDate.toEpochDay(date) * millisPerDay + (seconds - offsetSeconds) * 1000 + Number(fraction.padEnd(3, "0"))
  return isInstant(millis) ? Result.succeed(millis) : Result.fail(new InvalidInstant({ text }))
}

/** RFC 3339 text in UTC with three decimals: `2026-11-24T03:42:14.123Z`. */
export const toText = (instant: Instant): string => {
  const day = Math.floor(instant / millisPerDay)
  const millis = instant - day * millisPerDay
  const hour = Civil.twoDigits(Math.floor(millis / 3_600_000))
  const minute = Civil.twoDigits(Math.floor(millis / 60_000) % 60)
  const second = Civil.twoDigits(Math.floor(millis / 1000) % 60)
  const fraction = String(millis % 1000).padStart(3, "0")
  return `${Civil.toText(Civil.fromEpochDay(day))}T${hour}:${minute}:${second}.${fraction}Z`
}

/** The codec between an instant and its RFC 3339 text. */
export const Instant = Schema.String.pipe(
  Schema.annotate({ format: "date-time" }),
  Schema.decodeTo(
    Schema.toType(Millis),
    SchemaTransformation.transformEffect({
      decode: (text, options) => {
        const instant = fromText(text)
        if (Result.isSuccess(instant)) return Effect.succeed(instant.success)
        const message = "Expected an RFC 3339 date-time such as 2026-11-24T03:42:14.123Z"
        return Effect.fail(new SchemaIssue.InvalidValue({ message }, text, options))
      },
      encode: (instant) => Effect.succeed(toText(instant))
    })
  )
)

/** The instant `millis` later, or earlier if negative. */
export const addMillis = (instant: Instant, millis: number): Instant => fromMillis(instant + millis)

/** The first instant of a date on a clock that is `utcOffsetMinutes` ahead of UTC, 0 by default. */
export const startOfDay = (date: LocalDate.LocalDate, utcOffsetMinutes = 0): Instant =>
  fromMillis(LocalDate.toEpochDay(date) * millisPerDay - utcOffsetMinutes * 60_000)
