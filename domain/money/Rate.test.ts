import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Result, Schema } from "effect"
import * as fc from "fast-check"
import { Currency, Money, Rate } from "./index.ts"

const usd = Currency.Code.make("USD")
const rates = fc
  .tuple(fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }), fc.integer({ min: 0, max: Rate.scaleMax }))
  .map(([mantissa, scale]) => Rate.make(mantissa, scale))

describe("rate", () => {
  test("5 %, 500 basis points and 0.050 are one rate", () => {
    assert.deepEqual(Rate.percent(5n), { mantissa: 5n, scale: 2 })
    assert.deepEqual(Rate.bps(500n), Rate.percent(5n))
    assert.deepEqual(Rate.fromDecimal("0.050"), Result.succeed(Rate.percent(5n)))
    assert.equal(Rate.equals(Rate.bps(500n), Rate.percent(5n)), true)
  })

  test("a rate is printed with the decimals that it has, and in per cent for people", () => {
    assert.equal(Rate.toDecimal(Rate.bps(525n)), "0.0525")
    assert.equal(Rate.toDecimal(Rate.bps(-1n)), "-0.0001")
    assert.equal(Rate.toDecimal(Rate.percent(100n)), "1")
    assert.deepEqual(
      [Rate.bps(525n), Rate.percent(5n), Rate.percent(50n), Rate.percent(200n), Rate.zero].map(Rate.format),
      ["5.25 %", "5 %", "50 %", "200 %", "0 %"]
    )
  })

  test("text that is not exact decimal, over 18 decimals or over 40 characters is refused", () => {
    for (const text of ["5%", "", "1.", ".5", "1e-2", `0.${"1".repeat(19)}`, "1".repeat(41)]) {
      assert.deepEqual(Rate.fromDecimal(text), Result.fail(new Rate.InvalidRate({ text })))
      assert.ok(Result.isFailure(Schema.decodeUnknownResult(Rate.Rate)(text)), text)
    }
  })

  test("applying rounds once, to a minor unit, half to even unless told", () => {
    assert.deepEqual(Rate.apply(Rate.percent(5n), Money.make(1_000_000n, usd)), Money.make(50_000n, usd))
    assert.deepEqual(Rate.apply(Rate.percent(5n), Money.make(50n, usd)), Money.make(2n, usd))
    assert.deepEqual(Rate.apply(Rate.percent(5n), Money.make(50n, usd), "HALF_UP"), Money.make(3n, usd))
    assert.deepEqual(Rate.apply(Rate.percent(5n), Money.make(-50n, usd), "FLOOR"), Money.make(-3n, usd))
  })

  test("7 % on 100.00 for 30/360 of a year is 0.58, by ACT/365F of 31 days 0.59", () => {
    const hundred = Money.make(10_000n, usd)
    assert.equal(Rate.applyFor(Rate.percent(7n), { numerator: 30n, denominator: 360n }, hundred).minor, 58n)
    assert.equal(Rate.applyFor(Rate.percent(7n), { numerator: 31n, denominator: 365n }, hundred).minor, 59n)
  })

  test("an index and its margin add exactly", () => {
    assert.deepEqual(Rate.add(Rate.bps(389n), Rate.percent(2n)), Rate.bps(589n))
    assert.deepEqual(Rate.add(Rate.bps(389n), Rate.negate(Rate.bps(389n))), Rate.zero)
    assert.equal(Rate.compare(Rate.bps(389n), Rate.percent(4n)), -1)
    assert.deepEqual(Rate.toFraction(Rate.bps(589n)), { numerator: 589n, denominator: 10_000n })
  })

  test("INV-26: decimal text of any rate reads back as the same rate", () => {
    fc.assert(
      fc.property(rates, (rate) => {
        const text = Schema.encodeSync(Rate.Rate)(rate)
        assert.deepEqual(Schema.decodeUnknownResult(Rate.Rate)(text), Result.succeed(rate))
      })
    )
  })
})
