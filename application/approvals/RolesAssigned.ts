/** A change of a user's roles that a second person has approved. */
import { Clock, Effect, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { User } from "../../domain/identity/index.ts"
import type { UserId } from "../../domain/ids/index.ts"
import type { Caller } from "../ports/Caller.ts"
import { TokenIssuer } from "../ports/Tokens.ts"
import { SessionStore, UserStore } from "../ports/UserStore.ts"
import { type AssignRoles, assignRoles } from "../users/index.ts"

/** What is told of a change of roles: nothing personal, for everybody who reads approvals sees it. */
const { id, roles, branch, version } = User.User.fields
export const RolesAssigned = Schema.Struct({ id, roles, branch, version })

const rolesOf = ({ id, roles, branch, version }: User.User) => ({ id, roles, branch, version })

/** Ends the sessions that a crash may have left with the roles of before. */
const endSessions = Effect.fnUntraced(function* (user: UserId) {
  const sessions = yield* SessionStore
  const issuer = yield* TokenIssuer
  const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
  yield* Effect.forEach(yield* sessions.revoke(user, {}, now), issuer.revoke)
})

/**
 * Roles that are as asked for already are left alone, so that a crash after the change does not make it fail. Errors: those
 * of `assignRoles`.
 */
export const rolesAssigned = Effect.fnUntraced(function* (command: AssignRoles, caller: Caller) {
  const users = yield* UserStore
  const { user, expectedVersion, roles, branch } = command
  const stored = yield* users.find(user)
  const isDone =
    stored.roles.length === roles.length &&
    roles.every((role) => stored.roles.includes(role)) &&
    (branch === undefined || stored.branch === branch) &&
    (expectedVersion === undefined || stored.version > expectedVersion)
  yield* isDone ? endSessions(user) : assignRoles(command, caller)
  return rolesOf(yield* users.find(user))
})
