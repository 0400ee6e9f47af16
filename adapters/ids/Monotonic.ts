import { TypedId } from "../../domain/ids/index.ts"

/** Fills the words with random bits. */
export type Fill = (words: Uint32Array) => void

const word = 2 ** 32

/**
 * Makes UUIDv7 by RFC 9562 §6.2 method 2: a new millisecond takes 74 fresh random bits, and each further id of it adds
 * 1 to 2³² to them, so that ids ascend and yet cannot be guessed from their neighbours. A time earlier than the last
 * one counts as the last, and bits that run over carry into the millisecond. One call draws at most twelve bytes.
 */
export const monotonic = (fill: Fill): ((millis: number) => Uint8Array) => {
  const words = new Uint32Array(3)
  const step = new Uint32Array(1)
  const random = new Uint8Array(TypedId.randomByteLength)
  const view = new DataView(random.buffer)
  // The id's random bits, as RFC 9562 lays them out: 12, then 30 and 32 of the 62.
  let millis = -1
  let high = 0
  let middle = 0
  let low = 0

  const renew = (): void => {
    fill(words)
    const [first = 0, second = 0, third = 0] = words
    high = first >>> 20
    middle = second >>> 2
    low = third
  }

  const advance = (): void => {
    fill(step)
    low += (step[0] ?? 0) + 1
    if (low < word) return
    low -= word
    middle += 1
    if (middle < 2 ** 30) return
    middle = 0
    high += 1
    if (high < 2 ** 12) return
    high = 0
    millis += 1
  }

  return (now) => {
    if (now > millis) {
      millis = now
      renew()
    } else advance()
    view.setUint16(0, high)
    view.setUint32(2, middle)
    view.setUint32(6, low)
    return TypedId.uuidV7(millis, random)
  }
}
