/** The world around the users of a test's bank, made visible: hashes, codes and signatures that a test can write. */
import { createHash } from "node:crypto"
import { Context, Effect, Layer } from "effect"
import { Authenticator, type Caller, Unauthenticated } from "../../application/ports/Caller.ts"
import { BreachedPasswords, PasswordHasher, Secrets } from "../../application/ports/Crypto.ts"
import {
  FederationFailed,
  IdentityProviders,
  IdentityVerification,
  UnknownProvider
} from "../../application/ports/Outside.ts"
import { PasskeyRefused, Passkeys, TotpCodes } from "../../application/ports/SecondFactors.ts"
import { TokenIssuer } from "../../application/ports/Tokens.ts"
import { SessionStore } from "../../application/ports/UserStore.ts"
import { scopes } from "../../domain/identity/index.ts"

/** The code of every authenticator app at a time. */
export const codeAt = (millis: number): string => String(Math.floor(millis / 30_000) % 1_000_000).padStart(6, "0")

/** Where the provider of the tests sends a browser back to, once someone has logged in there. */
export const callbackOf = (subject: string): string => `https://login.bank.test/federated?subject=${subject}`

const secrets = Layer.sync(Secrets, () => {
  let made = 0
  const next = (width: number): string => String(++made).padStart(width, "0")
  return Secrets.of({
    token: Effect.sync(() => `secret-${next(16)}`),
    digits: (length) => Effect.sync(() => next(length)),
    recoveryCode: Effect.sync(() => `recv-${next(4)}`),
    digest: (text) => createHash("sha256").update(text).digest("hex")
  })
})

const hasher = Layer.succeed(PasswordHasher, {
  hash: (password) => Effect.succeed(`hash of ${password}`),
  verify: (password, hash) => Effect.succeed(hash === `hash of ${password}` ? "right" : "wrong")
})

const breached = Layer.succeed(BreachedPasswords, { has: (password) => Effect.succeed(password === "password1234") })

const totp = Layer.succeed(TotpCodes, {
  make: (account) => Effect.succeed({ secret: "JBSWY3DPEHPK3PXP", uri: `otpauth://totp/bank:${account}` }),
  stepOf: (_secret, code, epochMillis) => {
    const present = Math.floor(epochMillis / 30_000)
    return [present, present - 1, present + 1].find((step) => codeAt(step * 30_000) === code)
  }
})

const passkeys = Layer.sync(Passkeys, () => {
  let made = 0
  const begin = Effect.sync(() => {
    const challenge = `challenge-${++made}`
    return { options: { challenge }, challenge }
  })
  const refused = Effect.fail(new PasskeyRefused({ reason: "signature" }))
  return Passkeys.of({
    registration: () => begin,
    register: ({ id, signature }, challenge) =>
      typeof id === "string" && signature === `new ${challenge}`
        ? Effect.succeed({ id, publicKey: `key-${id}`, counter: 0, transports: ["internal"] })
        : refused,
    authentication: () => begin,
    authenticate: ({ signature }, challenge, { publicKey, counter }) =>
      signature === `${publicKey} ${challenge}` ? Effect.succeed(counter + 1) : refused
  })
})

const verification = Layer.succeed(IdentityVerification, {
  check: (_user, level) =>
    Effect.succeed({ outcome: level === "basic" ? "approved" : "review", reference: "check-4711" } as const)
})

const providers = Layer.succeed(IdentityProviders, {
  all: [{ name: "elsewhere", title: "Elsewhere" }],
  begin: (provider) =>
    provider === "elsewhere"
      ? Effect.succeed({ url: "https://elsewhere.test/authorize", state: "state", kept: "kept" })
      : Effect.fail(new UnknownProvider({ provider })),
  complete: (provider, callback) => {
    const subject = new URL(callback).searchParams.get("subject")
    return subject === null
      ? Effect.fail(new FederationFailed({ provider, reason: "nobody" }))
      : Effect.succeed({
          issuer: "https://elsewhere.test",
          subject,
          email: `${subject}@elsewhere.test`,
          emailVerified: true,
          name: "Eve Elsewhere"
        })
  }
})

/**
 * Tokens that this test's bank knows until their sessions are revoked: those that it issues at logins, and those that a
 * test gives to callers of its own.
 */
export const tokens = (given: (token: string) => Caller | undefined) =>
  Layer.effectContext(
    Effect.gen(function* () {
      const sessions = yield* SessionStore
      const issued = new Map<string, Caller>()
      let made = 0
      const invalid = Effect.fail(new Unauthenticated({ reason: "invalid" }))
      const open = (caller: Caller) =>
        caller.session === undefined
          ? Effect.succeed(caller)
          : sessions.find(caller.session).pipe(
              Effect.catch(() => invalid),
              Effect.flatMap(({ revokedAt }) => (revokedAt === undefined ? Effect.succeed(caller) : invalid))
            )
      return Context.make(
        Authenticator,
        Authenticator.of({
          isOpen: () => true,
          authenticate: ({ token }) => {
            const caller = given(token) ?? issued.get(token)
            return caller === undefined ? invalid : open(caller)
          }
        })
      ).pipe(
        Context.add(
          TokenIssuer,
          TokenIssuer.of({
            issue: (session, user) =>
              Effect.sync(() => {
                const accessToken = `access-${++made}`
                issued.set(accessToken, {
                  id: user.id,
                  tenant: user.tenant,
                  user: user.id,
                  ...(user.customer === undefined ? {} : { customer: user.customer }),
                  branch: user.branch,
                  roles: user.roles,
                  scopes,
                  kyc: user.kyc.level,
                  assurance: session.assurance,
                  authenticatedAt: session.authenticatedAt,
                  client: session.client,
                  session: session.id
                })
                return { accessToken, refreshToken: `refresh-${made}`, expiresInSeconds: 600, scopes }
              }),
            revoke: () => Effect.void
          })
        )
      )
    })
  )

/** All of it but the tokens and the mail. */
export const outside = Layer.mergeAll(secrets, hasher, breached, totp, passkeys, verification, providers)
