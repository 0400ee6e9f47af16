/**
 * The idempotency keys that a ledger has stored, as far as memory can tell: a blocked Bloom filter of their digests, which
 * never takes a stored key for a new one. It takes one to three new keys of a thousand for stored ones; those are looked
 * up for nothing.
 *
 * Digests are random: the first word of one says which block of a segment is the key's, and the others which bits of that
 * block, so a look touches one line of the processor's cache in each segment. A filter cannot be enlarged without its
 * keys, so a full segment is followed by another with more room.
 */

export interface KeyFilter {
  /**
   * Adds the key whose 32 hexadecimal digits begin at `at`, and says whether it may have been stored before. That is said
   * of every key while the filter is not complete, and when it has got more keys than it has room for.
   */
  readonly add: (digits: string, at?: number) => boolean
  /** To be called when every key that was stored before the filter was made has been added. */
  readonly complete: () => void
}

/** Hexadecimal digits of a key's digest. */
export const digestDigits = 32

/** How many times as much room each segment has as the one before. */
const growth = 8

/** With 16 bits a key, one of twenty batches of some dozens of new keys looks one up; with 12, one of five. */
const bitsOfKey = 16

/** A block is 16 words of 32 bits. A key sets 8 bits of it, each named by 9 bits of the digest, 3 by each of its words. */
const wordsOfBlock = 16
const bitsOfBlock = 512
const bitsSet = 8
const bitsOfPlace = 9
const placesOfWord = 3

interface Segment {
  readonly words: Uint32Array
  readonly blocks: number
}

const segmentFor = (keys: number): Segment => {
  const blocks = Math.ceil((keys * bitsOfKey) / bitsOfBlock)
  return { words: new Uint32Array(blocks * wordsOfBlock), blocks }
}

/** The 32 bits that 8 lower-case hexadecimal digits stand for. */
const wordAt = (digits: string, at: number): number => {
  let word = 0
  for (let place = at; place < at + 8; place++) {
    const code = digits.charCodeAt(place)
    // The letters, from 0x61 on, stand for 10 and more.
    word = (word << 4) | ((code & 15) + (code >> 6) * 9)
  }
  return word >>> 0
}

/** Where the block begins that a digest with this first word has in the segment. */
const blockOf = ({ blocks }: Segment, word: number): number => Math.floor((word / 2 ** 32) * blocks) * wordsOfBlock

const areSet = ({ words }: Segment, block: number, places: Uint16Array): boolean => {
  for (let index = 0; index < bitsSet; index++) {
    const place = places[index] ?? 0
    if ((((words[block + (place >> 5)] ?? 0) >>> (place & 31)) & 1) === 0) return false
  }
  return true
}

const set = ({ words }: Segment, block: number, places: Uint16Array): void => {
  for (let index = 0; index < bitsSet; index++) {
    const place = places[index] ?? 0
    words[block + (place >> 5)] = (words[block + (place >> 5)] ?? 0) | (1 << (place & 31))
  }
}

/**
 * A filter that is not complete, with room for `keysMax` keys, in memory of 2 bytes each that is taken as they come: for
 * `firstRoom` keys at first.
 */
export const keyFilter = (keysMax: number, firstRoom = 2 ** 20): KeyFilter => {
  /** The newest first. */
  let segments: Array<Segment> = []
  let nextRoom = firstRoom
  let room = 0
  let left = keysMax
  let isComplete = false
  let isFull = false
  const places = new Uint16Array(bitsSet)

  const place = (digits: string, at: number): void => {
    let word = 0
    for (let index = 0; index < bitsSet; index++) {
      if (index % placesOfWord === 0) word = wordAt(digits, at + 8 * (1 + index / placesOfWord))
      places[index] = word & (bitsOfBlock - 1)
      word >>>= bitsOfPlace
    }
  }

  const grow = (): void => {
    room = Math.min(nextRoom, left)
    left -= room
    nextRoom *= growth
    isFull = room === 0
    segments = isFull ? [] : [segmentFor(room), ...segments]
  }

  return {
    add: (digits, at = 0) => {
      if (isFull) return true
      const word = wordAt(digits, at)
      place(digits, at)
      for (const segment of segments) if (areSet(segment, blockOf(segment, word), places)) return true
      if (room === 0) grow()
      const [newest] = segments
      if (newest === undefined) return true
      room--
      set(newest, blockOf(newest, word), places)
      return !isComplete
    },
    complete: () => {
      isComplete = true
    }
  }
}
