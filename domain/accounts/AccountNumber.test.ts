import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Result, Schema } from "effect"
import * as fc from "fast-check"
import * as AccountNumber from "./AccountNumber.ts"

const sequences = fc.bigInt({ min: 0n, max: AccountNumber.sequenceMax })
const isValid = Schema.is(AccountNumber.AccountNumber)
const make = (sequence: bigint) => Result.getOrThrow(AccountNumber.fromSequence(sequence))

const decodeMessage = (input: unknown): string =>
  Result.match(Schema.decodeUnknownResult(AccountNumber.AccountNumber)(input, { errors: "all" }), {
    onFailure: (error) => error.message,
    onSuccess: () => "valid"
  })

describe("AccountNumber", () => {
  test("the check digit is that of ISO 7064 MOD 11,10", () => {
    // The standard's example; a Croatian OIB and a German tax number, which use the same system.
    assert.equal(AccountNumber.checkDigit("0794"), "5")
    assert.equal(AccountNumber.checkDigit("3339200596"), "1")
    assert.equal(AccountNumber.checkDigit("3657426180"), "9")
  })

  test("a number has ten digits and a right check digit", () => {
    fc.assert(
      fc.property(sequences, (sequence) => {
        const number = make(sequence)
        assert.match(number, /^\d{10}$/)
        assert.equal(decodeMessage(number), "valid")
        assert.equal(BigInt(number.slice(0, -1)), sequence)
      })
    )
  })

  test("INV-19: different sequences have different numbers, equal sequences the same", () => {
    fc.assert(
      fc.property(fc.uniqueArray(sequences, { minLength: 2, maxLength: 50 }), (distinct) => {
        assert.equal(new Set(distinct.map(make)).size, distinct.length)
        assert.deepEqual(distinct.map(make), distinct.map(make))
      })
    )
  })

  test("INV-19: detects every single wrong digit", () => {
    fc.assert(
      fc.property(sequences, (sequence) => {
        const number = make(sequence)
        for (let at = 0; at < number.length; at++) {
          for (const other of "0123456789") {
            if (other === number.charAt(at)) continue
            const changed = number.slice(0, at) + other + number.slice(at + 1)
            assert.equal(isValid(changed), false, changed)
          }
        }
      }),
      { numRuns: 50 }
    )
  })

  test("the message says what is wrong", () => {
    assert.equal(decodeMessage("123"), "an account number has 10 digits")
    assert.equal(decodeMessage("00000007940"), "an account number has 10 digits")
    assert.equal(decodeMessage("0000000000"), "the check digit of the account number is wrong")
  })

  test("refuses a negative sequence and one above nine digits", () => {
    for (const sequence of [-1n, AccountNumber.sequenceMax + 1n]) {
      const result = AccountNumber.fromSequence(sequence)
      assert.ok(Result.isFailure(result))
      assert.equal(result.failure.sequence, sequence)
      assert.equal(result.failure.max, AccountNumber.sequenceMax)
    }
  })
})
