import { Clock, Effect, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { User } from "../../domain/identity/index.ts"
import { UserId } from "../../domain/ids/index.ts"
import { Secrets } from "../ports/Crypto.ts"
import { ChallengeStore, UserStore } from "../ports/UserStore.ts"
import { ChangeEmailData, changeOf } from "./ChangeEmail.ts"
import { changeUser, expectStatus } from "./ChangeUser.ts"
import { endBegun } from "./EndChallenges.ts"
import { codeText, MailedCode } from "./MailedCode.ts"
import { mailLater } from "./Mailing.ts"
import { InvalidCode } from "./Refusals.ts"
import { userView } from "./UserView.ts"

/** Makes the other address the user's, by the code that was mailed there. */
export const ConfirmEmail = Schema.Struct({ user: UserId, code: MailedCode })
export type ConfirmEmail = typeof ConfirmEmail.Type

/**
 * The old address is told, and what was begun before ends: resets, logins and other changes. A code has 5 attempts and an hour. Errors, first wins: UserNotFound, UserStatusConflict,
 * InvalidCode, EmailTaken, UserChanged, UserStoreUnavailable.
 */
export const confirmEmail = Effect.fn("users.confirmEmail")(function* (command: ConfirmEmail) {
  const challenges = yield* ChallengeStore
  const secrets = yield* Secrets
  const users = yield* UserStore
  const user = yield* users.find(command.user)
  yield* expectStatus(user, "active")
  const digest = secrets.digest(changeOf(user.id))
  const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
  const invalid = Effect.fail(new InvalidCode({}))
  const attempted = yield* challenges.attempt("change_email", digest, now)
  if (attempted === undefined) return yield* invalid
  const { email, code } = yield* Effect.orDie(Schema.decodeEffect(ChangeEmailData)(attempted.data))
  if (secrets.digest(codeText(user.id, command.code)) !== code) return yield* invalid
  if ((yield* challenges.take("change_email", digest, now)) === undefined) return yield* invalid
  const { before, after } = yield* changeUser(user.id, undefined, (found) =>
    Effect.as(expectStatus(found, "active"), User.next(found, { email, emailVerifiedAt: now }))
  )
  yield* endBegun(user.id)
  yield* mailLater(before.email, { template: "email_changed" })
  return userView(after)
})
