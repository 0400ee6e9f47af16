/**
 * Argon2id by Bun, on threads of its own. Bounds: `concurrencyMax` hashes at a time, each with `memoryKiB`, and
 * `waitingMax` that wait; one more is told to come again. Who gives up leaves the queue, but a hash that has begun cannot be
 * stopped and keeps its place until it is done, so that those who come and go take no more than the bound.
 */
import { Effect, Layer, Semaphore } from "effect"
import { HashingOverloaded, PasswordHasher } from "../../application/ports/Crypto.ts"

export interface HashingOptions {
  readonly memoryKiB: number
  readonly passes: number
  readonly concurrencyMax: number
  readonly waitingMax: number
}

/** The least that OWASP recommends for Argon2id, and as many at a time as keep a small machine answering. */
export const optionsUsual: HashingOptions = { memoryKiB: 19_456, passes: 2, concurrencyMax: 2, waitingMax: 200 }

const phc = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=\d+\$/u

const isStale = (hash: string, { memoryKiB, passes }: HashingOptions): boolean => {
  const [, memory = "0", time = "0"] = phc.exec(hash) ?? []
  return Number(memory) < memoryKiB || Number(time) < passes
}

const make = Effect.fnUntraced(function* (options: HashingOptions) {
  const { memoryKiB, passes, concurrencyMax, waitingMax } = options
  const parameters = { algorithm: "argon2id", memoryCost: memoryKiB, timeCost: passes } as const
  const slots = yield* Semaphore.make(concurrencyMax)
  let present = 0
  const bounded = <A>(work: () => Promise<A>): Effect.Effect<A, HashingOverloaded> =>
    Effect.suspend(() => {
      if (present >= concurrencyMax + waitingMax) return Effect.fail(new HashingOverloaded({}))
      present++
      return slots
        .withPermit(Effect.uninterruptible(Effect.promise(work)))
        .pipe(Effect.ensuring(Effect.sync(() => present--)))
    })
  // Made now, so that the first login of an unknown user takes no longer than any other.
  const nobodys = yield* Effect.promise(() => Bun.password.hash(crypto.randomUUID(), parameters))

  return PasswordHasher.of({
    hash: (password) => bounded(() => Bun.password.hash(password, parameters)),
    verify: (password, hash) =>
      Effect.map(
        bounded(() => Bun.password.verify(password, hash ?? nobodys)),
        (matches) => (!matches || hash === undefined ? "wrong" : isStale(hash, options) ? "stale" : "right")
      )
  })
})

/** Hashes passwords by these parameters; hashes by weaker ones still verify, as stale. */
export const layer = (options: HashingOptions = optionsUsual): Layer.Layer<PasswordHasher> =>
  Layer.effect(PasswordHasher, make(options))
