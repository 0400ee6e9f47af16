import { Clock, Effect, Layer } from "effect"

/** A clock that tests move ahead, and the layer that makes it everyone's. */
export interface ShiftedClock {
  readonly layer: Layer.Layer<never>
  /** Moves the time ahead by milliseconds; it never goes back. */
  readonly advance: (millis: number) => Effect.Effect<void>
}

/**
 * The live clock plus what tests add to it. Only what it says is shifted: sleeping stays live, so that an
 * implementation's own timers, timeouts and retries run as they do in production.
 */
export const shiftedClock = (): ShiftedClock => {
  let aheadMillis = 0
  const shifted = (live: Clock.Clock): Clock.Clock => {
    const millis = () => live.currentTimeMillisUnsafe() + aheadMillis
    const nanos = () => live.currentTimeNanosUnsafe() + BigInt(aheadMillis) * 1_000_000n
    return {
      currentTimeMillisUnsafe: millis,
      currentTimeMillis: Effect.sync(millis),
      currentTimeNanosUnsafe: nanos,
      currentTimeNanos: Effect.sync(nanos),
      monotonicTimeNanosUnsafe: () => live.monotonicTimeNanosUnsafe(),
      monotonicTimeNanos: live.monotonicTimeNanos,
      sleep: (duration) => live.sleep(duration)
    }
  }
  return {
    layer: Layer.effect(Clock.Clock, Effect.map(Clock.clockWith(Effect.succeed), shifted)),
    advance: (millis) =>
      Effect.sync(() => {
        aheadMillis += Math.max(0, millis)
      })
  }
}
