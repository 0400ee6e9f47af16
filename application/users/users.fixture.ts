/** The bank's users in memory, with what proves them made visible: hashes, codes and signatures that a test can write. */
import { test } from "node:test"
import { Clock, Context, Effect, Layer, Result } from "effect"
import { TestClock } from "effect/testing"
import * as Ids from "../../adapters/ids/index.ts"
import * as Memory from "../../adapters/memory/index.ts"
import { Product } from "../../domain/accounts/index.ts"
import { Instant } from "../../domain/calendar/index.ts"
import { BranchId, type Credentials, Permission, TenantId, User } from "../../domain/identity/index.ts"
import { CustomerId, TypedId, UserId } from "../../domain/ids/index.ts"
import { run } from "../../infra/testing/effect.ts"
import { Bank } from "../ports/Bank.ts"
import type { Caller } from "../ports/Caller.ts"
import { BreachedPasswords, HashingOverloaded, PasswordHasher, Secrets } from "../ports/Crypto.ts"
import { Ids as IdsPort } from "../ports/Ids.ts"
import type { Origin } from "../ports/Origin.ts"
import { IdentityVerification, type Mail, Mailer, MailUndeliverable } from "../ports/Outside.ts"
import { PasskeyRefused, Passkeys, TotpCodes } from "../ports/SecondFactors.ts"
import { Terms } from "../ports/Terms.ts"
import { TokenIssuer } from "../ports/Tokens.ts"
import { LoginThrottle, SessionStore, UserStore } from "../ports/UserStore.ts"
import { openSession } from "./index.ts"

/** What the world outside has seen, and how it behaves. */
export class World extends Context.Service<
  World,
  {
    readonly mails: Array<{ readonly to: User.Email } & Mail>
    /** Sessions whose refresh tokens were ended. */
    readonly revoked: Array<string>
    /** Passwords that were compared with a hash, or with none. */
    readonly verified: Array<string>
    isMailDown: boolean
    isHasherBusy: boolean
    verification: "approved" | "rejected" | "review"
  }
>()("bank/application/users/World") {}

const world = Layer.sync(World, () =>
  World.of({
    mails: [],
    revoked: [],
    verified: [],
    isMailDown: false,
    isHasherBusy: false,
    verification: "approved"
  })
)

/** The hash of a password by the present parameters, and by those before. */
export const hashOf = (password: string): string => `now:${password}`
export const oldHashOf = (password: string): string => `old:${password}`

/** The code of an authenticator app at a time. */
export const codeAt = (millis: number): string => String(Math.floor(millis / 30_000) % 1_000_000).padStart(6, "0")

/** What a passkey answers to a challenge. */
export const answerOf = (id: string, challenge: string) => ({ id, signature: `key-${id} ${challenge}` })

/** The challenge inside options. */
export const challengeIn = (options: { readonly [key: string]: unknown }): string => String(options.challenge)

