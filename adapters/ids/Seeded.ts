import { Layer } from "effect"
import { Ids } from "../../application/ports/Ids.ts"
import { monotonic, type Word } from "./Monotonic.ts"

/** The generator sfc32 of PractRand: 128 bits of state, a period of at least 2³², not for secrets. */
const sfc32 = (seed: number): Word => {
  let a = seed | 0
  let b = Math.floor(seed / 2 ** 32) | 0
  let c = 0
  let counter = 1
  const next = (): number => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  // The first words still show the seed.
  for (let round = 0; round < 15; round++) next()
  return next
}

/** The same ids for the same seed (a safe integer) and times: for simulations and tests, not for a bank. */
export const seeded = (seed: number): Layer.Layer<Ids> =>
  Layer.sync(Ids, () => {
    if (!Number.isSafeInteger(seed)) throw new RangeError(`not a seed: ${seed}`)
    return Ids.of({ next: monotonic(sfc32(seed)) })
  })
