import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Result, Schema } from "effect"
import * as fc from "fast-check"
import { LocalDate, Period } from "./index.ts"

const month = (text: string) => Period.Period.make(text)
const date = (text: string) => LocalDate.LocalDate.make(text)

describe("period", () => {
  test("only months from 1900-01 to 2999-12 are periods", () => {
    for (const text of ["1900-01", "2026-11", "2999-12"]) {
      assert.deepEqual(Schema.decodeUnknownResult(Period.Period)(text), Result.succeed(text))
    }
    for (const text of [
      "1899-12",
      "3000-01",
      "2026-00",
      "2026-13",
      "2026-1",
      "2026-11-01",
      "202611",
      "2026-11\n",
      ""
    ]) {
      assert.ok(Result.isFailure(Schema.decodeUnknownResult(Period.Period)(text)), text)
    }
  })

  test("a month runs from its first to its last day", () => {
    assert.equal(Period.firstDay(month("2024-02")), "2024-02-01")
    assert.equal(Period.lastDay(month("2024-02")), "2024-02-29")
    assert.equal(Period.lastDay(month("2999-12")), "2999-12-31")
  })

  test("months follow one another over the year's end", () => {
    assert.equal(Period.next(month("2026-12")), "2027-01")
    assert.equal(Period.previous(month("2026-01")), "2025-12")
    assert.equal(Period.addMonths(month("2026-11"), -23), "2024-12")
    assert.equal(Period.compare(month("2026-09"), month("2026-10")), -1)
    assert.throws(() => Period.next(month("2999-12")), RangeError)
  })

  test("INV-41: every date lies in one month, between its first and its last day, and months adjoin", () => {
    const dates = fc
      .integer({ min: LocalDate.toEpochDay(date("1900-01-01")), max: LocalDate.toEpochDay(date("2999-11-30")) })
      .map(LocalDate.fromEpochDay)
    fc.assert(
      fc.property(dates, (day) => {
        const period = Period.of(day)
        assert.ok(Period.contains(period, day))
        assert.ok(Period.firstDay(period) <= day && day <= Period.lastDay(period))
        assert.equal(LocalDate.addDays(Period.lastDay(period), 1), Period.firstDay(Period.next(period)))
        assert.equal(Period.previous(Period.next(period)), period)
        assert.equal(Period.contains(Period.next(period), day), false)
      })
    )
  })
})
