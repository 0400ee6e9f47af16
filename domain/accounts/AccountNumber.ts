import { Result, Schema } from "effect"

/** Digits of an account number, its check digit included. */
export const length = 10

/** The last sequence number that has an account number: 9 digits, for the tenth is the check digit. */
export const sequenceMax = 999_999_999n

/** There is no account number for this sequence number: it is negative, or above `max`. */
export class SequenceOutOfRange extends Schema.TaggedError<SequenceOutOfRange>()("SequenceOutOfRange", {
  sequence: Schema.BigIntFromString,
  max: Schema.BigIntFromString
}) {}

// ISO 7064 MOD 11,10, the hybrid system: a digit moves the product p to 2·(p + digit mod 10, 0 being 10) mod 11.
const product = (digits: string): number => {
  let product = 10
  for (const digit of digits) {
    const sum = (product + Number(digit)) % 10
    product = ((sum === 0 ? 10 : sum) * 2) % 11
  }
  return product
}

/** The check digit of a string of digits by ISO 7064 MOD 11,10, for instance 5 for 0794. */
export const checkDigit = (digits: string): string => String((11 - product(digits)) % 10)

/**
 * The bank's own number of an account: nine digits and a check digit by ISO 7064 MOD 11,10, which detects every
 * single wrong digit and nearly every transposition of neighbours.
 */
export const AccountNumber = Schema.String.check(
  Schema.isPattern(/^[0-9]{10}$/u, { message: "an account number has 10 digits" }).abort(),
  Schema.makeFilter((number: string) =>
    checkDigit(number.slice(0, -1)) === number.slice(-1) ? undefined : "the check digit of the account number is wrong"
  )
).pipe(Schema.brand("AccountNumber"))
export type AccountNumber = typeof AccountNumber.Type

/**
 * The account number of the n-th account, so that equal sequences give equal numbers and different ones different.
 *
 * Errors: {@link SequenceOutOfRange}.
 */
export const fromSequence = (sequence: bigint): Result.Result<AccountNumber, SequenceOutOfRange> => {
  if (sequence < 0n || sequence > sequenceMax) {
    return Result.fail(new SequenceOutOfRange({ sequence, max: sequenceMax }))
  }
  const digits = String(sequence).padStart(length - 1, "0")
  return Result.succeed(AccountNumber.make(digits + checkDigit(digits)))
}
