import { Effect, Schema } from "effect"
import { SessionId, UserId } from "../../domain/ids/index.ts"
import { SessionNotFound, SessionStore } from "../ports/UserStore.ts"
import { endSessions } from "./EndSessions.ts"
import type { Accepted } from "./RequestPasswordReset.ts"

/** Ends a session, the caller's own or another of the user's. */
export const RevokeSession = Schema.Struct({ user: UserId, session: SessionId })
export type RevokeSession = typeof RevokeSession.Type

/**
 * Revoking again is answered as the first time, so a retry needs no key. Errors, first wins: SessionNotFound,
 * UserStoreUnavailable.
 */
export const revokeSession = Effect.fn("users.revokeSession")(function* (command: RevokeSession) {
  const { user, session: sessionId } = command
  const sessions = yield* SessionStore
  const session = yield* sessions.find(sessionId)
  if (session.user !== user) return yield* Effect.fail(new SessionNotFound({ sessionId }))
  yield* endSessions(user, { only: sessionId })
  return {} satisfies Accepted
})
