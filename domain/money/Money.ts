/**
 * Money: an exact count of minor units in one ISO 4217 currency, and its decimal text on the wire.
 *
 * No function here rounds. Rates and shares, which must, are in `Rate` and `Allocation`.
 */
import { Effect, Result, Schema, SchemaIssue, SchemaTransformation } from "effect"
import * as Currency from "./Currency.ts"

/** The largest amount, in minor units, that one command may move. It keeps sums of a million of them within 64 bits. */
export const amountMinorMax = 999_999_999_999_999n

/** The longest decimal text that is read; it bounds the work that a hostile request can ask for. */
export const decimalTextLengthMax = 32

const decimalPattern = /^-?(0|[1-9]\d*)(\.\d+)?$/u

/** An operation met two currencies; nothing is converted silently. */
export class CurrencyMismatch extends Schema.TaggedError<CurrencyMismatch>()("CurrencyMismatch", {
  expected: Currency.Code,
  actual: Currency.Code
}) {}

/**
 * Decimal text that is no exact amount: `format` (not plain decimal text), `length` (over `decimalTextLengthMax`
 * characters) or `decimals` (more of them than the currency's exponent).
 */
export class InvalidAmount extends Schema.TaggedError<InvalidAmount>()("InvalidAmount", {
  text: Schema.String,
  currency: Currency.Code,
  reason: Schema.Literals(["format", "length", "decimals"])
}) {}

/** An exact amount. `minor` is signed and counts minor units: 1234n of USD is 12.34 dollars. */
export interface Money {
  readonly minor: bigint
  readonly currency: Currency.Code
}

/** An amount of `minor` units, signed. */
export const make = (minor: bigint, currency: Currency.Code): Money => ({ minor, currency })

/** Nothing, of a currency. */
export const zero = (currency: Currency.Code): Money => ({ minor: 0n, currency })

/** The sum. Fails with `CurrencyMismatch` where the currencies differ. */
export const add = (left: Money, right: Money): Result.Result<Money, CurrencyMismatch> =>
  left.currency === right.currency
    ? Result.succeed({ minor: left.minor + right.minor, currency: left.currency })
    : Result.fail(new CurrencyMismatch({ expected: left.currency, actual: right.currency }))

/** `left` less `right`; may be negative. Fails with `CurrencyMismatch` where the currencies differ. */
export const subtract = (left: Money, right: Money): Result.Result<Money, CurrencyMismatch> =>
  left.currency === right.currency
    ? Result.succeed({ minor: left.minor - right.minor, currency: left.currency })
    : Result.fail(new CurrencyMismatch({ expected: left.currency, actual: right.currency }))

/** The sum of any number of amounts of one currency; zero for none. Fails with `CurrencyMismatch` at the first other. */
export const sum = (currency: Currency.Code, amounts: Iterable<Money>): Result.Result<Money, CurrencyMismatch> => {
  let minor = 0n
  for (const amount of amounts) {
    if (amount.currency !== currency) {
      return Result.fail(new CurrencyMismatch({ expected: currency, actual: amount.currency }))
    }
    minor += amount.minor
  }
  return Result.succeed({ minor, currency })
}

/** -1, 0 or 1 as `left` is less than, equal to or more than `right`. Fails with `CurrencyMismatch`. */
export const compare = (left: Money, right: Money): Result.Result<-1 | 0 | 1, CurrencyMismatch> =>
  left.currency === right.currency
    ? Result.succeed(left.minor < right.minor ? -1 : left.minor > right.minor ? 1 : 0)
    : Result.fail(new CurrencyMismatch({ expected: left.currency, actual: right.currency }))

/** The same amount with the other sign. */
export const negate = (money: Money): Money => ({ minor: -money.minor, currency: money.currency })

/** The amount without its sign. */
export const abs = (money: Money): Money => (money.minor < 0n ? negate(money) : money)

