import { Clock, Effect, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { BranchId, type Credentials, type User } from "../../domain/identity/index.ts"
import { CustomerId, TypedId, UserId } from "../../domain/ids/index.ts"
import { Secrets } from "../ports/Crypto.ts"
import { Ids } from "../ports/Ids.ts"
import { Terms } from "../ports/Terms.ts"
import { ChallengeStore, UserStore } from "../ports/UserStore.ts"
import { Ticket } from "./FactorProof.ts"
import { codeText, MailedCode } from "./MailedCode.ts"
import { InvalidCode } from "./Refusals.ts"
import { RegistrationData } from "./RegisterUser.ts"
import { userView } from "./UserView.ts"

/** Completes a registration by the code that was mailed. */
export const VerifyEmail = Schema.Struct({ ticket: Ticket, code: MailedCode })
export type VerifyEmail = typeof VerifyEmail.Type

/** The branch of customers who have registered by themselves. */
const branch = BranchId.make("main")

/**
 * Makes the user, active and a customer, who then logs in. A code has 5 attempts and an hour. Errors, first wins:
 * InvalidCode, EmailTaken, UserStoreUnavailable.
 */
export const verifyEmail = Effect.fn("users.verifyEmail")(function* ({ ticket, code }: VerifyEmail) {
  const { tenant } = yield* Terms
  const users = yield* UserStore
  const challenges = yield* ChallengeStore
  const secrets = yield* Secrets
  const ids = yield* Ids
  const millis = yield* Clock.currentTimeMillis
  const now = Instant.fromMillis(millis)
  const digest = secrets.digest(ticket)
  const invalid = Effect.fail(new InvalidCode({}))
  const attempted = yield* challenges.attempt("verify_email", digest, now)
  if (attempted === undefined) return yield* invalid
  const registration = yield* Effect.orDie(Schema.decodeEffect(RegistrationData)(attempted.data))
  if (secrets.digest(codeText(ticket, code)) !== registration.code) return yield* invalid
  if ((yield* challenges.take("verify_email", digest, now)) === undefined) return yield* invalid
  const id = UserId.make(TypedId.fromBytes("usr", ids.next(millis)))
  const user: User.User = {
    id,
    tenant,
    branch,
    customer: CustomerId.make(TypedId.fromBytes("cus", ids.next(millis))),
    status: "active",
    email: registration.email,
    emailVerifiedAt: now,
    profile: registration.profile,
    roles: ["customer"],
    kyc: { level: "none", status: "none" },
    createdAt: now,
    version: 1
  }
  const credentials: Credentials.Credentials = {
    user: id,
    password: registration.password,
    recoveryCodes: [],
    passkeys: [],
    identities: [],
    version: 1
  }
  yield* users.insert(user, credentials).pipe(Effect.catchTag("IdentityTaken", Effect.die))
  return userView(user)
})
