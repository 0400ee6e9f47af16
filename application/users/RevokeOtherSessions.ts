import { Effect, Schema } from "effect"
import { SessionId, UserId } from "../../domain/ids/index.ts"
import type { Caller } from "../ports/Caller.ts"
import { endSessions } from "./EndSessions.ts"

/** Ends the user's sessions, but for the one that asks. */
export const RevokeOtherSessions = Schema.Struct({ user: UserId })
export type RevokeOtherSessions = typeof RevokeOtherSessions.Type

export const SessionsRevoked = Schema.Struct({ revoked: Schema.Array(SessionId) })
export type SessionsRevoked = typeof SessionsRevoked.Type

/** The sessions that this ended. Errors: UserStoreUnavailable. */
export const revokeOtherSessions = Effect.fn("users.revokeOtherSessions")(function* (
  { user }: RevokeOtherSessions,
  caller: Caller
) {
  const { session } = caller
  const revoked = yield* endSessions(user, session === undefined ? {} : { except: session })
  return { revoked } satisfies SessionsRevoked
})
