import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Result, Schema } from "effect"
import * as fc from "fast-check"
import { Currency, Money } from "./index.ts"

const usd = Currency.Code.make("USD")
const eur = Currency.Code.make("EUR")
const jpy = Currency.Code.make("JPY")
const kwd = Currency.Code.make("KWD")

const currencies = fc.constantFrom(...Currency.all.map((currency) => currency.code))
const minors = fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n })
const moneys = fc.tuple(minors, currencies).map(([minor, currency]) => Money.make(minor, currency))

const decode = Schema.decodeUnknownResult(Money.Money, { errors: "all", onExcessProperty: "error" })
const decodePositive = Schema.decodeUnknownResult(Money.Positive, { errors: "all", onExcessProperty: "error" })
const encode = Schema.encodeSync(Money.Money)

const issuesOf = (result: Result.Result<unknown, Schema.SchemaError>): string =>
  Result.isFailure(result) ? result.failure.message : "decoded"

describe("money on the wire", () => {
  test("12.34 USD is 1234 minor units, 500 JPY is 500, 1.234 KWD is 1234", () => {
    assert.deepEqual(decode({ amount: "12.34", currency: "USD" }), Result.succeed(Money.make(1234n, usd)))
    assert.deepEqual(decode({ amount: "500", currency: "JPY" }), Result.succeed(Money.make(500n, jpy)))
    assert.deepEqual(decode({ amount: "1.234", currency: "KWD" }), Result.succeed(Money.make(1234n, kwd)))
  })

  test("fewer decimals than the exponent are exact and are printed in full", () => {
    const filled = Result.map(decode({ amount: "-7.5", currency: "USD" }), (money) => encode(money))
    assert.deepEqual(filled, Result.succeed({ amount: "-7.50", currency: "USD" }))
    assert.equal(Money.toDecimal(Money.make(-5n, usd)), "-0.05")
    assert.equal(Money.toDecimal(Money.make(0n, kwd)), "0.000")
    assert.equal(Money.format(Money.make(1234n, usd)), "12.34 USD")
  })

  test("one decimal too many is refused at the amount, even a zero", () => {
    for (const [amount, currency] of [
      ["12.345", "USD"],
      ["12.340", "USD"],
      ["1.0", "JPY"],
      ["0.0001", "KWD"]
    ]) {
      assert.match(
        issuesOf(decode({ amount, currency })),
        /^Expected at most \d decimals for [A-Z]{3}\n {2}at \["amount"\]$/
      )
    }
  })

  test("what is not plain decimal text is refused at the amount", () => {
    for (const amount of ["", "-", "+1", "01", "1.", ".5", "1e3", "1,000", " 1", "0x10", "NaN", "١", "1\n", 1, null]) {
      assert.match(issuesOf(decode({ amount, currency: "USD" })), /at \["amount"\]/, String(amount))
    }
  })

  test("text over 32 characters is refused before it is read", () => {
    assert.match(issuesOf(decode({ amount: "9".repeat(33), currency: "USD" })), /at \["amount"\]/)
    const text = "9".repeat(33)
    const failure = new Money.InvalidAmount({ text, currency: usd, reason: "length" })
    assert.deepEqual(Money.fromDecimal(text, usd), Result.fail(failure))
  })

  test("an unknown currency is refused at the currency, beside a bad amount at the amount", () => {
    const issues = issuesOf(decode({ amount: "x", currency: "usd" }))
    assert.match(issues, /at \["currency"\]/)
    assert.match(issues, /at \["amount"\]/)
  })

  test("an unknown field is refused", () => {
    assert.match(issuesOf(decode({ amount: "1.00", currency: "USD", cents: 1 })), /at \["cents"\]/)
  })

  test("a command's amount is above zero and at most 999999999999999 minor units", () => {
    for (const amount of ["0", "-0.00", "-1.00", "10000000000000.00"]) {
      assert.match(issuesOf(decodePositive({ amount, currency: "USD" })), /at \["amount"\]/, amount)
    }
    assert.deepEqual(
      decodePositive({ amount: "9999999999999.99", currency: "USD" }),
      Result.succeed(Money.make(Money.amountMinorMax, usd))
    )
    assert.deepEqual(decodePositive({ amount: "0.01", currency: "USD" }), Result.succeed(Money.make(1n, usd)))
  })

  test("the JSON Schema describes the two strings", () => {
    const { schema } = Schema.toJsonSchemaDocument(Money.Positive)
    assert.deepEqual(schema.required, ["amount", "currency"])
    assert.match(JSON.stringify(schema), /"pattern":"\^\[A-Z\]\{3\}\$"/)
  })

  test("INV-21: decimal text of any amount reads back as the same amount", () => {
    fc.assert(
      fc.property(moneys, (money) => {
        assert.deepEqual(Money.fromDecimal(Money.toDecimal(money), money.currency), Result.succeed(money))
        assert.deepEqual(decode(encode(money)), Result.succeed(money))
      })
    )
  })

  test("INV-22: an amount is printed with exactly its currency's decimals", () => {
    fc.assert(
      fc.property(moneys, (money) => {
        const [, decimals = ""] = Money.toDecimal(money).split(".")
        assert.equal(decimals.length, Currency.exponent(money.currency))
      })
    )
  })

  test("INV-23: text with more decimals than the currency has is refused, never rounded", () => {
    fc.assert(
      fc.property(moneys, fc.integer({ min: 1, max: 3 }), fc.constantFrom("0", "5"), (money, extra, digit) => {
        const point = Currency.exponent(money.currency) === 0 ? "." : ""
        const text = Money.toDecimal(money) + point + digit.repeat(extra)
        const result = Money.fromDecimal(text.slice(0, 32), money.currency)
        assert.equal(Result.isFailure(result) ? result.failure.reason : "read", "decimals")
      })
    )
  })
})

