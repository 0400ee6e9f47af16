import { Clock, Effect } from "effect"
import { Authenticator, type Caller, Unauthenticated } from "../ports/Caller.ts"

/** How often it is asked whether a session is still open, in milliseconds; from memory. */
const askMillis = 1000

/**
 * Fails when a caller is let in no more: when its token ends, and within a second of when its session is known to be
 * revoked. Never for one that has neither.
 */
export const callerEnd = Effect.fnUntraced(function* (caller: Caller) {
  const { isOpen } = yield* Authenticator
  const { until = Number.POSITIVE_INFINITY, session } = caller
  const stepMillis = session === undefined ? Number.POSITIVE_INFINITY : askMillis
  if (Math.min(until, stepMillis) === Number.POSITIVE_INFINITY) return yield* Effect.never
  // Ends with the token, some minutes away.
  for (let now = yield* Clock.currentTimeMillis; now < until && isOpen(caller); now = yield* Clock.currentTimeMillis)
    yield* Effect.sleep(Math.min(stepMillis, until - now))
  return yield* Effect.fail(new Unauthenticated({ reason: "invalid" }))
})
