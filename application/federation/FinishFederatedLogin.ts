import { Clock, Effect, Option, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { BranchId, type Credentials, Lockout, User } from "../../domain/identity/index.ts"
import { CustomerId, TypedId, UserId } from "../../domain/ids/index.ts"
import { Ids } from "../ports/Ids.ts"
import type { Origin } from "../ports/Origin.ts"
import type { FederatedUser } from "../ports/Outside.ts"
import { Terms } from "../ports/Terms.ts"
import { UserStore } from "../ports/UserStore.ts"
import { continueLogin, InvalidLogin, knownDevice, subjectOf } from "../users/index.ts"
import { EmailNotVerified, LinkRequired } from "./Refusals.ts"
import { answered, complete } from "./Ticket.ts"

/** Completes a login at another provider; `device` is what the device kept of its last login, if anything. */
export const FinishFederatedLogin = Schema.Struct({
  ...answered,
  device: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(128)))
})
export type FinishFederatedLogin = typeof FinishFederatedLogin.Type

/** The branch of customers who have registered by themselves. */
const branch = BranchId.make("main")

const emailOf = Schema.decodeUnknownOption(User.Email)
const profileOf = Schema.decodeUnknownOption(User.Profile)

/**
 * A new customer, known by the login over there and by nothing else yet. Its address was verified over there: one that was
 * not may be a stranger's, who would find this login in its own account one day.
 */
const registered = Effect.fnUntraced(function* (provider: string, person: FederatedUser) {
  const { tenant } = yield* Terms
  const users = yield* UserStore
  const ids = yield* Ids
  const { issuer, subject, emailVerified, name } = person
  const email = emailVerified ? emailOf(person.email) : Option.none()
  if (Option.isNone(email)) return yield* Effect.fail(new EmailNotVerified({ provider }))
  if ((yield* users.findByEmail(tenant, email.value)) !== undefined) return yield* Effect.fail(new LinkRequired({}))
  const millis = yield* Clock.currentTimeMillis
  const now = Instant.fromMillis(millis)
  const id = UserId.make(TypedId.fromBytes("usr", ids.next(millis)))
  const profile = profileOf({ fullName: name?.trim() })
  const user: User.User = {
    id,
    tenant,
    branch,
    customer: CustomerId.make(TypedId.fromBytes("cus", ids.next(millis))),
    status: "active",
    email: email.value,
    emailVerifiedAt: now,
    ...(Option.isSome(profile) ? { profile: profile.value } : {}),
    roles: ["customer"],
    kyc: { level: "none", status: "none" },
    createdAt: now,
    version: 1
  }
  const credentials: Credentials.Credentials = {
    user: id,
    recoveryCodes: [],
    passkeys: [],
    identities: [{ issuer, subject, linkedAt: now }],
    version: 1
  }
  return yield* users.insert(user, credentials).pipe(
    Effect.as(user),
    // Another login of the same person, or another person with its address, was faster.
    Effect.catchTag(["EmailTaken", "IdentityTaken"], () =>
      Effect.flatMap(users.findByIdentity(tenant, issuer, subject), (first) =>
        first === undefined ? Effect.fail(new LinkRequired({})) : Effect.succeed(first)
      )
    )
  )
})

/**
 * Logs in whoever the login over there is linked to, and goes on to the second factor where that user has one. Whom it is
 * linked to nobody of yet is registered, unless a user has the address: an address that another provider names never opens
 * what is here. Errors, first wins: FederatedLoginExpired, UnknownProvider, FederationFailed, EmailNotVerified,
 * LinkRequired, InvalidLogin (closed meanwhile), UserStoreUnavailable.
 */
export const finishFederatedLogin = Effect.fn("federation.finishLogin")(function* (
  command: FinishFederatedLogin,
  client: string,
  origin: Origin
) {
  const { tenant } = yield* Terms
  const users = yield* UserStore
  const { provider, person } = yield* complete(command, undefined)
  const known = yield* users.findByIdentity(tenant, person.issuer, person.subject)
  const user = known ?? (yield* registered(provider, person))
  if (user.status !== "active") return yield* Effect.fail(new InvalidLogin({}))
  const device = yield* knownDevice(command.device, user.id)
  const bounds = Lockout.boundsOf({
    user: user.email === undefined ? user.id : subjectOf(tenant, user.email),
    source: Lockout.sourceOf(origin.address),
    device
  })
  return yield* continueLogin({ user, methods: ["federated"], client, origin, device }, bounds)
})
