import { Clock, Effect, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { Credentials, Password, User } from "../../domain/identity/index.ts"
import { Secrets } from "../ports/Crypto.ts"
import { UserStoreUnavailable } from "../ports/DelegationStore.ts"
import { ChallengeStore, UserStore } from "../ports/UserStore.ts"
import { changeCredentials } from "./ChangeCredentials.ts"
import { endBegun } from "./EndChallenges.ts"
import { endSessions } from "./EndSessions.ts"
import { Ticket } from "./FactorProof.ts"
import { mailLater } from "./Mailing.ts"
import { newPassword } from "./NewPassword.ts"
import { InvalidCode } from "./Refusals.ts"
import type { Accepted } from "./RequestPasswordReset.ts"

/** Sets a new password by the token that was mailed. */
export const ResetPassword = Schema.Struct({ token: Ticket, password: Password.Password })
export type ResetPassword = typeof ResetPassword.Type

/**
 * Ends all sessions of the user, and what was begun before. A second factor is asked for at the next login as before: who
 * reads the mail has one factor only. Errors, first wins: InvalidCode, PasswordRefused, HashingOverloaded, UserStoreUnavailable.
 */
export const resetPassword = Effect.fn("users.resetPassword")(function* ({ token, password }: ResetPassword) {
  const challenges = yield* ChallengeStore
  const users = yield* UserStore
  const digest = (yield* Secrets).digest(token)
  const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
  const invalid = Effect.fail(new InvalidCode({}))
  const shown = yield* challenges.attempt("reset_password", digest, now)
  if (shown?.user === undefined) return yield* invalid
  const user = yield* users.find(shown.user).pipe(Effect.catchTag("UserNotFound", () => invalid))
  const { email, profile } = user
  // A token that went to an address which the user has given up since is none.
  if (user.status !== "active" || email === undefined || User.emailKey(email) !== shown.data) return yield* invalid
  const hash = yield* newPassword(password, { email, name: profile?.fullName })
  if ((yield* challenges.take("reset_password", digest, now)) === undefined) return yield* invalid
  yield* changeCredentials(user.id, (credentials) =>
    Effect.succeed(Credentials.next(credentials, { password: hash }))
  ).pipe(
    Effect.catchTag("UserNotFound", () => invalid),
    Effect.catchTag("UserChanged", () => new UserStoreUnavailable({ reason: "changed by too many at once" })),
    Effect.catchTag("IdentityTaken", Effect.die)
  )
  yield* endBegun(user.id)
  yield* endSessions(user.id, {})
  yield* mailLater(email, { template: "password_changed" })
  return {} satisfies Accepted
})
