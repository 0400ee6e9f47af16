/** Looks for many needles in many bytes at once: one pass, with a table of the first four bytes of each. */
import type { Needle } from "./Encodings.ts"

/** A form of a value that was found, and where. */
export interface Hit {
  readonly place: string
  readonly field: string
  readonly encoding: string
}

const headBytes = 4
const tableBits = 22

/** The byte in lower case, where it is a letter of ASCII. */
const lower = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte))

const lowered = (byte: number | undefined): number => lower[byte ?? 0] ?? 0

const slotOf = (word: number): number => Math.imul(word, 0x9e3779b1) >>> (32 - tableBits)

const wordOf = (bytes: Uint8Array): number => {
  let word = 0
  for (let at = 0; at < headBytes; at++) word = (word << 8) | lowered(bytes[at])
  return word
}

const isAt = ({ bytes, isExact }: Needle, within: Uint8Array, start: number): boolean => {
  if (start + bytes.length > within.length) return false
  for (let at = 0; at < bytes.length; at++) {
    const [sought, seen] = [bytes[at], within[start + at]]
    if (isExact ? sought !== seen : lowered(sought) !== lowered(seen)) return false
  }
  return true
}

/** A search for these needles. It counts the bytes that it has looked at, and each hit once for each place. */
export const searchFor = (needles: ReadonlyArray<Needle>) => {
  const table = new Uint8Array(2 ** tableBits)
  const byWord = new Map<number, Array<Needle>>()
  for (const needle of needles) {
    if (needle.bytes.length < headBytes * 2) throw new RangeError(`${needle.field} in ${needle.encoding} is too short`)
    const word = wordOf(needle.bytes)
    table[slotOf(word)] = 1
    byWord.set(word, [...(byWord.get(word) ?? []), needle])
  }
  const hits = new Map<string, Hit>()
  let bytesSearched = 0
  return {
    in: (place: string, within: Uint8Array): void => {
      bytesSearched += within.length
      let word = 0
      for (let at = 0; at < within.length; at++) {
        word = (word << 8) | lowered(within[at])
        if (table[slotOf(word)] === 0 || at < headBytes - 1) continue
        for (const needle of byWord.get(word) ?? []) {
          if (!isAt(needle, within, at - headBytes + 1)) continue
          const { field, encoding } = needle
          hits.set(`${place}\n${field}\n${encoding}`, { place, field, encoding })
        }
      }
    },
    hits: (): ReadonlyArray<Hit> => [...hits.values()],
    bytesSearched: () => bytesSearched
  }
}

export type Search = ReturnType<typeof searchFor>
