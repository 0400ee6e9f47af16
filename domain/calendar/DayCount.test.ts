import assert from "node:assert/strict"
import { describe, test } from "node:test"
import * as fc from "fast-check"
import { DayCount, LocalDate } from "./index.ts"

const date = (text: string) => LocalDate.LocalDate.make(text)

/** The quotient to twelve decimals, half up, as the published examples print it. */
const toTwelveDecimals = ({ numerator, denominator }: DayCount.YearFraction): string => {
  const scaled = (numerator * 2n * 10n ** 12n + denominator) / (2n * denominator)
  return `${scaled / 10n ** 12n}.${String(scaled % 10n ** 12n).padStart(12, "0")}`
}

const days = (convention: DayCount.PlainConvention, start: string, end: string): bigint =>
  DayCount.yearFraction(convention, date(start), date(end)).numerator

const terms = (couponDate: string, couponMonths: number, maturity?: string): DayCount.Terms => ({
  couponDate: date(couponDate),
  couponMonths,
  maturity: maturity === undefined ? undefined : date(maturity)
})

const isdaDays = (start: string, end: string, maturity?: string): bigint =>
  DayCount.yearFractionOf("30E/360-ISDA", date(start), date(end), terms(start, 12, maturity)).numerator

const sameFraction = (left: DayCount.YearFraction, right: DayCount.YearFraction): boolean =>
  left.numerator * right.denominator === right.numerator * left.denominator

