import assert from "node:assert/strict"
import { describe, test } from "node:test"
import * as fc from "fast-check"
import { BusinessDay, LocalDate } from "./index.ts"

const date = (text: string) => LocalDate.LocalDate.make(text)

const closedWeekdays = (calendar: BusinessDay.HolidayCalendar, year: number): ReadonlyArray<string> => {
  const closed: Array<string> = []
  for (let day = date(`${year}-01-01`); day <= `${year}-12-31`; day = LocalDate.addDays(day, 1)) {
    if (LocalDate.dayOfWeek(day) < 6 && !calendar.isBusinessDay(day)) closed.push(day)
  }
  return closed
}

describe("holiday calendars", () => {
  test("TARGET2 closes on the days that the European Central Bank published for 2024 and 2025", () => {
    assert.deepEqual(closedWeekdays(BusinessDay.target2, 2024), [
      "2024-01-01",
      "2024-03-29",
      "2024-04-01",
      "2024-05-01",
      "2024-12-25",
      "2024-12-26"
    ])
    assert.deepEqual(closedWeekdays(BusinessDay.target2, 2025), [
      "2025-01-01",
      "2025-04-18",
      "2025-04-21",
      "2025-05-01",
      "2025-12-25",
      "2025-12-26"
    ])
  })

  test("Easter is found from its earliest day to its latest", () => {
    const easterMondays = { 2008: "03-24", 2016: "03-28", 2019: "04-22", 2038: "04-26", 2285: "03-23" }
    for (const [year, monday] of Object.entries(easterMondays)) {
      const day = date(`${year}-${monday}`)
      assert.equal(BusinessDay.target2.isBusinessDay(day), false, day)
      assert.equal(BusinessDay.target2.isBusinessDay(LocalDate.addDays(day, -3)), false, day)
      assert.equal(BusinessDay.target2.isBusinessDay(LocalDate.addDays(day, 1)), true, day)
    }
  })

  test("the United States government closes on the days that its personnel office published for 2021 and 2022", () => {
    assert.deepEqual(closedWeekdays(BusinessDay.usFederal, 2021), [
      "2021-01-01",
      "2021-01-18",
      "2021-02-15",
      "2021-05-31",
      "2021-06-18",
      "2021-07-05",
      "2021-09-06",
      "2021-10-11",
      "2021-11-11",
      "2021-11-25",
      "2021-12-24",
      "2021-12-31"
    ])
    assert.deepEqual(closedWeekdays(BusinessDay.usFederal, 2022), [
      "2022-01-17",
      "2022-02-21",
      "2022-05-30",
      "2022-06-20",
      "2022-07-04",
      "2022-09-05",
      "2022-10-10",
      "2022-11-11",
      "2022-11-24",
      "2022-12-26"
    ])
  })

  test("the Federal Reserve stays open on the Friday before a holiday on a Saturday", () => {
    assert.deepEqual(closedWeekdays(BusinessDay.usFederalReserve, 2021), [
      "2021-01-01",
      "2021-01-18",
      "2021-02-15",
      "2021-05-31",
      "2021-07-05",
      "2021-09-06",
      "2021-10-11",
      "2021-11-11",
      "2021-11-25"
    ])
    assert.equal(BusinessDay.usFederalReserve.isBusinessDay(date("2026-07-03")), true)
    assert.equal(BusinessDay.usFederal.isBusinessDay(date("2026-07-03")), false)
  })

  test("Juneteenth is a holiday from 2021 and Martin Luther King's birthday from 1986", () => {
    assert.equal(BusinessDay.usFederal.isBusinessDay(date("2020-06-19")), true)
    assert.equal(BusinessDay.usFederal.isBusinessDay(date("2023-06-19")), false)
    assert.equal(BusinessDay.usFederal.isBusinessDay(date("1985-01-21")), true)
    assert.equal(BusinessDay.usFederal.isBusinessDay(date("1986-01-20")), false)
  })

  test("a joint calendar is open where all of them are", () => {
    const both = BusinessDay.joint(BusinessDay.target2, BusinessDay.usFederalReserve)
    assert.equal(both.name, "TARGET2+US_FEDERAL_RESERVE")
    assert.equal(both.isBusinessDay(date("2024-05-01")), false)
    assert.equal(both.isBusinessDay(date("2024-07-04")), false)
    assert.equal(both.isBusinessDay(date("2024-07-05")), true)
  })

  test("a calendar is found by the name it bears", () => {
    for (const name of BusinessDay.CalendarName.literals) assert.equal(BusinessDay.byName(name).name, name)
  })
})

