import { Result, Schema } from "effect"
import { Instant } from "../calendar/index.ts"
import { UserId } from "../ids/index.ts"

/** A time-based one-time password (RFC 6238): SHA-1, 6 digits, 30 seconds. */
export const Totp = Schema.Struct({
  /** Base32 (RFC 4648) of 20 random bytes. */
  secret: Schema.String,
  /** Not set until a first code has shown that the user's device has it. */
  confirmedAt: Schema.optionalKey(Instant.Instant),
  /** The last 30-second step whose code was taken: none is taken twice. */
  lastStep: Schema.Int
})
export type Totp = typeof Totp.Type

/** A WebAuthn credential (Level 3). */
export const Passkey = Schema.Struct({
  /** Base64url of the credential id. */
  id: Schema.String,
  /** Base64url of the COSE public key. */
  publicKey: Schema.String,
  counter: Schema.Int,
  transports: Schema.Array(Schema.String),
  /** What the user calls the device. */
  name: Schema.String,
  createdAt: Instant.Instant,
  lastUsedAt: Schema.optionalKey(Instant.Instant)
})
export type Passkey = typeof Passkey.Type

/** A login at another identity provider that opens this user's. */
export const LinkedIdentity = Schema.Struct({
  /** The provider's issuer (OpenID Connect Core, 2) and its name for the user. */
  issuer: Schema.String,
  subject: Schema.String,
  linkedAt: Instant.Instant
})
export type LinkedIdentity = typeof LinkedIdentity.Type

/** Everything by which a user proves who it is. `version` counts the changes from 1. */
export const Credentials = Schema.Struct({
  user: UserId,
  /** PHC string of the password's Argon2id hash; none for who only comes by passkey or another provider. */
  password: Schema.optionalKey(Schema.String),
  totp: Schema.optionalKey(Totp),
  /** Hexadecimal SHA-256 of each recovery code that is left. */
  recoveryCodes: Schema.Array(Schema.String),
  passkeys: Schema.Array(Passkey),
  identities: Schema.Array(LinkedIdentity),
  version: Schema.Int
})
export type Credentials = typeof Credentials.Type

/** Whether a password alone does not do. */
export const hasSecondFactor = ({ totp, passkeys }: Credentials): boolean =>
  totp?.confirmedAt !== undefined || passkeys.length > 0

/** Without it the user could not log in any more. */
export class LastLogin extends Schema.TaggedError<LastLogin>()("LastLogin", {}) {}

/** What is left must still log in: a code of an authenticator app or a recovery code alone is no login. */
export const keepingLogin = (left: Credentials): Result.Result<Credentials, LastLogin> =>
  left.password !== undefined || left.passkeys.length > 0 || left.identities.length > 0
    ? Result.succeed(left)
    : Result.fail(new LastLogin({}))

/** What a login may be completed by. */
export const SecondFactor = Schema.Literals(["totp", "recovery", "passkey"])
export type SecondFactor = typeof SecondFactor.Type

/** What a user can prove besides the password; recovery codes stand in for another factor and are none by themselves. */
export const secondFactorsOf = (credentials: Credentials): ReadonlyArray<SecondFactor> => {
  const { totp, passkeys, recoveryCodes } = credentials
  if (!hasSecondFactor(credentials)) return []
  return [
    ...(totp?.confirmedAt === undefined ? [] : ["totp" as const]),
    ...(recoveryCodes.length === 0 ? [] : ["recovery" as const]),
    ...(passkeys.length === 0 ? [] : ["passkey" as const])
  ]
}

/** Changed credentials are the next version. */
export const next = (
  credentials: Credentials,
  change: Partial<Omit<Credentials, "user" | "version">>
): Credentials => ({
  ...credentials,
  ...change,
  version: credentials.version + 1
})

/** Takes the code of a 30-second step; undefined where that step, or one after it, was taken before. */
export const takeStep = (credentials: Credentials, step: number | undefined): Credentials | undefined => {
  const { totp } = credentials
  return totp === undefined || step === undefined || step <= totp.lastStep
    ? undefined
    : next(credentials, { totp: { ...totp, lastStep: step } })
}

/** What a recovery code is digested as: people leave hyphens out and read 0 as O (Crockford's base32). */
export const recoveryCodeKey = (code: string): string =>
  code.toUpperCase().replaceAll(/[\s-]/gu, "").replaceAll("O", "0").replaceAll(/[IL]/gu, "1")

/** Takes a recovery code by its digest; undefined where it is none, or no longer. */
export const takeRecoveryCode = (credentials: Credentials, digest: string): Credentials | undefined =>
  credentials.recoveryCodes.includes(digest)
    ? next(credentials, { recoveryCodes: credentials.recoveryCodes.filter((each) => each !== digest) })
    : undefined

/** Notes that a passkey was used, with the counter that its authenticator has now. */
export const usePasskey = (credentials: Credentials, id: string, counter: number, now: Instant.Instant): Credentials =>
  next(credentials, {
    passkeys: credentials.passkeys.map((each) =>
      each.id === id ? { ...each, counter: Math.max(each.counter, counter), lastUsedAt: now } : each
    )
  })

/** Nothing is left to prove oneself by. */
export const erased = ({ user, version }: Credentials): Credentials => ({
  user,
  recoveryCodes: [],
  passkeys: [],
  identities: [],
  version: version + 1
})

/** Without the authenticator app; the recovery codes go with the last second factor that they stand in for. */
export const withoutTotp = ({ totp: _, ...rest }: Credentials): Credentials => {
  const left = next(rest, {})
  return hasSecondFactor(left) ? left : { ...left, recoveryCodes: [] }
}

/** Without one of the passkeys; the recovery codes go with the last second factor that they stand in for. */
export const withoutPasskey = (credentials: Credentials, id: string): Credentials => {
  const left = next(credentials, { passkeys: credentials.passkeys.filter((each) => each.id !== id) })
  return hasSecondFactor(left) ? left : { ...left, recoveryCodes: [] }
}
