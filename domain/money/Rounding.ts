/**
 * Rounding of an exact quotient to whole units. It happens only where money is posted; everything before stays exact.
 *
 * Modes as in IEEE 754 and General Decimal Arithmetic; a product names its own, `HALF_EVEN` if it names none.
 */
import { Schema } from "effect"

/**
 * `HALF_EVEN`, `HALF_UP` and `HALF_DOWN` take the nearest unit and settle a tie by the even one, away from zero and
 * towards zero. `UP` goes away from zero, `DOWN` towards it, `CEILING` towards positive and `FLOOR` towards negative
 * infinity.
 */
export const Rounding = Schema.Literals(["HALF_EVEN", "HALF_UP", "HALF_DOWN", "UP", "DOWN", "CEILING", "FLOOR"])
export type Rounding = typeof Rounding.Type

/** What a product rounds by if it names nothing. */
export const standard: Rounding = "HALF_EVEN"

const isAwayFromZero = (rounding: Rounding, negative: boolean, odd: boolean, half: -1 | 0 | 1): boolean => {
  switch (rounding) {
    case "HALF_EVEN":
      return half > 0 || (half === 0 && odd)
    case "HALF_UP":
      return half >= 0
    case "HALF_DOWN":
      return half > 0
    case "UP":
      return true
    case "DOWN":
      return false
    case "CEILING":
      return !negative
    case "FLOOR":
      return negative
  }
}

/** `numerator / denominator` as a whole number. A denominator of zero is a bug and throws a `RangeError`. */
export const divide = (numerator: bigint, denominator: bigint, rounding: Rounding = standard): bigint => {
  const quotient = numerator / denominator
  const remainder = numerator % denominator
  if (remainder === 0n) return quotient
  const negative = numerator < 0n !== denominator < 0n
  const twice = remainder < 0n ? -2n * remainder : 2n * remainder
  const divisor = denominator < 0n ? -denominator : denominator
  const half = twice < divisor ? -1 : twice > divisor ? 1 : 0
  if (!isAwayFromZero(rounding, negative, quotient % 2n !== 0n, half)) return quotient
  return negative ? quotient - 1n : quotient + 1n
}
