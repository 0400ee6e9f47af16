import { Clock, Effect } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import type { SessionId, UserId } from "../../domain/ids/index.ts"
import { TokenIssuer } from "../ports/Tokens.ts"
import { SessionStore } from "../ports/UserStore.ts"

/**
 * Ends sessions of a user: access tokens by the revocation, refresh tokens where they were issued. Gives those that this
 * ended. Errors: UserStoreUnavailable.
 */
export const endSessions = Effect.fnUntraced(function* (
  user: UserId,
  which: { readonly only: SessionId } | { readonly except?: SessionId }
) {
  const sessions = yield* SessionStore
  const issuer = yield* TokenIssuer
  const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
  const ended = yield* sessions.revoke(user, which, now)
  // One that was revoked before is not among them, and its refresh tokens may have been left by a crash.
  const toEnd = "only" in which ? [which.only] : ended
  yield* Effect.forEach(toEnd, (session) => issuer.revoke(session), { concurrency: 8, discard: true })
  return ended
})
