import { Clock, Effect, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { Password, User } from "../../domain/identity/index.ts"
import { UserId } from "../../domain/ids/index.ts"
import type { Caller } from "../ports/Caller.ts"
import { Secrets } from "../ports/Crypto.ts"
import { Mailer } from "../ports/Outside.ts"
import { ChallengeStore, UserStore } from "../ports/UserStore.ts"
import { expectStatus } from "./ChangeUser.ts"
import { confirmPassword } from "./ConfirmPassword.ts"
import { subjectOf } from "./LogIn.ts"
import { admitMailBy, codeAttempts, codeDigits, codeMillis, codeText, mayMail } from "./MailedCode.ts"
import type { Accepted } from "./RequestPasswordReset.ts"

/** Asks for a code at another address, which becomes the user's once the code comes back. */
export const ChangeEmail = Schema.Struct({
  user: UserId,
  email: User.Email,
  password: Schema.optionalKey(Password.Password)
})
export type ChangeEmail = typeof ChangeEmail.Type

/** An address that waits for its code. */
export const ChangeEmailData = Schema.fromJsonString(Schema.Struct({ email: User.Email, code: Schema.String }))

/** What finds a user's change; there is one at a time. */
export const changeOf = (user: UserId): string => `change_email ${user}`

/**
 * Answers the same whether the address is taken or not: the mail tells. Errors, first wins: UserNotFound,
 * UserStatusConflict, StepUpRequired (where there is no password), LoginThrottled, HashingOverloaded, WrongPassword,
 * LoginThrottled (where it has asked for many), MailUndeliverable, UserStoreUnavailable.
 */
export const changeEmail = Effect.fn("users.changeEmail")(function* (command: ChangeEmail, caller: Caller) {
  const { email } = command
  const users = yield* UserStore
  const challenges = yield* ChallengeStore
  const secrets = yield* Secrets
  const mailer = yield* Mailer
  const user = yield* users.find(command.user)
  yield* expectStatus(user, "active")
  yield* confirmPassword(user.id, command.password, caller)
  yield* admitMailBy(user.id)
  const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
  const holder = yield* users.findByEmail(user.tenant, email)
  const code = yield* secrets.digits(codeDigits)
  const digest = secrets.digest(changeOf(user.id))
  yield* challenges.take("change_email", digest, now)
  // A code that is not mailed is none: else an address would be guessed at without end.
  if (!(yield* mayMail(subjectOf(user.tenant, email)))) return {} satisfies Accepted
  yield* challenges.insert({
    digest,
    kind: "change_email",
    user: user.id,
    data: Schema.encodeSync(ChangeEmailData)({ email, code: secrets.digest(codeText(user.id, code)) }),
    attemptsLeft: codeAttempts,
    expiresAt: Instant.addMillis(now, codeMillis)
  })
  const isTaken = holder !== undefined && holder.id !== user.id
  yield* mailer.send(email, isTaken ? { template: "already_registered" } : { template: "change_email", code })
  return {} satisfies Accepted
})
