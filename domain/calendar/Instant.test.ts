import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Result, Schema } from "effect"
import * as fc from "fast-check"
import { Instant, LocalDate } from "./index.ts"

const instants = fc.integer({ min: Instant.millisMin, max: Instant.millisMax }).map(Instant.fromMillis)
const decode = Schema.decodeUnknownResult(Instant.Instant)

describe("instant", () => {
  test("RFC 3339 text of any offset is one instant", () => {
    const expected = Result.succeed(Instant.fromMillis(1_795_491_734_123))
    for (const text of [
      "2026-11-24T03:42:14.123Z",
      "2026-11-24t03:42:14.123z",
      "2026-11-24T05:42:14.123+02:00",
      "2026-11-23T21:12:14.123-06:30"
    ]) {
      assert.deepEqual(decode(text), expected, text)
    }
    assert.deepEqual(decode("1970-01-01T00:00:01Z"), Result.succeed(1000))
    assert.deepEqual(decode("1970-01-01T00:00:00.5Z"), Result.succeed(500))
  })

  test("text without an offset, with more than milliseconds or of no real time is refused", () => {
    for (const text of [
      "2026-11-24T03:42:14.1234Z",
      "2026-11-24T03:42:14",
      "2026-11-24 03:42:14Z",
      "2026-11-24",
      "2026-02-29T00:00:00Z",
      "2026-11-24T24:00:00Z",
      "2026-11-24T03:60:00Z",
      "2016-12-31T23:59:60Z",
      "2026-11-24T03:42:14+24:00",
      "2026-11-24T03:42:14+00:60",
      "1900-01-01T00:00:00+00:01",
      "2999-12-31T23:59:59-00:01",
      "2026-11-24T03:42:14Z\n",
      ""
    ]) {
      assert.ok(Result.isFailure(decode(text)), text)
      assert.deepEqual(Instant.fromText(text), Result.fail(new Instant.InvalidInstant({ text })))
    }
  })

  test("a clock that reads fractions or other ages is a bug", () => {
    for (const millis of [0.5, Number.NaN, Instant.millisMax + 1, Instant.millisMin - 1]) {
      assert.throws(() => Instant.fromMillis(millis), RangeError)
    }
  })

  test("a day starts earlier in UTC where clocks are ahead", () => {
    const day = LocalDate.LocalDate.make("2026-11-24")
    assert.equal(Instant.toText(Instant.startOfDay(day)), "2026-11-24T00:00:00.000Z")
    assert.equal(Instant.toText(Instant.startOfDay(day, 60)), "2026-11-23T23:00:00.000Z")
    assert.equal(Instant.toText(Instant.addMillis(Instant.startOfDay(day), -1)), "2026-11-23T23:59:59.999Z")
  })

  test("INV-34: the text of any instant reads back as the same instant, and sorts as it does", () => {
    fc.assert(
      fc.property(instants, instants, (left, right) => {
        const text = Schema.encodeSync(Instant.Instant)(left)
        assert.equal(text, new Date(left).toISOString())
        assert.deepEqual(decode(text), Result.succeed(left))
        assert.equal(text < Instant.toText(right), left < right)
      })
    )
  })

  test("INV-35: an instant lies in the day that its date says, at any offset", () => {
    fc.assert(
      fc.property(instants, fc.integer({ min: -840, max: 840 }), (instant, offset) => {
        fc.pre(instant > Instant.millisMin + 2 * Instant.millisPerDay)
        fc.pre(instant < Instant.millisMax - 2 * Instant.millisPerDay)
        const start = Instant.startOfDay(LocalDate.fromInstant(instant, offset), offset)
        assert.ok(start <= instant && instant < start + Instant.millisPerDay)
      })
    )
  })
})
