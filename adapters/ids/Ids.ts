import { Layer } from "effect"
import { Ids } from "../../application/ports/Ids.ts"
import { type Fill, monotonic } from "./Monotonic.ts"

/** Words drawn from the system at once: a call costs the same for one as for many. */
const poolWords = 1024

/** Cryptographically strong words, drawn in pools; each is given once. */
const pooled = (): Fill => {
  const pool = new Uint32Array(poolWords)
  let used = poolWords
  return (words) => {
    if (used + words.length > poolWords) {
      crypto.getRandomValues(pool)
      used = 0
    }
    words.set(pool.subarray(used, used + words.length))
    used += words.length
  }
}

/** Ids that nobody can guess, ascending within a layer, from Web Crypto: on Bun, Deno, Node and in browsers. */
export const layer: Layer.Layer<Ids> = Layer.sync(Ids, () => Ids.of({ next: monotonic(pooled()) }))
