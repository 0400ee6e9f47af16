import { Context, type Effect, Schema } from "effect"
import type { Credentials, User } from "../../domain/identity/index.ts"

/** Time-based one-time passwords (RFC 6238). */
export class TotpCodes extends Context.Service<
  TotpCodes,
  {
    /** A new secret in base32, and the `otpauth://` address that apps read from a QR code. */
    readonly make: (account: string) => Effect.Effect<{ readonly secret: string; readonly uri: string }>
    /** The step whose code it is, of the present one and one to either side; undefined where it is none of them. */
    readonly stepOf: (secret: string, code: string, epochMillis: number) => number | undefined
  }
>()("bank/application/ports/TotpCodes") {}

/** What the authenticator answered proves nothing: it is malformed, for another site or challenge, or its signature is wrong. */
export class PasskeyRefused extends Schema.TaggedError<PasskeyRefused>()("PasskeyRefused", { reason: Schema.String }) {}

/** JSON of the WebAuthn API (Level 3, `toJSON` and `parse…FromJSON`); what is inside is the library's and the browser's. */
export type WebAuthnJson = { readonly [key: string]: unknown }

/** Passkeys (WebAuthn Level 3). Options go to the browser; the challenge in them is kept until the answer comes. */
export class Passkeys extends Context.Service<
  Passkeys,
  {
    readonly registration: (
      user: User.User,
      existing: ReadonlyArray<Credentials.Passkey>
    ) => Effect.Effect<{ readonly options: WebAuthnJson; readonly challenge: string }>
    readonly register: (
      answer: WebAuthnJson,
      challenge: string
    ) => Effect.Effect<Omit<Credentials.Passkey, "name" | "createdAt">, PasskeyRefused>
    /** With no passkeys given, the browser offers those that it has for this site. */
    readonly authentication: (
      allowed: ReadonlyArray<Credentials.Passkey>
    ) => Effect.Effect<{ readonly options: WebAuthnJson; readonly challenge: string }>
    /** Verifies an assertion, with user verification; gives the authenticator's new counter. */
    readonly authenticate: (
      answer: WebAuthnJson,
      challenge: string,
      passkey: Credentials.Passkey
    ) => Effect.Effect<number, PasskeyRefused>
  }
>()("bank/application/ports/Passkeys") {}
