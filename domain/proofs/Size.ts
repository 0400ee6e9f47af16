/**
 * Arithmetic of tree sizes. They are safe integers, up to 2^53 − 1, for which JavaScript's bit operators (32 bits) are
 * too narrow.
 */
import { Schema } from "effect"

/** How many leaves a tree has, or the place of a leaf in it counted from 0. */
export const Size = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

/** The most hashes that a proof or a frontier can have: a bound for readers, above the 53 levels of any tree. */
export const pathLengthMax = 64

/** Whether the number is odd: its lowest bit is set. */
export const isOdd = (size: number): boolean => size % 2 === 1

/** The number without its lowest bit. */
export const half = (size: number): number => Math.floor(size / 2)

/** The exponent of the largest power of two that is at most `size`, which is 1 or more. */
export const log2 = (size: number): number => {
  let exponent = 0
  for (let rest = half(size); rest > 0; rest = half(rest)) exponent++
  return exponent
}

/** How many bits of the number are set. */
export const bitCount = (size: number): number => {
  let count = 0
  for (let rest = size; rest > 0; rest = half(rest)) count += rest % 2
  return count
}

/** Where RFC 9162 §2.1.1 splits `size` leaves, 2 or more: at the largest power of two that is less than `size`. */
export const split = (size: number): number => 2 ** log2(size - 1)
