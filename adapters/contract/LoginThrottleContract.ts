import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import { Effect, type Layer, ManagedRuntime } from "effect"
import { LoginThrottle } from "../../application/ports/UserStore.ts"
import { Instant } from "../../domain/calendar/index.ts"
import { later, now, unique } from "./People.ts"

type Spec = (title: string, body: Effect.Effect<void, unknown, LoginThrottle>) => void

const windowSeconds = 15 * 60

const newName = (): string => `user ${unique()} from 2001:db8::1`

const none = { count: 0, lastAt: undefined }

const specs = (spec: Spec): void => {
  spec(
    "a name that never failed has no failures",
    Effect.gen(function* () {
      const throttle = yield* LoginThrottle
      assert.deepEqual(yield* throttle.failures([newName(), newName()], now), [none, none])
      assert.deepEqual(yield* throttle.failures([], now), [])
    })
  )

  spec(
    "failures are counted for each name, in the order of the names that are asked for",
    Effect.gen(function* () {
      const throttle = yield* LoginThrottle
      const [first, second] = [newName(), newName()]
      yield* throttle.failed([first, second], now)
      yield* throttle.failed([first, first], later(1))
      yield* throttle.failed([], later(2))
      const counted = yield* throttle.failures([second, newName(), first, second], later(3))
      const ofSecond = { count: 1, lastAt: now }
      assert.deepEqual(counted, [ofSecond, none, { count: 2, lastAt: later(1) }, ofSecond])
    })
  )

  spec(
    "each failure counts for 15 minutes, to the millisecond",
    Effect.gen(function* () {
      const throttle = yield* LoginThrottle
      const name = newName()
      yield* throttle.failed([name], now)
      yield* throttle.failed([name], later(60))
      const countAt = (at: Instant.Instant) => Effect.map(throttle.failures([name], at), ([counted]) => counted)
      const last = later(60)
      assert.deepEqual(yield* countAt(Instant.addMillis(later(windowSeconds), -1)), { count: 2, lastAt: last })
      assert.deepEqual(yield* countAt(later(windowSeconds)), { count: 1, lastAt: last })
      assert.deepEqual(yield* countAt(later(windowSeconds + 60)), none)
      yield* throttle.failed([name], later(windowSeconds + 30))
      const both = { count: 2, lastAt: later(windowSeconds + 30) }
      assert.deepEqual(yield* countAt(later(windowSeconds + 30)), both)
    })
  )

  spec(
    "a failure counts for another window where one is told",
    Effect.gen(function* () {
      const throttle = yield* LoginThrottle
      const name = newName()
      const day = 86_400_000
      yield* throttle.failed([name], now, day)
      yield* throttle.failed([name], later(windowSeconds * 2), day)
      const last = later(windowSeconds * 2)
      const countAt = (at: Instant.Instant) => Effect.map(throttle.failures([name], at, day), ([counted]) => counted)
      assert.deepEqual(yield* countAt(Instant.addMillis(now, day - 1)), { count: 2, lastAt: last })
      assert.deepEqual(yield* countAt(Instant.addMillis(now, day)), { count: 1, lastAt: last })
      assert.deepEqual(yield* countAt(Instant.addMillis(last, day)), none)
    })
  )

  spec(
    "a success forgets the failures of its names and of no others",
    Effect.gen(function* () {
      const throttle = yield* LoginThrottle
      const [first, second, third] = [newName(), newName(), newName()]
      yield* throttle.failed([first, second, third], now)
      yield* throttle.succeeded([first, third, newName()])
      const counted = yield* throttle.failures([first, second, third], now)
      assert.deepEqual(counted, [none, { count: 1, lastAt: now }, none])
    })
  )

  spec(
    "of 20 failures at once, named in any order, each counts",
    Effect.gen(function* () {
      const throttle = yield* LoginThrottle
      const [first, second] = [newName(), newName()]
      yield* Effect.all(
        Array.from({ length: 20 }, (_, index) =>
          throttle.failed(index % 2 === 0 ? [first, second] : [second, first], later(index))
        ),
        { concurrency: "unbounded" }
      )
      const all = { count: 20, lastAt: later(19) }
      assert.deepEqual(yield* throttle.failures([first, second], later(19)), [all, all])
    })
  )
}

/**
 * The suite that every implementation of the port `LoginThrottle` passes, for a `*.test.ts` to call. `makeLayer` gives a
 * throttle of any content; it is called and built once, and released at the end.
 */
export const loginThrottleContract = <E>(name: string, makeLayer: () => Layer.Layer<LoginThrottle, E>): void => {
  describe(`${name} as a throttle of logins`, () => {
    const runtime = ManagedRuntime.make(makeLayer())
    after(() => runtime.dispose())
    specs((title, body) => {
      test(title, () => runtime.runPromise(body))
    })
  })
}
