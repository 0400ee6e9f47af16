import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Result, Schema } from "effect"
import * as fc from "fast-check"
import { Instant, LocalDate } from "./index.ts"

const date = (text: string) => LocalDate.LocalDate.make(text)
const epochDayMin = LocalDate.toEpochDay(date("1900-01-01"))
const epochDayMax = LocalDate.toEpochDay(date("2999-12-31"))
const dates = fc.integer({ min: epochDayMin, max: epochDayMax }).map(LocalDate.fromEpochDay)
const rules = fc.constantFrom(...LocalDate.MonthEndRule.literals)

describe("local date", () => {
  test("only real days from 1900 to 2999 in the form YYYY-MM-DD are dates", () => {
    for (const text of ["1900-01-01", "2000-02-29", "2024-02-29", "2999-12-31"]) {
      assert.deepEqual(Schema.decodeUnknownResult(LocalDate.LocalDate)(text), Result.succeed(text))
    }
    for (const text of [
      "1899-12-31",
      "3000-01-01",
      "1900-02-29",
      "2023-02-29",
      "2024-02-30",
      "2024-04-31",
      "2024-13-01",
      "2024-00-10",
      "2024-01-00",
      "2024-1-1",
      "2024-01-01T00:00:00Z",
      " 2024-01-01",
      "2024-01-01\n",
      "20240101",
      ""
    ]) {
      assert.ok(Result.isFailure(Schema.decodeUnknownResult(LocalDate.LocalDate)(text)), text)
    }
  })

  test("a date is made of numbers that name a day, and of no others", () => {
    assert.deepEqual(LocalDate.make(2024, 2, 29), Result.succeed("2024-02-29"))
    for (const [year, month, day] of [
      [2023, 2, 29],
      [2024, 13, 1],
      [2024, 1.5, 1],
      [899, 1, 1]
    ] as const) {
      assert.deepEqual(LocalDate.make(year, month, day), Result.fail(new LocalDate.InvalidDate({ year, month, day })))
    }
  })

  test("the epoch is day 0, and 2000-03-01 is day 11017", () => {
    assert.equal(LocalDate.toEpochDay(date("1970-01-01")), 0)
    assert.equal(LocalDate.toEpochDay(date("2000-03-01")), 11_017)
    assert.equal(LocalDate.toEpochDay(date("1969-12-31")), -1)
  })

  test("centuries are leap years only by 400", () => {
    assert.deepEqual([1900, 2000, 2023, 2024, 2100].map(LocalDate.isLeapYear), [false, true, false, true, false])
    assert.deepEqual(
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((month) => LocalDate.daysInMonth(2023, month)),
      [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    )
  })

  test("weekdays count from Monday", () => {
    assert.equal(LocalDate.dayOfWeek(date("2026-11-24")), 2)
    assert.equal(LocalDate.dayOfWeek(date("2026-11-29")), 7)
    assert.equal(LocalDate.dayOfWeek(date("1900-01-01")), 1)
  })

  test("a month after January 31 is February 28 by clamp and March 1 by roll", () => {
    assert.equal(LocalDate.addMonths(date("2026-01-31"), 1), "2026-02-28")
    assert.equal(LocalDate.addMonths(date("2026-01-31"), 2), "2026-03-31")
    assert.equal(LocalDate.addMonths(date("2026-01-31"), 1, "roll"), "2026-03-01")
    assert.equal(LocalDate.addMonths(date("2026-01-31"), 1, "endOfMonth"), "2026-02-28")
    assert.equal(LocalDate.addMonths(date("2026-02-28"), 1, "endOfMonth"), "2026-03-31")
    assert.equal(LocalDate.addMonths(date("2026-02-28"), 1, "clamp"), "2026-03-28")
    assert.equal(LocalDate.addMonths(date("2026-10-31"), 1, "roll"), "2026-12-01")
  })

  test("months cross years in both directions, and February 29 follows the rule", () => {
    assert.equal(LocalDate.addMonths(date("2026-11-15"), 3), "2027-02-15")
    assert.equal(LocalDate.addMonths(date("2026-01-15"), -1), "2025-12-15")
    assert.equal(LocalDate.addMonths(date("2026-01-15"), -25), "2023-12-15")
    assert.equal(LocalDate.addYears(date("2024-02-29"), 1), "2025-02-28")
    assert.equal(LocalDate.addYears(date("2024-02-29"), 1, "roll"), "2025-03-01")
    assert.equal(LocalDate.addYears(date("2024-02-29"), 4), "2028-02-29")
  })

  test("ends of months are found", () => {
    assert.equal(LocalDate.endOfMonth(date("2024-02-03")), "2024-02-29")
    assert.equal(LocalDate.isEndOfMonth(date("2024-02-29")), true)
    assert.equal(LocalDate.isEndOfMonth(date("2024-02-28")), false)
  })

  test("dates order as days do", () => {
    const earlier = date("2024-02-29")
    const later = date("2024-10-01")
    assert.deepEqual([LocalDate.compare(earlier, later), LocalDate.compare(later, earlier)], [-1, 1])
    assert.equal(LocalDate.compare(later, later), 0)
    assert.equal(LocalDate.min(later, earlier), earlier)
    assert.equal(LocalDate.max(later, earlier), later)
  })

  test("arithmetic out of the range is a bug", () => {
    assert.throws(() => LocalDate.addDays(date("2999-12-31"), 1), RangeError)
    assert.throws(() => LocalDate.addDays(date("1900-01-01"), -1), RangeError)
    assert.throws(() => LocalDate.addMonths(date("2999-12-31"), 12 * 20_001), RangeError)
  })

  test("the date of an instant depends on the offset of the clock", () => {
    const instant = Result.getOrThrow(Instant.fromText("2026-11-24T23:30:00Z"))
    assert.equal(LocalDate.fromInstant(instant), "2026-11-24")
    assert.equal(LocalDate.fromInstant(instant, 60), "2026-11-25")
    assert.equal(LocalDate.fromInstant(instant, -24 * 60), "2026-11-23")
  })

  test("INV-31: every date reads back from its epoch day, and from its text", () => {
    for (let epochDay = epochDayMin; epochDay <= epochDayMax; epochDay += 17) {
      const day = LocalDate.fromEpochDay(epochDay)
      assert.equal(LocalDate.toEpochDay(day), epochDay)
      assert.equal(LocalDate.isLocalDate(day), true)
      assert.equal(day, new Date(epochDay * 86_400_000).toISOString().slice(0, 10))
    }
    fc.assert(
      fc.property(dates, (day) => {
        assert.equal(LocalDate.fromEpochDay(LocalDate.toEpochDay(day)), day)
      })
    )
  })

  test("INV-32: a day later is the next epoch day, the next weekday and later text", () => {
    fc.assert(
      fc.property(dates, (day) => {
        fc.pre(day < "2999-12-31")
        const next = LocalDate.addDays(day, 1)
        assert.equal(LocalDate.daysBetween(day, next), 1)
        assert.equal(LocalDate.dayOfWeek(next), (LocalDate.dayOfWeek(day) % 7) + 1)
        assert.ok(next > day)
      })
    )
  })

  test("INV-33: months later keep the day, or end the month that lacks it by the named rule", () => {
    fc.assert(
      fc.property(dates, fc.integer({ min: -600, max: 600 }), rules, (day, months, rule) => {
        const { year, month, day: dayOfMonth } = LocalDate.toCivil(day)
        const index = year * 12 + month - 1 + months
        fc.pre(index >= 1900 * 12 && index < 2999 * 12)
        const later = LocalDate.toCivil(LocalDate.addMonths(day, months, rule))
        const dayMax = LocalDate.daysInMonth(Math.floor(index / 12), (index % 12) + 1)
        const rolled = rule === "roll" && dayOfMonth > dayMax
        const kept = rule === "endOfMonth" && LocalDate.isEndOfMonth(day) ? dayMax : Math.min(dayOfMonth, dayMax)
        assert.equal(later.year * 12 + later.month - 1, index + (rolled ? 1 : 0))
        assert.equal(later.day, rolled ? 1 : kept)
      })
    )
  })
})
