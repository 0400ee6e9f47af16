import { Clock, Effect, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { Credentials, User } from "../../domain/identity/index.ts"
import { UserId } from "../../domain/ids/index.ts"
import type { Caller } from "../ports/Caller.ts"
import { TokenIssuer } from "../ports/Tokens.ts"
import { SessionStore } from "../ports/UserStore.ts"
import { changeCredentials } from "./ChangeCredentials.ts"
import { changeUserOnly, expectStatus } from "./ChangeUser.ts"
import { endChallenges } from "./EndChallenges.ts"
import { endSessions } from "./EndSessions.ts"
import { ownedAccounts } from "./OwnedAccounts.ts"
import { NotOnOneself, RetentionNotOver } from "./Refusals.ts"
import { userView } from "./UserView.ts"

/** Takes away what is known of the person (GDPR, article 17). */
export const EraseUser = Schema.Struct({ user: UserId })
export type EraseUser = typeof EraseUser.Type

const expectRetentionOver = Effect.fnUntraced(function* (user: User.User, now: Instant.Instant) {
  const until = User.retainedUntil(user.closedAt ?? now)
  // Who never had an account has no books, and nothing has to be kept (GDPR, article 17 (3) (b)).
  if (now < until && (yield* ownedAccounts(user.customer)).length > 0)
    return yield* Effect.fail(new RetentionNotOver({ userId: user.id, until }))
})

/**
 * Old sessions keep no address and no program, and their grants end once more: an end that a crash cut short may have left
 * some. Errors: UserStoreUnavailable.
 */
const forgetSessions = Effect.fnUntraced(function* (user: UserId) {
  const sessions = yield* SessionStore
  const issuer = yield* TokenIssuer
  const forgotten = yield* sessions.forget(user)
  yield* Effect.forEach(forgotten, (session) => issuer.revoke(session), { concurrency: 8, discard: true })
})

/**
 * Address, profile, credentials, known devices and what sessions tell of devices go; ids and the books stay. Erasing again finishes what a crash left. Errors, first wins:
 * NotOnOneself, UserNotFound, UserStatusConflict (not closed), RetentionNotOver, UserChanged, UserStoreUnavailable,
 * AccountStoreUnavailable.
 */
export const eraseUser = Effect.fn("users.erase")(function* ({ user: id }: EraseUser, caller: Caller) {
  if (caller.user === id) return yield* Effect.fail(new NotOnOneself({}))
  const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
  const { after } = yield* changeUserOnly(id, undefined, (user) =>
    Effect.gen(function* () {
      if (user.status === "erased") return user
      yield* expectStatus(user, "closed")
      yield* expectRetentionOver(user, now)
      return User.erased(user)
    })
  )
  yield* changeCredentials(id, (credentials) => Effect.succeed(Credentials.erased(credentials))).pipe(
    Effect.catchTag("IdentityTaken", Effect.die)
  )
  yield* endChallenges(id)
  yield* endSessions(id, {})
  yield* forgetSessions(id)
  return userView(after)
})
