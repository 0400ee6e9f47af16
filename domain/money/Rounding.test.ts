import assert from "node:assert/strict"
import { describe, test } from "node:test"
import * as fc from "fast-check"
import { Rounding } from "./index.ts"

const modes = Rounding.Rounding.literals

describe("rounding", () => {
  // The table of java.math.RoundingMode: tenths in, units out.
  const inputs = [55n, 25n, 16n, 11n, 10n, -10n, -11n, -16n, -25n, -55n]
  const expected: Record<Rounding.Rounding, ReadonlyArray<bigint>> = {
    UP: [6n, 3n, 2n, 2n, 1n, -1n, -2n, -2n, -3n, -6n],
    DOWN: [5n, 2n, 1n, 1n, 1n, -1n, -1n, -1n, -2n, -5n],
    CEILING: [6n, 3n, 2n, 2n, 1n, -1n, -1n, -1n, -2n, -5n],
    FLOOR: [5n, 2n, 1n, 1n, 1n, -1n, -2n, -2n, -3n, -6n],
    HALF_UP: [6n, 3n, 2n, 1n, 1n, -1n, -1n, -2n, -3n, -6n],
    HALF_DOWN: [5n, 2n, 2n, 1n, 1n, -1n, -1n, -2n, -2n, -5n],
    HALF_EVEN: [6n, 2n, 2n, 1n, 1n, -1n, -1n, -2n, -2n, -6n]
  }
  for (const mode of modes) {
    test(`${mode} rounds tenths as the published table does, under either sign of the divisor`, () => {
      assert.deepEqual(
        inputs.map((tenths) => Rounding.divide(tenths, 10n, mode)),
        expected[mode]
      )
      assert.deepEqual(
        inputs.map((tenths) => Rounding.divide(-tenths, -10n, mode)),
        expected[mode]
      )
    })
  }

  test("what rounds to nothing from below zero is zero or minus one", () => {
    assert.equal(Rounding.divide(-1n, 3n), 0n)
    assert.equal(Rounding.divide(-1n, 3n, "FLOOR"), -1n)
    assert.equal(Rounding.divide(1n, -3n, "UP"), -1n)
  })

  test("an unnamed mode is HALF_EVEN", () => {
    assert.deepEqual([Rounding.divide(5n, 2n), Rounding.divide(7n, 2n)], [2n, 4n])
  })

  test("INV-25: rounding moves an exact quotient by less than one unit, and by at most half in the HALF modes", () => {
    const numerators = fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n })
    const denominators = fc.bigInt({ min: 1n, max: 10n ** 6n })
    fc.assert(
      fc.property(numerators, denominators, fc.boolean(), fc.constantFrom(...modes), (n, positive, turned, mode) => {
        const d = turned ? -positive : positive
        const error = Rounding.divide(n, d, mode) * d - n
        const distance = error < 0n ? -error : error
        assert.ok(distance < positive)
        if (mode.startsWith("HALF")) assert.ok(2n * distance <= positive)
        if (n % d === 0n) assert.equal(error, 0n)
      })
    )
  })
})
