import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Result } from "effect"
import * as fc from "fast-check"
import { Allocation, Currency, Money } from "./index.ts"

const usd = Currency.Code.make("USD")
const partsOf = (...minors: ReadonlyArray<bigint>) => Result.succeed(minors)
const minorsOf = (parts: Result.Result<ReadonlyArray<Money.Money>, Allocation.InvalidWeights>) =>
  Result.map(parts, (moneys) => moneys.map((money) => money.minor))

describe("allocation", () => {
  test("15 units by 80, 15 and 5 are 13, 2, 0 in order and 12, 2, 1 by largest remainder", () => {
    assert.deepEqual(Allocation.byWeightsOf(15n, [80n, 15n, 5n]), partsOf(13n, 2n, 0n))
    assert.deepEqual(Allocation.byWeightsOf(15n, [80n, 15n, 5n], "largestRemainder"), partsOf(12n, 2n, 1n))
  })

  test("a negative total splits as the positive one does", () => {
    assert.deepEqual(Allocation.byWeightsOf(-15n, [80n, 15n, 5n]), partsOf(-13n, -2n, 0n))
    assert.deepEqual(Allocation.byWeightsOf(-15n, [80n, 15n, 5n], "largestRemainder"), partsOf(-12n, -2n, -1n))
  })

  test("equal remainders are served in order", () => {
    assert.deepEqual(Allocation.byWeightsOf(2n, [1n, 1n, 1n], "largestRemainder"), partsOf(1n, 1n, 0n))
  })

  test("a weight of zero gets no residual unit", () => {
    assert.deepEqual(Allocation.byWeightsOf(5n, [0n, 1n, 0n, 1n]), partsOf(0n, 3n, 0n, 2n))
  })

  test("a hundred in three equal parts is 33.34, 33.33, 33.33", () => {
    assert.deepEqual(minorsOf(Allocation.equally(Money.make(10_000n, usd), 3)), partsOf(3334n, 3333n, 3333n))
  })

  test("weights that divide nothing are refused", () => {
    const none = Result.fail(new Allocation.InvalidWeights({ reason: "noneAboveZero" }))
    assert.deepEqual(Allocation.byWeightsOf(5n, []), none)
    assert.deepEqual(Allocation.byWeightsOf(5n, [0n, 0n]), none)
    assert.deepEqual(Allocation.equally(Money.make(5n, usd), 0), none)
    assert.deepEqual(
      Allocation.byWeightsOf(5n, [2n, -1n]),
      Result.fail(new Allocation.InvalidWeights({ reason: "negative" }))
    )
  })

  const totals = fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n })
  const weightLists = fc
    .array(fc.bigInt({ min: 0n, max: 10n ** 9n }), { minLength: 1, maxLength: 20 })
    .filter((weights) => weights.some((weight) => weight > 0n))
  const residuals = fc.constantFrom(...Allocation.Residual.literals)

  test("INV-27: the parts of an allocation sum to the whole", () => {
    fc.assert(
      fc.property(totals, weightLists, residuals, (total, weights, residual) => {
        const parts = Result.getOrThrow(Allocation.byWeights(Money.make(total, usd), weights, residual))
        assert.equal(parts.length, weights.length)
        assert.deepEqual(Money.sum(usd, parts), Result.succeed(Money.make(total, usd)))
      })
    )
  })

  test("INV-28: each part of an allocation is less than one unit from its exact share", () => {
    fc.assert(
      fc.property(totals, weightLists, residuals, (total, weights, residual) => {
        const weightTotal = weights.reduce((sum, weight) => sum + weight, 0n)
        const parts = Result.getOrThrow(Allocation.byWeightsOf(total, weights, residual))
        for (const [index, part] of parts.entries()) {
          const error = part * weightTotal - total * (weights[index] ?? 0n)
          assert.ok((error < 0n ? -error : error) < weightTotal)
        }
      })
    )
  })
})