const fakes = Layer.effectContext(
  Effect.gen(function* () {
    const seen = yield* World
    let counter = 0
    const next = (width: number): string => String(++counter).padStart(width, "0")
    const challenge = () => `challenge-${next(4)}`
    const hashed = <A>(make: () => A) =>
      Effect.suspend(() => (seen.isHasherBusy ? Effect.fail(new HashingOverloaded({})) : Effect.succeed(make())))
    return Context.empty().pipe(
      Context.add(
        PasswordHasher,
        PasswordHasher.of({
          hash: (password) => hashed(() => hashOf(password)),
          verify: (password, hash) =>
            hashed(() => {
              seen.verified.push(password)
              return hash === hashOf(password) ? "right" : hash === oldHashOf(password) ? "stale" : "wrong"
            })
        })
      ),
      Context.add(
        Secrets,
        Secrets.of({
          token: Effect.sync(() => `token-${next(16)}`),
          digits: (length) => Effect.sync(() => next(length)),
          recoveryCode: Effect.sync(() => `RECV-${next(4)}`),
          digest: (text) => `#${text}`
        })
      ),
      Context.add(
        BreachedPasswords,
        BreachedPasswords.of({ has: (password) => Effect.succeed(password === "password1234") })
      ),
      Context.add(
        TotpCodes,
        TotpCodes.of({
          make: (account) => Effect.succeed({ secret: "JBSWY3DP", uri: `otpauth://totp/bank:${account}` }),
          stepOf: (_secret, code, epochMillis) => {
            const present = Math.floor(epochMillis / 30_000)
            return [present, present - 1, present + 1].find((step) => codeAt(step * 30_000) === code)
          }
        })
      ),
      Context.add(
        Passkeys,
        Passkeys.of({
          registration: (user) =>
            Effect.sync(() => {
              const made = challenge()
              return { options: { challenge: made, user: user.id }, challenge: made }
            }),
          register: (answer, made) =>
            answer.signature === `new ${made}`
              ? Effect.succeed({
                  id: String(answer.id),
                  publicKey: `key-${String(answer.id)}`,
                  counter: 0,
                  transports: ["internal"]
                })
              : Effect.fail(new PasskeyRefused({ reason: "signature" })),
          authentication: (allowed) =>
            Effect.sync(() => {
              const made = challenge()
              return { options: { challenge: made, allowed: allowed.map(({ id }) => id) }, challenge: made }
            }),
          authenticate: (answer, made, passkey) =>
            answer.signature === `${passkey.publicKey} ${made}`
              ? Effect.succeed(passkey.counter + 1)
              : Effect.fail(new PasskeyRefused({ reason: "signature" }))
        })
      ),
      Context.add(
        Mailer,
        Mailer.of({
          send: (to, mail) =>
            Effect.suspend(() => {
              if (seen.isMailDown) return Effect.fail(new MailUndeliverable({ reason: "down" }))
              seen.mails.push({ to, ...mail })
              return Effect.void
            })
        })
      ),
      Context.add(
        TokenIssuer,
        TokenIssuer.of({
          issue: (session) =>
            Effect.succeed({
              accessToken: `access-${session.id}`,
              refreshToken: `refresh-${session.id}`,
              expiresInSeconds: 600,
              scopes: ["accounts:read"]
            }),
          revoke: (session) => Effect.sync(() => void seen.revoked.push(session))
        })
      ),
      Context.add(
        IdentityVerification,
        IdentityVerification.of({
          check: () => Effect.sync(() => ({ outcome: seen.verification, reference: `check-${next(4)}` }))
        })
      )
    )
  })
)

/** The bank that the tests are about. */
export const tenant = TenantId.make("bank")

/** The stores let others come between any two calls, as real ones do. */
const interleaved = Layer.effectContext(
  Effect.gen(function* () {
    const users = yield* UserStore
    const throttle = yield* LoginThrottle
    const sessions = yield* SessionStore
    const later = <A, E>(effect: Effect.Effect<A, E>) => Effect.andThen(Effect.yieldNow, effect)
    return Context.empty().pipe(
      Context.add(
        UserStore,
        UserStore.of({
          ...users,
          find: (id) => later(users.find(id)),
          save: (user) => later(users.save(user)),
          credentials: (id) => later(users.credentials(id)),
          saveCredentials: (credentials) => later(users.saveCredentials(credentials))
        })
      ),
      Context.add(SessionStore, SessionStore.of({ ...sessions, insert: (session) => later(sessions.insert(session)) })),
      Context.add(
        LoginThrottle,
        LoginThrottle.of({
          ...throttle,
          failures: (names, at, windowMillis) => later(throttle.failures(names, at, windowMillis)),
          failed: (names, at, windowMillis) => later(throttle.failed(names, at, windowMillis))
        })
      )
    )
  })
)

/** A bank with its users in memory, and a clock that stands still until a test moves it. */
export const layer = Layer.mergeAll(
  fakes,
  Memory.layer,
  Layer.provideMerge(interleaved, Memory.usersLayer),
  Memory.delegationStoreLayer,
  Layer.succeed(Terms, Terms.of({ ...Permission.termsUsual, tenant })),
  Layer.succeed(Bank, Bank.of({ identity: { country: "DE", bankCode: "10020030" }, products: Product.builtIn }))
).pipe(Layer.provideMerge(Layer.mergeAll(world, Ids.seeded(1), TestClock.layer())))

export type Services = Layer.Success<typeof layer>

