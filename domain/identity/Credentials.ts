import { Schema } from "effect"
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
