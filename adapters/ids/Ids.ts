import { Layer } from "effect"
import { Ids } from "../../application/ports/Ids.ts"
import { monotonic, type Word } from "./Monotonic.ts"

/** Words drawn from the system at once: a call costs the same for one as for many. */
const poolWords = 1024

/** Cryptographically strong words, drawn in pools; each is given once. */
const pooled = (): Word => {
  const pool = new Uint32Array(poolWords)
  let used = poolWords
  return () => {
    if (used === poolWords) {
      crypto.getRandomValues(pool)
      used = 0
    }
    return pool[used++] ?? 0
  }
}

/** Ids that nobody can guess, ascending within a layer, from Web Crypto: on Bun, Deno, Node and in browsers. */
export const layer: Layer.Layer<Ids> = Layer.sync(Ids, () => Ids.of({ next: monotonic(pooled()) }))
