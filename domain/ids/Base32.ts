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

/**
 * Writes the 16 bytes of the 26 characters from `offset` on into `target` at `start`. Says whether the characters are what
 * `encode` prints; where they are not, some bytes may have been written.
 */
export const decode = (text: string, offset: number, target: Uint8Array, start: number): boolean => {
  if (text.length - offset !== textLength) return false
  let bits = 0
  let bitsHeld = -2
  let at = start
  for (let index = offset; index < text.length; index++) {
    const value = valueByCodeUnit[text.charCodeAt(index)] ?? 255
    if (value === 255 || (index === offset && value > 7)) return false
    bits = (bits << 5) | value
    bitsHeld += 5
    if (bitsHeld >= 8) {
      bitsHeld -= 8
      target[at++] = bits >> bitsHeld
      bits &= (1 << bitsHeld) - 1
    }
  }
  return true
}
