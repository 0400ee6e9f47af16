/** Passkeys (WebAuthn Level 3) for one site: kept by the authenticator, and used with the user's verification. */
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse
} from "@simplewebauthn/server"
import { Effect, Layer, Schema } from "effect"
import { PasskeyRefused, Passkeys, type WebAuthnJson } from "../../application/ports/SecondFactors.ts"
import type { Credentials } from "../../domain/identity/index.ts"
import { TypedId } from "../../domain/ids/index.ts"

export interface PasskeyOptions {
  /** The domain that passkeys are for, such as `login.bank.example`; no address, and no port. */
  readonly rpId: string
  readonly rpName: string
  /** Where pages that ask for passkeys may come from. */
  readonly origins: ReadonlyArray<string>
}

const Base64Url = Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_-]{1,100000}$/u))

const Extensions = Schema.Record(Schema.String, Schema.Unknown)

/** `RegistrationResponseJSON` of the specification, as far as it is looked at. */
const Registration = Schema.Struct({
  id: Base64Url,
  rawId: Base64Url,
  type: Schema.Literal("public-key"),
  clientExtensionResults: Extensions,
  response: Schema.Struct({
    clientDataJSON: Base64Url,
    attestationObject: Base64Url,
    transports: Schema.optionalKey(Schema.Array(Schema.String))
  })
})

/** `AuthenticationResponseJSON` of the specification, as far as it is looked at. */
const Authentication = Schema.Struct({
  id: Base64Url,
  rawId: Base64Url,
  type: Schema.Literal("public-key"),
  clientExtensionResults: Extensions,
  response: Schema.Struct({
    clientDataJSON: Base64Url,
    authenticatorData: Base64Url,
    signature: Base64Url,
    userHandle: Schema.optionalKey(Base64Url)
  })
})

const decodeRegistration = Schema.decodeUnknownEffect(Registration)
const decodeAuthentication = Schema.decodeUnknownEffect(Authentication)

const refused = (cause: unknown): PasskeyRefused =>
  new PasskeyRefused({ reason: cause instanceof Error ? cause.message : String(cause) })

const jsonOf = (options: object): WebAuthnJson => ({ ...options })

const known = ({ id, transports }: Credentials.Passkey) => ({ id, transports: [...transports] })

const make = ({ rpId, rpName, origins }: PasskeyOptions) => {
  const expected = { expectedOrigin: [...origins], expectedRPID: rpId, requireUserVerification: true }
  return Passkeys.of({
    registration: (user, existing) =>
      Effect.promise(async () => {
        const options = await generateRegistrationOptions({
          rpName,
          rpID: rpId,
          userID: Uint8Array.from(TypedId.toBytes(user.id)),
          userName: user.email ?? user.id,
          userDisplayName: user.profile?.fullName ?? "",
          attestationType: "none",
          excludeCredentials: existing.map(known),
          authenticatorSelection: { residentKey: "required", userVerification: "required" }
        })
        return { options: jsonOf(options), challenge: options.challenge }
      }),
    register: Effect.fnUntraced(function* (answer, challenge) {
      const { response, ...rest } = yield* Effect.mapError(decodeRegistration(answer), refused)
      const { transports = [], ...attested } = response
      const verified = yield* Effect.tryPromise({
        try: () =>
          verifyRegistrationResponse({
            response: { ...rest, response: attested },
            expectedChallenge: challenge,
            ...expected
          }),
        catch: refused
      })
      if (!verified.verified) return yield* Effect.fail(new PasskeyRefused({ reason: "not verified" }))
      const { id, publicKey, counter } = verified.registrationInfo.credential
      return { id, publicKey: Buffer.from(publicKey).toString("base64url"), counter, transports }
    }),
    authentication: (allowed) =>
      Effect.promise(async () => {
        const options = await generateAuthenticationOptions({
          rpID: rpId,
          userVerification: "required",
          allowCredentials: allowed.map(known)
        })
        return { options: jsonOf(options), challenge: options.challenge }
      }),
    authenticate: Effect.fnUntraced(function* (answer, challenge, passkey) {
      const response = yield* Effect.mapError(decodeAuthentication(answer), refused)
      if (response.id !== passkey.id) return yield* Effect.fail(new PasskeyRefused({ reason: "another passkey" }))
      const { id, counter, publicKey } = passkey
      const verified = yield* Effect.tryPromise({
        try: () =>
          verifyAuthenticationResponse({
            response,
            expectedChallenge: challenge,
            credential: { id, counter, publicKey: Uint8Array.from(Buffer.from(publicKey, "base64url")) },
            ...expected
          }),
        catch: refused
      })
      return verified.verified
        ? verified.authenticationInfo.newCounter
        : yield* Effect.fail(new PasskeyRefused({ reason: "the signature is wrong" }))
    })
  })
}

/** Passkeys of a site. */
export const layer = (options: PasskeyOptions): Layer.Layer<Passkeys> => Layer.sync(Passkeys, () => make(options))