describe("money arithmetic", () => {
  test("two currencies never add, subtract, compare or sum", () => {
    const mismatch = new Money.CurrencyMismatch({ expected: usd, actual: eur })
    const dollars = Money.make(1n, usd)
    const euros = Money.make(1n, eur)
    for (const operation of [Money.add, Money.subtract, Money.compare]) {
      assert.deepEqual(operation(dollars, euros), Result.fail(mismatch))
    }
    assert.deepEqual(Money.sum(usd, [dollars, euros]), Result.fail(mismatch))
    assert.equal(Money.equals(dollars, euros), false)
  })

  test("sums and signs are exact", () => {
    assert.deepEqual(Money.sum(usd, []), Result.succeed(Money.zero(usd)))
    assert.deepEqual(Money.sum(usd, [Money.make(5n, usd), Money.make(-7n, usd)]), Result.succeed(Money.make(-2n, usd)))
    assert.deepEqual(Money.abs(Money.make(-2n, usd)), Money.make(2n, usd))
    assert.equal(Money.isNegative(Money.make(-2n, usd)), true)
    assert.equal(Money.isPositive(Money.zero(usd)), false)
    assert.equal(Money.isZero(Money.zero(usd)), true)
    assert.deepEqual(Money.compare(Money.make(1n, usd), Money.make(2n, usd)), Result.succeed(-1))
  })

  test("INV-24: what is added and then subtracted leaves the amount as it was", () => {
    fc.assert(
      fc.property(currencies, minors, minors, (currency, left, right) => {
        const money = Money.make(left, currency)
        const other = Money.make(right, currency)
        const back = Result.flatMap(Money.add(money, other), (sum) => Money.subtract(sum, other))
        assert.deepEqual(back, Result.succeed(money))
        assert.deepEqual(Money.add(money, Money.negate(money)), Result.succeed(Money.zero(currency)))
      })
    )
  })
})