describe("business-day conventions", () => {
  test("a Saturday that ends a month goes to Monday, or back to Friday where the month is kept", () => {
    const saturday = date("2024-08-31")
    const adjusted = (convention: BusinessDay.Convention) =>
      BusinessDay.adjust(saturday, convention, BusinessDay.target2)
    assert.equal(adjusted("following"), "2024-09-02")
    assert.equal(adjusted("modifiedFollowing"), "2024-08-30")
    assert.equal(adjusted("preceding"), "2024-08-30")
    assert.equal(adjusted("unadjusted"), "2024-08-31")
  })

  test("Good Friday at the end of March goes back over no month's end", () => {
    assert.equal(BusinessDay.adjust(date("2024-03-29"), "following", BusinessDay.target2), "2024-04-02")
    assert.equal(BusinessDay.adjust(date("2024-03-29"), "modifiedFollowing", BusinessDay.target2), "2024-03-28")
  })

  test("business days are added over weekends and holidays, either way", () => {
    assert.equal(BusinessDay.addBusinessDays(date("2024-03-28"), 2, BusinessDay.target2), "2024-04-03")
    assert.equal(BusinessDay.addBusinessDays(date("2024-04-03"), -2, BusinessDay.target2), "2024-03-28")
    assert.equal(BusinessDay.addBusinessDays(date("2024-03-30"), 0, BusinessDay.target2), "2024-03-30")
    assert.equal(BusinessDay.next(date("2024-03-28"), BusinessDay.target2), "2024-04-02")
    assert.equal(BusinessDay.previous(date("2024-04-02"), BusinessDay.target2), "2024-03-28")
  })

  test("a calendar without business days is a bug", () => {
    const never = { name: "NEVER", isBusinessDay: () => false }
    assert.throws(() => BusinessDay.adjust(date("2024-03-28"), "following", never), RangeError)
  })

  const dates = fc
    .integer({
      min: LocalDate.toEpochDay(date("1901-01-01")),
      max: LocalDate.toEpochDay(date("2998-12-31"))
    })
    .map(LocalDate.fromEpochDay)
  const calendars = fc.constantFrom(...BusinessDay.CalendarName.literals).map(BusinessDay.byName)
  const moving = fc.constantFrom<BusinessDay.Convention>("following", "modifiedFollowing", "preceding")

  test("INV-39: an adjusted date is a business day, itself if it was one", () => {
    fc.assert(
      fc.property(dates, calendars, moving, (day, calendar, convention) => {
        const adjusted = BusinessDay.adjust(day, convention, calendar)
        assert.ok(calendar.isBusinessDay(adjusted))
        assert.equal(adjusted === day, calendar.isBusinessDay(day))
        assert.equal(BusinessDay.adjust(day, "unadjusted", calendar), day)
      })
    )
  })

  test("INV-40: following never moves back, preceding never forward, modified following never out of the month", () => {
    fc.assert(
      fc.property(dates, calendars, (day, calendar) => {
        assert.ok(BusinessDay.adjust(day, "following", calendar) >= day)
        assert.ok(BusinessDay.adjust(day, "preceding", calendar) <= day)
        assert.equal(BusinessDay.adjust(day, "modifiedFollowing", calendar).slice(0, 7), day.slice(0, 7))
      })
    )
  })
})
