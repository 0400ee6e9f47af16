import { Clock, Effect, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { Lockout } from "../../domain/identity/index.ts"
import { LoginThrottle } from "../ports/UserStore.ts"

/** There were too many attempts that failed; the next one is taken after this many seconds, whatever it proves. */
export class LoginThrottled extends Schema.TaggedError<LoginThrottled>()("LoginThrottled", {
  retryAfterSeconds: Schema.Int
}) {}

const throttled = (millis: number) => new LoginThrottled({ retryAfterSeconds: Math.max(1, Math.ceil(millis / 1000)) })

const namesOf = ({ own, wide }: Lockout.Bounds): ReadonlyArray<string> => [own, ...wide].map(({ name }) => name)

/**
 * Takes an attempt or says how long to wait. It counts as failed until it succeeds, so that many at once are no more than
 * many in a row. Three calls of the throttle. Errors: LoginThrottled, UserStoreUnavailable.
 */
export const admitAttempt = Effect.fnUntraced(function* (bounds: Lockout.Bounds) {
  const throttle = yield* LoginThrottle
  const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
  const { own } = bounds
  const [before, ...wide] = yield* throttle.failures(namesOf(bounds), now)
  const remaining = [before, ...wide].map((failures, index) => {
    const bound = index === 0 ? own : bounds.wide[index - 1]
    return failures === undefined || bound === undefined ? 0 : Lockout.remainingMillis(failures, bound.free, now)
  })
  const longest = Math.max(...remaining)
  if (longest > 0) return yield* Effect.fail(throttled(longest))
  yield* throttle.failed([own.name], now)
  const [counted] = yield* throttle.failures([own.name], now)
  if (Lockout.isOvertaken(before?.count ?? 0, counted?.count ?? 0, own.free))
    return yield* Effect.fail(throttled(Lockout.waitMillis(counted?.count ?? 0, own.free)))
})

const dayMillis = 86_400_000

/**
 * Takes one of the `max` attempts that a name has within a day, however they are spread, and many at once are no more than
 * many in a row. Three calls of the throttle. Errors: LoginThrottled, UserStoreUnavailable.
 */
export const admitOfDay = Effect.fnUntraced(function* (name: string, max: number) {
  const throttle = yield* LoginThrottle
  const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
  const counted = Effect.map(throttle.failures([name], now, dayMillis), ([found]) => found?.count ?? 0)
  // When the last of them counts no more is not known: by then all of them do not.
  const over = Effect.fail(throttled(dayMillis))
  if ((yield* counted) >= max) return yield* over
  yield* throttle.failed([name], now, dayMillis)
  if ((yield* counted) > max) return yield* over
})

/** Codes of an authenticator app that are tried in one place within a day; three of a million are right at any time. */
const codesOfDayMax = 30

/**
 * Tries a code of an authenticator app, of a bounded number within a day, which one that is right forgets. `place` is where
 * it is tried: on a known device, in a session, or by a user anywhere else. Errors: LoginThrottled, those of the trial,
 * UserStoreUnavailable.
 */
export const tryCode = Effect.fnUntraced(function* <A, E, R>(place: string, trial: Effect.Effect<A, E, R>) {
  const throttle = yield* LoginThrottle
  const name = `codes ${place}`
  yield* admitOfDay(name, codesOfDayMax)
  const answer = yield* trial
  yield* throttle.succeeded([name])
  return answer
})

/** Counts the attempt, which `admitAttempt` took, as failed for everyone that it may be part of a search among. */
export const attemptFailed = Effect.fnUntraced(function* ({ wide }: Lockout.Bounds) {
  if (wide.length === 0) return
  const throttle = yield* LoginThrottle
  const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
  yield* throttle.failed(
    wide.map(({ name }) => name),
    now
  )
})

/** Forgets the failures of this user from here. Those of the address stay: an attacker has a login of its own. */
export const attemptSucceeded = Effect.fnUntraced(function* ({ own }: Lockout.Bounds) {
  const throttle = yield* LoginThrottle
  yield* throttle.succeeded([own.name])
})

/** What may be tried in the name of something that has no other device: a session, or an address. */
export const boundOf = (name: string, free: number = Lockout.freeOfOwn): Lockout.Bounds => ({
  own: { name, free },
  wide: []
})