describe("day count", () => {
  test("from 2012-05-29 to 2013-08-31 are 452 days by 30/360 US and 451 by 30E/360", () => {
    assert.equal(days("30/360-US", "2012-05-29", "2013-08-31"), 452n)
    assert.equal(days("30E/360", "2012-05-29", "2013-08-31"), 451n)
  })

  test("30/360 US cuts the 31st of the end only after a start on the 30th or 31st", () => {
    assert.equal(days("30/360-US", "2024-01-31", "2024-03-31"), 60n)
    assert.equal(days("30/360-US", "2024-01-30", "2024-03-31"), 60n)
    assert.equal(days("30/360-US", "2024-01-29", "2024-03-31"), 62n)
    assert.equal(days("30/360-US", "2024-02-29", "2024-03-31"), 32n)
  })

  test("the NASD variant counts the last of February as the 30th", () => {
    assert.equal(days("30/360-NASD", "2024-02-29", "2024-03-31"), 30n)
    assert.equal(days("30/360-NASD", "2024-02-29", "2025-02-28"), 360n)
    assert.equal(days("30/360-NASD", "2023-02-28", "2024-02-29"), 360n)
    assert.equal(days("30/360-NASD", "2024-02-28", "2024-03-31"), 33n)
    assert.equal(days("30/360-NASD", "2024-01-15", "2024-02-29"), 44n)
  })

  test("30E/360 ISDA counts the last of February as the 30th except at the maturity", () => {
    assert.equal(isdaDays("2006-08-31", "2007-02-28"), 180n)
    assert.equal(isdaDays("2006-08-31", "2007-02-28", "2007-02-28"), 178n)
    assert.equal(isdaDays("2007-02-28", "2007-08-31"), 180n)
    assert.equal(isdaDays("2008-02-29", "2009-02-28", "2009-02-28"), 358n)
    assert.equal(isdaDays("2008-02-29", "2009-02-28"), 360n)
  })

  test("ACT/360 and ACT/365F count real days", () => {
    const year = [date("2024-01-01"), date("2025-01-01")] as const
    assert.deepEqual(DayCount.yearFraction("ACT/360", ...year), { numerator: 366n, denominator: 360n })
    assert.deepEqual(DayCount.yearFraction("ACT/365F", ...year), { numerator: 366n, denominator: 365n })
  })

  test("ACT/ACT gives the worked examples of ISDA's memorandum", () => {
    const examples: ReadonlyArray<readonly [string, string, string, DayCount.Terms, string]> = [
      ["2003-11-01", "2004-05-01", "0.497724380567", terms("2003-11-01", 6), "0.500000000000"],
      ["1999-02-01", "1999-07-01", "0.410958904110", terms("1999-07-01", 12), "0.410958904110"],
      // 184/365 + 182/366; the memorandum prints 1.001377348600, with the last two of its twelve decimals dropped.
      ["1999-07-01", "2000-07-01", "1.001377348604", terms("1999-07-01", 12), "1.000000000000"],
      ["2002-08-15", "2003-07-15", "0.915068493151", terms("2003-07-15", 6), "0.915760869565"],
      ["2003-07-15", "2004-01-15", "0.504004790778", terms("2003-07-15", 6), "0.500000000000"],
      ["1999-07-30", "2000-01-30", "0.503892506924", terms("1999-07-30", 6), "0.500000000000"],
      ["2000-01-30", "2000-06-30", "0.415300546448", terms("2000-01-30", 6), "0.417582417582"],
      ["1999-11-30", "2000-04-30", "0.415540085336", terms("1999-11-30", 3), "0.415760869565"]
    ]
    for (const [start, end, isda, coupons, icma] of examples) {
      const label = `${start} to ${end}`
      assert.equal(toTwelveDecimals(DayCount.yearFraction("ACT/ACT-ISDA", date(start), date(end))), isda, label)
      const icmaFraction = DayCount.yearFractionOf("ACT/ACT-ICMA", date(start), date(end), coupons)
      assert.equal(toTwelveDecimals(icmaFraction), icma, label)
    }
  })

  const dates = fc
    .integer({
      min: LocalDate.toEpochDay(date("1950-01-01")),
      max: LocalDate.toEpochDay(date("2150-12-31"))
    })
    .map(LocalDate.fromEpochDay)
  const contracts = fc
    .tuple(dates, fc.constantFrom(1, 2, 3, 4, 6, 12))
    .map(([couponDate, couponMonths]): DayCount.Terms => ({ couponDate, couponMonths, maturity: undefined }))
  const conventions = fc.constantFrom(...DayCount.Convention.literals)
  const additive = fc.constantFrom<DayCount.Convention>(
    "ACT/360",
    "ACT/365F",
    "ACT/ACT-ISDA",
    "ACT/ACT-ICMA",
    "30E/360"
  )

  test("INV-36: the year fractions of adjoining spans sum to that of the whole span", () => {
    fc.assert(
      fc.property(dates, dates, dates, contracts, additive, (a, b, c, contract, convention) => {
        const [start = a, middle = b, end = c] = [a, b, c].sort(LocalDate.compare)
        const first = DayCount.yearFractionOf(convention, start, middle, contract)
        const second = DayCount.yearFractionOf(convention, middle, end, contract)
        const sum = {
          numerator: first.numerator * second.denominator + second.numerator * first.denominator,
          denominator: first.denominator * second.denominator
        }
        assert.ok(sameFraction(sum, DayCount.yearFractionOf(convention, start, end, contract)))
      })
    )
  })

  test("INV-37: a year fraction turned round is its negative, and that of no days is zero", () => {
    fc.assert(
      fc.property(dates, dates, contracts, conventions, (start, end, contract, convention) => {
        const forth = DayCount.yearFractionOf(convention, start, end, contract)
        const back = DayCount.yearFractionOf(convention, end, start, contract)
        assert.ok(sameFraction(forth, { numerator: -back.numerator, denominator: back.denominator }))
        assert.ok(forth.denominator > 0n)
        assert.equal(DayCount.yearFractionOf(convention, start, start, contract).numerator, 0n)
      })
    )
  })

  test("INV-38: a calendar year from January 1 is one year by every convention but ACT/360 and ACT/365F", () => {
    const whole = fc.constantFrom(
      ...DayCount.Convention.literals.filter((name) => name !== "ACT/360" && name !== "ACT/365F")
    )
    fc.assert(
      fc.property(fc.integer({ min: 1950, max: 2150 }), whole, contracts, (year, convention, contract) => {
        const start = date(`${year}-01-01`)
        const coupons = { ...contract, couponDate: start }
        const fraction = DayCount.yearFractionOf(convention, start, LocalDate.addYears(start, 1), coupons)
        assert.equal(fraction.numerator, fraction.denominator)
      })
    )
  })
})