/** A test of the bank, each with a bank of its own. */
export const specify = (name: string, body: Effect.Effect<void, unknown, Services>): void =>
  void test(name, () => run(body, layer))

/** The tag of a failure, or `accepted`. */
export const failureOf = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.result(effect), (outcome) => (Result.isFailure(outcome) ? outcome.failure._tag : "accepted"))

/** The failure itself. */
export const errorOf = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.flip(effect)

export const now = Effect.map(Clock.currentTimeMillis, Instant.fromMillis)

/** Where a request comes from. */
export const from = (address: string): Origin => ({ requestId: "req-1", address, userAgent: "test" })

export const home = from("203.0.113.7")

export const emailOf = (text: string): User.Email => User.Email.make(text)

export const ada = emailOf("Ada@example.com")
export const password = "correct horse battery"

/** Puts a user into the store as it is after registering, changed by what is given. */
export const enrolled = Effect.fnUntraced(function* (
  changes: { readonly user?: Partial<User.User>; readonly credentials?: Partial<Credentials.Credentials> } = {}
) {
  const ids = yield* IdsPort
  const users = yield* UserStore
  const at = yield* now
  const bytes = ids.next(at)
  const user: User.User = {
    id: UserId.make(TypedId.fromBytes("usr", bytes)),
    tenant,
    branch: BranchId.make("main"),
    customer: CustomerId.make(TypedId.fromBytes("cus", bytes)),
    status: "active",
    email: ada,
    emailVerifiedAt: at,
    profile: { fullName: "Ada Lovelace" },
    roles: ["customer"],
    kyc: { level: "none", status: "none" },
    createdAt: at,
    version: 1,
    ...changes.user
  }
  const credentials: Credentials.Credentials = {
    user: user.id,
    password: hashOf(password),
    recoveryCodes: [],
    passkeys: [],
    identities: [],
    version: 1,
    ...changes.credentials
  }
  yield* users.insert(user, credentials)
  return user
})

/** Credentials with an authenticator app. */
export const withTotp = { totp: { secret: "JBSWY3DP", confirmedAt: Instant.fromMillis(0), lastStep: -1 } }

/** A passkey that has been registered. */
export const passkey = (id: string): Credentials.Passkey => ({
  id,
  publicKey: `key-${id}`,
  counter: 0,
  transports: ["internal"],
  name: "Phone",
  createdAt: Instant.fromMillis(0)
})

/** The user as it asks, at its own app, with one factor that was proved now. */
export const callerOf = (user: User.User, changes: Partial<Caller> = {}) =>
  Effect.map(
    now,
    (authenticatedAt): Caller => ({
      id: user.id,
      tenant,
      user: user.id,
      roles: user.roles,
      scopes: [],
      kyc: user.kyc.level,
      assurance: "single",
      authenticatedAt,
      client: "bank-app",
      ...(user.customer === undefined ? {} : { customer: user.customer }),
      ...changes
    })
  )

/** The newest mail of a template to an address, where some are sent after the answer. */
export const mailed = Effect.fnUntraced(function* (to: User.Email, template: Mail["template"]) {
  const { mails } = yield* World
  yield* Effect.yieldNow
  const mail = mails.findLast((each) => each.to === to && each.template === template)
  return mail ?? (yield* Effect.die(`no mail ${template} to ${to}`))
})

/** The code or token of the newest mail of a template. */
export const secretMailed = Effect.fnUntraced(function* (to: User.Email, template: Mail["template"]) {
  const mail = yield* mailed(to, template)
  return "code" in mail ? mail.code : "token" in mail ? mail.token : yield* Effect.die("a mail without a secret")
})

/** A user with an open session, who asks from it. */
export const loggedIn = Effect.fnUntraced(function* (
  changes: Parameters<typeof enrolled>[0] = {},
  caller: Partial<Caller> = {}
) {
  const user = yield* enrolled(changes)
  const { session } = yield* openSession({
    user,
    methods: ["pwd"],
    client: "bank-app",
    origin: home,
    device: undefined
  })
  return { user, session, caller: yield* callerOf(user, { session: session.id, ...caller }) }
})

/** Of whom two factors were proved now. */
export const fresh = { assurance: "mfa" } as const
