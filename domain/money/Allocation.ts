/**
 * Splits an amount by weights into parts that sum to it exactly.
 *
 * Each part first gets its share cut to whole minor units towards zero. The residual units, fewer than there are weights
 * above zero, are then handed out one each: in order, the first weights first, or by the largest remainder, ties in
 * order. A weight of zero never gets any.
 *
 * 15 units by 80, 15 and 5: a caller gets 13, 2, 0 in order, which is the default, and 12, 2, 1 by largest remainder.
 */
import { Result, Schema } from "effect"
import type * as Money from "./Money.ts"

/** Who gets the residual units. */
export const Residual = Schema.Literals(["inOrder", "largestRemainder"])
export type Residual = typeof Residual.Type

/** Weights that divide nothing: `negative`, or `noneAboveZero` (which includes no weights at all). */
export class InvalidWeights extends Schema.TaggedError<InvalidWeights>()("InvalidWeights", {
  reason: Schema.Literals(["negative", "noneAboveZero"])
}) {}

const inOrder = (weights: ReadonlyArray<bigint>): ReadonlyArray<number> =>
  weights.flatMap((weight, index) => (weight > 0n ? [index] : []))

/**
 * The parts of `total`, signed, one for each weight in its order. A negative total splits as the positive one does, with
 * the sign turned. Fails with `InvalidWeights`.
 */
export const byWeightsOf = (
  total: bigint,
  weights: ReadonlyArray<bigint>,
  residual: Residual = "inOrder"
): Result.Result<ReadonlyArray<bigint>, InvalidWeights> => {
  let weightTotal = 0n
  for (const weight of weights) {
    if (weight < 0n) return Result.fail(new InvalidWeights({ reason: "negative" }))
    weightTotal += weight
  }
  if (weightTotal === 0n) return Result.fail(new InvalidWeights({ reason: "noneAboveZero" }))

  const unit = total < 0n ? -1n : 1n
  // Division of bigints cuts towards zero, so parts and residual all have the sign of the total.
  const parts = weights.map((weight) => (total * weight) / weightTotal)
  const units = Number((total - parts.reduce((sum, part) => sum + part, 0n)) * unit)

  const receivers = [...inOrder(weights)]
  if (residual === "largestRemainder") {
    const remainders = weights.map((weight) => ((total * weight) % weightTotal) * unit)
    // The sort is stable, so equal remainders stay in the order of their weights.
    receivers.sort((left, right) => {
      const difference = (remainders[right] ?? 0n) - (remainders[left] ?? 0n)
      return difference < 0n ? -1 : difference > 0n ? 1 : 0
    })
  }
  for (const index of receivers.slice(0, units)) parts[index] = (parts[index] ?? 0n) + unit
  return Result.succeed(parts)
}

/** The parts of an amount by weights; they sum to it. Fails with `InvalidWeights`. */
export const byWeights = (
  total: Money.Money,
  weights: ReadonlyArray<bigint>,
  residual: Residual = "inOrder"
): Result.Result<ReadonlyArray<Money.Money>, InvalidWeights> =>
  Result.map(byWeightsOf(total.minor, weights, residual), (parts) =>
    parts.map((minor) => ({ minor, currency: total.currency }))
  )

/** An amount in `count` parts that differ by at most one minor unit, the larger ones first. Fails if `count` is 0. */
export const equally = (total: Money.Money, count: number): Result.Result<ReadonlyArray<Money.Money>, InvalidWeights> =>
  byWeights(
    total,
    Array.from({ length: count }, () => 1n)
  )
