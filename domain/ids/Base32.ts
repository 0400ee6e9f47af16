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
for (let value = 0; value < alphabet.length; value++) valueByCodeUnit[alphabet.charCodeAt(value)] = value

// The two characters of every ten bits: an id is made of 13 pairs, at half the concatenations of 26 characters.
const pairs: ReadonlyArray<string> = Array.from(
  { length: 1024 },
  (_, bits) => alphabet.charAt(bits >> 5) + alphabet.charAt(bits & 31)
)

/** The 26 characters of 16 bytes. */
export const encode = (bytes: Uint8Array): string => {
  if (bytes.length !== byteLength) throw new RangeError(`expected ${byteLength} bytes, got ${bytes.length}`)
  let text = ""
  let bits = 0
  // 130 bits are printed for 128, so the buffer starts with two zero bits.
  let bitsHeld = 2
  for (let index = 0; index < byteLength; index++) {
    bits = (bits << 8) | (bytes[index] ?? 0)
    bitsHeld += 8
    if (bitsHeld >= 10) {
      bitsHeld -= 10
      text += pairs[bits >> bitsHeld]
      bits &= (1 << bitsHeld) - 1
    }
  }
  return text
}

/** The 16 bytes of 26 characters that start at `offset`, or `undefined` where they are not what `encode` prints. */
export const decode = (text: string, offset = 0): Uint8Array | undefined => {
  if (text.length - offset !== textLength) return undefined
  const bytes = new Uint8Array(byteLength)
  let bits = 0
  let bitsHeld = -2
  let at = 0
  for (let index = offset; index < text.length; index++) {
    const value = valueByCodeUnit[text.charCodeAt(index)] ?? 255
    if (value === 255 || (index === offset && value > 7)) return undefined
    bits = (bits << 5) | value
    bitsHeld += 5
    if (bitsHeld >= 8) {
      bitsHeld -= 8
      bytes[at++] = bits >> bitsHeld
      bits &= (1 << bitsHeld) - 1
    }
  }
  return bytes
}
