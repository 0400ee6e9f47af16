import { Effect, Schema } from "effect"
import { Credentials, Password } from "../../domain/identity/index.ts"
import { UserId } from "../../domain/ids/index.ts"
import type { Caller } from "../ports/Caller.ts"
import { UserStore } from "../ports/UserStore.ts"
import { changeCredentials } from "./ChangeCredentials.ts"
import { expectStatus } from "./ChangeUser.ts"
import { confirmPassword } from "./ConfirmPassword.ts"
import { endBegun } from "./EndChallenges.ts"
import { endSessions } from "./EndSessions.ts"
import { mailLater } from "./Mailing.ts"
import { newPassword } from "./NewPassword.ts"
import type { Accepted } from "./RequestPasswordReset.ts"

/** Sets a new password; `oldPassword` is needed where there is one. */
export const ChangePassword = Schema.Struct({
  user: UserId,
  oldPassword: Schema.optionalKey(Password.Password),
  password: Password.Password
})
export type ChangePassword = typeof ChangePassword.Type

/**
 * Ends the user's other sessions, and what was begun before: resets, logins and changes of the address. Errors, first wins:
 * UserNotFound, UserStatusConflict, StepUpRequired (where there is no old password), LoginThrottled, HashingOverloaded,
 * WrongPassword, PasswordRefused, UserChanged, UserStoreUnavailable.
 */
export const changePassword = Effect.fn("users.changePassword")(function* (command: ChangePassword, caller: Caller) {
  const users = yield* UserStore
  const user = yield* users.find(command.user)
  yield* expectStatus(user, "active")
  yield* confirmPassword(user.id, command.oldPassword, caller)
  const { email, profile } = user
  const hash = yield* newPassword(command.password, { email, name: profile?.fullName })
  yield* changeCredentials(user.id, (credentials) =>
    Effect.succeed(Credentials.next(credentials, { password: hash }))
  ).pipe(Effect.catchTag("IdentityTaken", Effect.die))
  yield* endBegun(user.id)
  yield* endSessions(user.id, caller.session === undefined ? {} : { except: caller.session })
  yield* mailLater(email, { template: "password_changed" })
  return {} satisfies Accepted
})
