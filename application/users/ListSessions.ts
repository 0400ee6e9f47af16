import { Clock, Effect, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { UserId } from "../../domain/ids/index.ts"
import { SessionStore } from "../ports/UserStore.ts"
import { SessionView, sessionView } from "./UserView.ts"

export const ListSessions = Schema.Struct({ user: UserId })
export type ListSessions = typeof ListSessions.Type

export const SessionList = Schema.Struct({ items: Schema.Array(SessionView) })
export type SessionList = typeof SessionList.Type

/** The sessions of a user that are open, newest first; at most 100. Errors: UserStoreUnavailable. */
export const listSessions = Effect.fn("users.listSessions")(function* ({ user }: ListSessions) {
  const sessions = yield* SessionStore
  const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
  return { items: (yield* sessions.of(user, now)).map(sessionView) } satisfies SessionList
})
