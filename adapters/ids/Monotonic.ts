import { TypedId } from "../../domain/ids/index.ts"

/** Gives 32 random bits at each call. */
export type Word = () => number

const wordMax = 2 ** 32

/**
 * Makes UUIDv7 by RFC 9562 §6.2 method 2: a new millisecond takes 74 fresh random bits, and each further id of it adds
 * 1 to 2³² to them, so that ids ascend and yet cannot be guessed from their neighbours. A time earlier than the last
 * one counts as the last, and bits that run over carry into the millisecond. One call draws at most three words.
 */
export const monotonic = (word: Word): ((millis: number) => Uint8Array) => {
  const random = new Uint8Array(TypedId.randomByteLength)
  const view = new DataView(random.buffer)
  // The id's random bits, as RFC 9562 lays them out: 12, then 30 and 32 of the 62.
  let millis = -1
  let high = 0
  let middle = 0
  let low = 0

  const renew = (): void => {
    high = word() >>> 20
    middle = word() >>> 2
    low = word()
  }

  const advance = (): void => {
    low += word() + 1
    if (low < wordMax) return
    low -= wordMax
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