/** Whether the amount is zero. */
export const isZero = (money: Money): boolean => money.minor === 0n

/** Whether the amount is above zero. */
export const isPositive = (money: Money): boolean => money.minor > 0n

/** Whether the amount is below zero. */
export const isNegative = (money: Money): boolean => money.minor < 0n

/** Whether amount and currency are the same; 0 USD is not 0 EUR. */
export const equals = (left: Money, right: Money): boolean =>
  left.minor === right.minor && left.currency === right.currency

/** Decimal text with exactly the currency's decimals: `"12.34"`, `"-0.05"`, `"500"` for yen. */
export const toDecimal = (money: Money): string => {
  const exponent = Currency.exponent(money.currency)
  if (exponent === 0) return money.minor.toString()
  const negative = money.minor < 0n
  const digits = (negative ? -money.minor : money.minor).toString().padStart(exponent + 1, "0")
  const point = digits.length - exponent
  return `${negative ? "-" : ""}${digits.slice(0, point)}.${digits.slice(point)}`
}

/**
 * Reads decimal text exactly: fewer decimals than the exponent are filled with zeros, more are refused even if they are
 * zeros. Fails with `InvalidAmount`.
 */
export const fromDecimal = (text: string, currency: Currency.Code): Result.Result<Money, InvalidAmount> => {
  if (text.length > decimalTextLengthMax) return Result.fail(new InvalidAmount({ text, currency, reason: "length" }))
  if (!decimalPattern.test(text)) return Result.fail(new InvalidAmount({ text, currency, reason: "format" }))
  const exponent = Currency.exponent(currency)
  const point = text.indexOf(".")
  const decimals = point < 0 ? 0 : text.length - point - 1
  if (decimals > exponent) return Result.fail(new InvalidAmount({ text, currency, reason: "decimals" }))
  const digits = point < 0 ? text : text.slice(0, point) + text.slice(point + 1)
  return Result.succeed({ minor: BigInt(digits + "0".repeat(exponent - decimals)), currency })
}

/** For people: `"12.34 USD"`. */
export const format = (money: Money): string => `${toDecimal(money)} ${money.currency}`

const Wire = Schema.Struct({
  amount: Schema.String.check(
    Schema.isPattern(decimalPattern, { expected: "exact decimal text such as 12.34" }),
    Schema.isMaxLength(decimalTextLengthMax)
  ),
  currency: Currency.Code
})

/**
 * The codec between an amount and its wire form `{"amount":"12.34","currency":"USD"}`.
 *
 * A text that is not exact in the currency is an issue at `["amount"]`, an unknown currency one at `["currency"]`.
 * Encoding always prints exactly the currency's decimals.
 */
export const Money = Wire.pipe(
  Schema.decodeTo(
    Schema.toType(Schema.Struct({ minor: Schema.BigInt, currency: Currency.Code })),
    SchemaTransformation.transformEffect({
      decode: (wire, options) => {
        const money = fromDecimal(wire.amount, wire.currency)
        if (Result.isSuccess(money)) return Effect.succeed(money.success)
        const message = `Expected at most ${Currency.exponent(wire.currency)} decimals for ${wire.currency}`
        const issue = new SchemaIssue.InvalidValue({ message }, wire.amount, options)
        return Effect.fail(new SchemaIssue.Pointer(["amount"], issue))
      },
      encode: (money) => Effect.succeed({ amount: toDecimal(money), currency: money.currency })
    })
  )
)

/** As `Money`, for what a command may move: above zero and at most `amountMinorMax` minor units, else at `["amount"]`. */
export const Positive = Money.check(
  Schema.makeFilter((money: Money) => {
    if (money.minor <= 0n) return { path: ["amount"], issue: "Expected an amount above zero" }
    if (money.minor <= amountMinorMax) return undefined
    const max = toDecimal(make(amountMinorMax, money.currency))
    return { path: ["amount"], issue: `Expected an amount of at most ${max}` }
  })
)
