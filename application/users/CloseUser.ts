import { Clock, Effect, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { Password, User } from "../../domain/identity/index.ts"
import { UserId } from "../../domain/ids/index.ts"
import type { Caller } from "../ports/Caller.ts"
import { UserStore } from "../ports/UserStore.ts"
import { changeUserOnly, expectStatus } from "./ChangeUser.ts"
import { confirmPassword } from "./ConfirmPassword.ts"
import { endSessions } from "./EndSessions.ts"
import { ownedAccounts } from "./OwnedAccounts.ts"
import { AccountsOutstanding, LastAdministrator } from "./Refusals.ts"
import { versioned } from "./UpdateProfile.ts"
import { userView } from "./UserView.ts"

/** Ends the relationship with a user: it does not log in any more. `password` is the user's own, who closes itself. */
export const CloseUser = Schema.Struct({
  user: UserId,
  ...versioned,
  password: Schema.optionalKey(Password.Password)
})
export type CloseUser = typeof CloseUser.Type

/** Accounts that are named at most. */
const namedMax = 10

const expectNoAccounts = Effect.fnUntraced(function* ({ customer }: User.User) {
  const open = (yield* ownedAccounts(customer)).filter(({ status }) => status !== "closed")
  if (open.length > 0)
    return yield* Effect.fail(new AccountsOutstanding({ accounts: open.slice(0, namedMax).map(({ id }) => id) }))
})

/**
 * Ends all its sessions and keeps its data (`User.retainedUntil`). Who closes itself gives its password, an administrator
 * does not. An administrator's own role has to be taken away first, by another one. Closing again ends what a crash left
 * open and answers the closed user. Errors, first wins: UserNotFound, StepUpRequired (where there is no password),
 * LoginThrottled, HashingOverloaded, WrongPassword, UserChanged, UserStatusConflict (erased), LastAdministrator,
 * AccountsOutstanding, UserStoreUnavailable, AccountStoreUnavailable.
 */
export const closeUser = Effect.fn("users.close")(function* (command: CloseUser, caller: Caller) {
  const { user: id, expectedVersion, password } = command
  const users = yield* UserStore
  const found = yield* users.find(id)
  if (caller.user === id) yield* confirmPassword(id, password, caller)
  if (found.status === "closed") {
    yield* endSessions(id, {})
    return userView(found)
  }
  const closedAt = Instant.fromMillis(yield* Clock.currentTimeMillis)
  const { after } = yield* changeUserOnly(id, expectedVersion, (user) =>
    Effect.gen(function* () {
      yield* expectStatus(user, "pending", "active")
      if (user.roles.includes("administrator")) return yield* Effect.fail(new LastAdministrator({}))
      yield* expectNoAccounts(user)
      return User.next(user, { status: "closed", closedAt })
    })
  )
  yield* endSessions(id, {})
  return userView(after)
})
