/**
 * 128 bits as 26 characters of Crockford's base32 in lower case, as the TypeID specification 0.3 encodes them: most
 * significant first, two zero bits in front. The alphabet ascends in ASCII, so text sorts as the bytes do.
 */
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

/** Characters of an encoded value. */
export const textLength = 26

/** Bytes of a decoded value. */
export const byteLength = 16

/** What `encode` can print, as the source of a regular expression; the first character has only three bits. */
export const pattern = "[0-7][0-9a-hjkmnp-tv-z]{25}"

// One slot for each ASCII code unit; 255 marks a character outside the alphabet.
const valueByCodeUnit = new Uint8Array(128).fill(255)
const codeUnitByValue = new Uint8Array(alphabet.length)
for (let value = 0; value < alphabet.length; value++) {
  valueByCodeUnit[alphabet.charCodeAt(value)] = value
  codeUnitByValue[value] = alphabet.charCodeAt(value)
}

const wordAt = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)

/** The code unit of the lowest five bits. */
const digit = (bits: number): number => codeUnitByValue[bits & 31] ?? 0

/** The 26 characters of 16 bytes. */
export const encode = (bytes: Uint8Array): string => {
  if (bytes.length !== byteLength) throw new RangeError(`expected ${byteLength} bytes, got ${bytes.length}`)
  const a = wordAt(bytes, 0)
  const b = wordAt(bytes, 4)
  const c = wordAt(bytes, 8)
  const d = wordAt(bytes, 12)
  // In one call: each concatenation would make a string of its own.
  return String.fromCharCode(
    digit(a >>> 29),
    digit(a >>> 24),
    digit(a >>> 19),
    digit(a >>> 14),
    digit(a >>> 9),
    digit(a >>> 4),
    digit((a << 1) | (b >>> 31)),
    digit(b >>> 26),
    digit(b >>> 21),
    digit(b >>> 16),
    digit(b >>> 11),
    digit(b >>> 6),
    digit(b >>> 1),
    digit((b << 4) | (c >>> 28)),
    digit(c >>> 23),
    digit(c >>> 18),
    digit(c >>> 13),
    digit(c >>> 8),
    digit(c >>> 3),
    digit((c << 2) | (d >>> 30)),
    digit(d >>> 25),
    digit(d >>> 20),
    digit(d >>> 15),
    digit(d >>> 10),
    digit(d >>> 5),
    digit(d)
  )
}

/** Words of 32 bits in a decoded value. */
export const wordCount = 4

/** The value of a character; more than five bits where it is none of the alphabet. */
const valueAt = (text: string, at: number): number => valueByCodeUnit[text.charCodeAt(at)] ?? 255

// All bits of the characters that were read of the value under way: more than five where one is none of the alphabet.
let seen = 0

/** The lowest 32 bits of the characters from `from` to before `to`. */
const bitsOf = (text: string, from: number, to: number): number => {
  let bits = 0
  for (let at = from; at < to; at++) {
    const value = valueAt(text, at)
    seen |= value
    bits = (bits << 5) | value
  }
  return bits
}

/**
 * Writes the four words of the 26 characters from `offset` on into `target`, the most significant first. Says whether the
 * characters are what `encode` prints; where they are not, words may have been written.
 */
export const decodeWords = (text: string, offset: number, target: Uint32Array): boolean => {
  if (text.length - offset !== textLength || valueAt(text, offset) > 7) return false
  seen = 0
  // Where a word ends within a character, the next begins with it, and the bits of the one before are shifted out.
  target[0] = (bitsOf(text, offset, offset + 6) << 4) | (valueAt(text, offset + 6) >> 1)
  target[1] = (bitsOf(text, offset + 6, offset + 13) << 1) | (valueAt(text, offset + 13) >> 4)
  target[2] = (bitsOf(text, offset + 13, offset + 19) << 3) | (valueAt(text, offset + 19) >> 2)
  target[3] = bitsOf(text, offset + 19, offset + textLength)
  return seen < alphabet.length
}

const words = new Uint32Array(wordCount)

/**
 * Writes the 16 bytes of the 26 characters from `offset` on into `target` at `start`. Says whether the characters are what
 * `encode` prints; where they are not, nothing is written.
 */
export const decode = (text: string, offset: number, target: Uint8Array, start: number): boolean => {
  if (!decodeWords(text, offset, words)) return false
  for (let index = 0, at = start; index < wordCount; index++, at += 4) {
    const word = words[index] ?? 0
    target[at] = word >>> 24
    target[at + 1] = word >>> 16
    target[at + 2] = word >>> 8
    target[at + 3] = word
  }
  return true
}
