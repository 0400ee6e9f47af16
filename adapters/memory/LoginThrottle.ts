import { Effect, Layer } from "effect"
import { LoginThrottle } from "../../application/ports/UserStore.ts"
import type { Instant } from "../../domain/calendar/index.ts"

/** How long a failure counts. */
const windowMillis = 15 * 60_000

/** No more of a name are counted. */
const countMax = 1000

/** From this many names on, those whose failures no longer count are forgotten. */
const namesMax = 10_000

const make = Effect.sync(() => {
  const times = new Map<string, ReadonlyArray<Instant.Instant>>()

  const within = (name: string, now: Instant.Instant): ReadonlyArray<Instant.Instant> =>
    (times.get(name) ?? []).filter((at) => at > now - windowMillis)

  return LoginThrottle.of({
    failures: (names, now) =>
      Effect.sync(() =>
        names.map((name) => {
          const counted = within(name, now)
          return { count: counted.length, lastAt: counted.at(-1) }
        })
      ),
    failed: (names, now) =>
      Effect.sync(() => {
        if (times.size >= namesMax)
          for (const name of [...times.keys()]) if (within(name, now).length === 0) times.delete(name)
        for (const name of new Set(names)) times.set(name, [...within(name, now), now].slice(-countMax))
      }),
    succeeded: (names) =>
      Effect.sync(() => {
        for (const name of names) times.delete(name)
      })
  })
})

/** The throttle's port over a plain map. */
export const layer: Layer.Layer<LoginThrottle> = Layer.effect(LoginThrottle, make)
