/**
 * An exact decimal rate, such as the interest of a year or a fee's share: `mantissa / 10^scale`, where 1 is the whole.
 * 5 % is `0.05` as text, `{ mantissa: 5n, scale: 2 }` here.
 */
import { Effect, Result, Schema, SchemaIssue, SchemaTransformation } from "effect"
import type * as Money from "./Money.ts"
import * as Rounding from "./Rounding.ts"

/** The most decimals a rate may have. */
export const scaleMax = 18

/** The longest decimal text that is read. */
export const decimalTextLengthMax = 40

const decimalPattern = /^-?(0|[1-9]\d*)(\.\d+)?$/u

/** Text that is no exact decimal rate: its form, more than `scaleMax` decimals, or over `decimalTextLengthMax`. */
export class InvalidRate extends Schema.TaggedError<InvalidRate>()("InvalidRate", { text: Schema.String }) {}

/**
 * An exact rate. The form is canonical: the mantissa has no trailing zero while there are decimals, so equal rates have
 * equal fields.
 */
export interface Rate {
  readonly mantissa: bigint
  readonly scale: number
}

/** The rate `mantissa / 10^scale` in canonical form. A scale outside 0 to `scaleMax` is a bug: `RangeError`. */
export const make = (mantissa: bigint, scale: number): Rate => {
  if (!Number.isInteger(scale) || scale < 0 || scale > scaleMax) throw new RangeError(`scale out of range: ${scale}`)
  let canonical = mantissa
  let decimals = scale
  while (decimals > 0 && canonical % 10n === 0n) {
    canonical /= 10n
    decimals -= 1
  }
  return { mantissa: canonical, scale: decimals }
}

/** No rate at all. */
export const zero: Rate = make(0n, 0)

/** Whole hundredths: `percent(5n)` is 5 %. */
export const percent = (hundredths: bigint): Rate => make(hundredths, 2)

/** Whole basis points, hundredths of a per cent: `bps(525n)` is 5.25 %. */
export const bps = (basisPoints: bigint): Rate => make(basisPoints, 4)

/** Reads decimal text where 1 is the whole: `"0.0525"` is 5.25 %. Fails with `InvalidRate`. */
export const fromDecimal = (text: string): Result.Result<Rate, InvalidRate> => {
  if (text.length > decimalTextLengthMax || !decimalPattern.test(text)) return Result.fail(new InvalidRate({ text }))
  const point = text.indexOf(".")
  const scale = point < 0 ? 0 : text.length - point - 1
  if (scale > scaleMax) return Result.fail(new InvalidRate({ text }))
  return Result.succeed(make(BigInt(text.replace(".", "")), scale))
}

/** Decimal text with as many decimals as the rate has, no more. */
export const toDecimal = (rate: Rate): string => {
  if (rate.scale === 0) return rate.mantissa.toString()
  const negative = rate.mantissa < 0n
  const digits = (negative ? -rate.mantissa : rate.mantissa).toString().padStart(rate.scale + 1, "0")
  const point = digits.length - rate.scale
  return `${negative ? "-" : ""}${digits.slice(0, point)}.${digits.slice(point)}`
}

/** For people, in per cent: `"5.25 %"`. */
export const format = (rate: Rate): string =>
  `${toDecimal(rate.scale >= 2 ? { mantissa: rate.mantissa, scale: rate.scale - 2 } : make(rate.mantissa * 100n, rate.scale))} %`

const rescale = (rate: Rate, scale: number): bigint => rate.mantissa * 10n ** BigInt(scale - rate.scale)

/** The sum of two rates, such as an index and its margin. */
export const add = (left: Rate, right: Rate): Rate => {
  const scale = Math.max(left.scale, right.scale)
  return make(rescale(left, scale) + rescale(right, scale), scale)
}

/** The rate with the other sign. */
export const negate = (rate: Rate): Rate => ({ mantissa: -rate.mantissa, scale: rate.scale })

/** -1, 0 or 1 as `left` is less than, equal to or more than `right`. */
export const compare = (left: Rate, right: Rate): -1 | 0 | 1 => {
  const scale = Math.max(left.scale, right.scale)
  const difference = rescale(left, scale) - rescale(right, scale)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

/** Whether two rates are the same. */
export const equals = (left: Rate, right: Rate): boolean =>
  left.mantissa === right.mantissa && left.scale === right.scale

/** An exact quotient of whole numbers. The denominator is above zero; the form need not be reduced. */
export interface Fraction {
  readonly numerator: bigint
  readonly denominator: bigint
}

/** The rate as an exact quotient. */
export const toFraction = (rate: Rate): Fraction => ({
  numerator: rate.mantissa,
  denominator: 10n ** BigInt(rate.scale)
})

/** The rate's share of an amount, rounded to a minor unit. */
export const apply = (
  rate: Rate,
  money: Money.Money,
  rounding: Rounding.Rounding = Rounding.standard
): Money.Money => ({
  minor: Rounding.divide(money.minor * rate.mantissa, 10n ** BigInt(rate.scale), rounding),
  currency: money.currency
})

/**
 * The rate's share of an amount for part of its period, such as a year's interest by `DayCount.yearFraction`. Rounded
 * once, at the end.
 */
export const applyFor = (
  rate: Rate,
  part: Fraction,
  money: Money.Money,
  rounding: Rounding.Rounding = Rounding.standard
): Money.Money => ({
  minor: Rounding.divide(
    money.minor * rate.mantissa * part.numerator,
    10n ** BigInt(rate.scale) * part.denominator,
    rounding
  ),
  currency: money.currency
})

/** The codec between a rate and its decimal text, where 1 is the whole: `"0.0525"`. */
export const Rate = Schema.String.check(
  Schema.isPattern(decimalPattern, { expected: "exact decimal text such as 0.0525" }),
  Schema.isMaxLength(decimalTextLengthMax)
).pipe(
  Schema.decodeTo(
    Schema.toType(
      Schema.Struct({
        mantissa: Schema.BigInt,
        scale: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: scaleMax }))
      })
    ),
    SchemaTransformation.transformEffect({
      decode: (text, options) => {
        const rate = fromDecimal(text)
        if (Result.isSuccess(rate)) return Effect.succeed(rate.success)
        const message = `Expected at most ${scaleMax} decimals`
        return Effect.fail(new SchemaIssue.InvalidValue({ message }, text, options))
      },
      encode: (rate) => Effect.succeed(toDecimal(rate))
    })
  )
)
