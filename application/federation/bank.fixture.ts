/** The bank's users in memory, and what is outside of it as a test can write it: codes, secrets, mail that goes nowhere. */
import { Clock, Effect, Layer, Result } from "effect"
import { TestClock } from "effect/testing"
import * as Ids from "../../adapters/ids/index.ts"
import * as Memory from "../../adapters/memory/index.ts"
import { Instant } from "../../domain/calendar/index.ts"
import { BranchId, type Credentials, Permission, TenantId, User } from "../../domain/identity/index.ts"
import { CustomerId, TypedId, UserId } from "../../domain/ids/index.ts"
import { sha256 } from "../../domain/proofs/index.ts"
import type { Caller } from "../ports/Caller.ts"
import { Secrets } from "../ports/Crypto.ts"
import { Ids as IdsPort } from "../ports/Ids.ts"
import type { Origin } from "../ports/Origin.ts"
import { Mailer } from "../ports/Outside.ts"
import { PasskeyRefused, Passkeys, TotpCodes } from "../ports/SecondFactors.ts"
import { Terms } from "../ports/Terms.ts"
import { UserStore } from "../ports/UserStore.ts"
import { providers } from "./providers.fixture.ts"

export const tenant = TenantId.make("bank")

const hexOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")

const secrets = Layer.sync(Secrets, () => {
  let count = 0
  const next = (width: number): string => String(++count).padStart(width, "0")
  return Secrets.of({
    token: Effect.sync(() => `token-${next(16)}`),
    digits: (length) => Effect.sync(() => next(length)),
    recoveryCode: Effect.sync(() => next(16)),
    digest: (text) => hexOf(sha256(new TextEncoder().encode(text)))
  })
})

/** The code of everybody's authenticator app at a time. */
export const codeAt = (millis: number): string =>
  String(Math.floor(millis / 30_000))
    .padStart(6, "0")
    .slice(-6)

const totp = Layer.succeed(
  TotpCodes,
  TotpCodes.of({
    make: () => Effect.succeed({ secret: "JBSWY3DP", uri: "otpauth://totp/bank" }),
    stepOf: (_secret, code, millis) => (code === codeAt(millis) ? Math.floor(millis / 30_000) : undefined)
  })
)

const refused = Effect.fail(new PasskeyRefused({ reason: "test" }))

const passkeys = Layer.succeed(
  Passkeys,
  Passkeys.of({
    registration: () => Effect.succeed({ options: {}, challenge: "" }),
    register: () => refused,
    authentication: () => Effect.succeed({ options: {}, challenge: "" }),
    authenticate: () => refused
  })
)

/** Everything that a login at another provider needs, and a clock that stands still until a test moves it. */
export const services = Layer.mergeAll(
  Memory.usersLayer,
  providers,
  passkeys,
  secrets,
  totp,
  Layer.succeed(Mailer, Mailer.of({ send: () => Effect.void })),
  Layer.succeed(Terms, Terms.of({ ...Permission.termsUsual, tenant }))
).pipe(Layer.provideMerge(Layer.mergeAll(Ids.seeded(1), TestClock.layer())))

export type Services = Layer.Success<typeof services>

/** The tag of a failure, or `accepted`. */
export const failureOf = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.result(effect), (outcome) => (Result.isFailure(outcome) ? outcome.failure._tag : "accepted"))

export const now = Effect.map(Clock.currentTimeMillis, Instant.fromMillis)

export const home: Origin = { requestId: "req-1", address: "203.0.113.7", userAgent: "test" }

/** Puts Ada into the store, with a password unless told otherwise. */
export const enrolled = Effect.fnUntraced(function* (
  changes: { readonly user?: Partial<User.User>; readonly credentials?: Partial<Credentials.Credentials> } = {}
) {
  const createdAt = yield* now
  const bytes = (yield* IdsPort).next(createdAt)
  const user: User.User = {
    id: UserId.make(TypedId.fromBytes("usr", bytes)),
    tenant,
    branch: BranchId.make("main"),
    customer: CustomerId.make(TypedId.fromBytes("cus", bytes)),
    status: "active",
    email: User.Email.make("ada@example.com"),
    roles: ["customer"],
    kyc: { level: "none", status: "none" },
    createdAt,
    version: 1,
    ...changes.user
  }
  const none = { recoveryCodes: [], passkeys: [], identities: [], version: 1 }
  yield* (yield* UserStore).insert(user, { user: user.id, password: "a hash", ...none, ...changes.credentials })
  return user
})

/** Credentials with an authenticator app. */
export const withTotp = { totp: { secret: "JBSWY3DP", confirmedAt: Instant.fromMillis(0), lastStep: -1 } }

/** A user as it asks, logged in with one factor when it was registered. */
export const callerOf = (user: User.User): Caller => ({
  id: `${user.id}:app`,
  tenant,
  user: user.id,
  roles: user.roles,
  scopes: [],
  kyc: "none",
  assurance: "single",
  authenticatedAt: user.createdAt,
  client: "app"
})
