import { Clock, Effect, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { Password, User } from "../../domain/identity/index.ts"
import { PasswordHasher, Secrets } from "../ports/Crypto.ts"
import type { Origin } from "../ports/Origin.ts"
import { Mailer } from "../ports/Outside.ts"
import { Terms } from "../ports/Terms.ts"
import { ChallengeStore, UserStore } from "../ports/UserStore.ts"
import { Ticket } from "./FactorProof.ts"
import { subjectOf } from "./LogIn.ts"
import { admitMail, codeAttempts, codeDigits, codeMillis, codeText, mayMail } from "./MailedCode.ts"
import { checkPassword } from "./NewPassword.ts"

/** Registers a customer, who exists once the code that is mailed comes back. */
export const RegisterUser = Schema.Struct({
  email: User.Email,
  password: Password.Password,
  profile: User.Profile
})
export type RegisterUser = typeof RegisterUser.Type

/** What comes back with the mailed code. */
export const Registration = Schema.Struct({ ticket: Ticket })
export type Registration = typeof Registration.Type

/** A registration that waits for its code. */
export const RegistrationData = Schema.fromJsonString(
  Schema.Struct({ email: User.Email, password: Schema.String, profile: User.Profile, code: Schema.String })
)

/**
 * Answers the same whether the address is taken or not: the mail tells. Until the code comes back there is no user, only a
 * registration that is found by its ticket: nobody can put a password of its own before a stranger's verification, and
 * nothing is kept of who never verified. Errors, first wins: PasswordRefused, LoginThrottled (by the caller's address),
 * HashingOverloaded, MailUndeliverable, UserStoreUnavailable.
 */
export const registerUser = Effect.fn("users.register")(function* (command: RegisterUser, origin: Origin) {
  const { email, profile } = command
  const { tenant } = yield* Terms
  const users = yield* UserStore
  const challenges = yield* ChallengeStore
  const secrets = yield* Secrets
  const hasher = yield* PasswordHasher
  const mailer = yield* Mailer
  const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
  const chosen = yield* checkPassword(command.password, { email, name: profile.fullName })
  yield* admitMail(origin.address)
  const password = yield* hasher.hash(chosen)
  const holder = yield* users.findByEmail(tenant, email)
  const ticket = yield* secrets.token
  const code = yield* secrets.digits(codeDigits)
  // A code that is not mailed is none: else tickets without number would stand for an address, each to be guessed at.
  if (!(yield* mayMail(subjectOf(tenant, email)))) return { ticket } satisfies Registration
  yield* challenges.insert({
    digest: secrets.digest(ticket),
    kind: "verify_email",
    data: Schema.encodeSync(RegistrationData)({
      email,
      password,
      profile,
      code: secrets.digest(codeText(ticket, code))
    }),
    attemptsLeft: codeAttempts,
    expiresAt: Instant.addMillis(now, codeMillis)
  })
  yield* mailer.send(
    email,
    holder === undefined ? { template: "verify_email", code } : { template: "already_registered" }
  )
  return { ticket } satisfies Registration
})
