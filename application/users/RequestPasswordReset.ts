import { Clock, Effect, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { User } from "../../domain/identity/index.ts"
import { Secrets } from "../ports/Crypto.ts"
import type { Origin } from "../ports/Origin.ts"
import { Terms } from "../ports/Terms.ts"
import { ChallengeStore, UserStore } from "../ports/UserStore.ts"
import { subjectOf } from "./LogIn.ts"
import { admitMail, mayMail, tokenMillis } from "./MailedCode.ts"
import { mailLater } from "./Mailing.ts"

/** Asks for a token by mail with which a new password is set. */
export const RequestPasswordReset = Schema.Struct({ email: User.Email })
export type RequestPasswordReset = typeof RequestPasswordReset.Type

/** How often a token is shown at most: a new password may be refused some times before one is taken. */
const tokenAttempts = 10

/** Nothing is answered but that it was done. */
export const Accepted = Schema.Struct({})
export type Accepted = typeof Accepted.Type

const mailToken = Effect.fnUntraced(function* (user: User.User, email: User.Email) {
  const challenges = yield* ChallengeStore
  const secrets = yield* Secrets
  const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
  const token = yield* secrets.token
  yield* challenges.insert({
    digest: secrets.digest(token),
    kind: "reset_password",
    user: user.id,
    data: User.emailKey(email),
    attemptsLeft: tokenAttempts,
    expiresAt: Instant.addMillis(now, tokenMillis)
  })
  yield* mailLater(email, { template: "reset_password", token })
})

/**
 * Answers the same, as soon, whether there is such a user or not: the token, good for 30 minutes and the newest only, is
 * made and sent after the answer. Errors: LoginThrottled (by the caller's address), UserStoreUnavailable.
 */
export const requestPasswordReset = Effect.fn("users.requestPasswordReset")(function* (
  { email }: RequestPasswordReset,
  origin: Origin
) {
  const { tenant } = yield* Terms
  const users = yield* UserStore
  yield* admitMail(origin.address)
  const isSent = yield* mayMail(subjectOf(tenant, email))
  const user = yield* users.findByEmail(tenant, email)
  if (isSent && user?.status === "active" && user.email !== undefined) {
    const mailed = Effect.catch(mailToken(user, user.email), ({ reason }) =>
      Effect.logError("a password's reset could not be mailed", { reason })
    )
    yield* Effect.forkDetach(mailed)
  }
  return {} satisfies Accepted
})
