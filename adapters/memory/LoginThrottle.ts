import { Effect, Layer } from "effect"
import { LoginThrottle } from "../../application/ports/UserStore.ts"
import type { Instant } from "../../domain/calendar/index.ts"

/** How long a failure counts unless told. */
const windowMillisUsual = 15 * 60_000

/** No more of a name are counted. */
const countMax = 1000

/** From this many names on, those whose failures no longer count are forgotten. */
const namesMax = 10_000

const make = Effect.sync(() => {
  const times = new Map<string, { readonly at: ReadonlyArray<Instant.Instant>; readonly windowMillis: number }>()

  const within = (name: string, now: Instant.Instant, windowMillis: number): ReadonlyArray<Instant.Instant> =>
    (times.get(name)?.at ?? []).filter((at) => at > now - windowMillis)

  const forgetOver = (now: Instant.Instant): void => {
    for (const [name, { windowMillis }] of times) if (within(name, now, windowMillis).length === 0) times.delete(name)
  }

  return LoginThrottle.of({
    failures: (names, now, windowMillis = windowMillisUsual) =>
      Effect.sync(() =>
        names.map((name) => {
          const counted = within(name, now, windowMillis)
          return { count: counted.length, lastAt: counted.at(-1) }
        })
      ),
    failed: (names, now, windowMillis = windowMillisUsual) =>
      Effect.sync(() => {
        if (times.size >= namesMax) forgetOver(now)
        for (const name of new Set(names)) {
          const at = [...within(name, now, windowMillis), now].slice(-countMax)
          times.set(name, { at, windowMillis })
        }
      }),
    succeeded: (names) =>
      Effect.sync(() => {
        for (const name of names) times.delete(name)
      })
  })
})

/** The throttle's port over a plain map. */
export const layer: Layer.Layer<LoginThrottle> = Layer.effect(LoginThrottle, make)
