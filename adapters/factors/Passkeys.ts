/** Passkeys (WebAuthn Level 3) for one site: kept by the authenticator, and used with the user's verification. */
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse
} from "@simplewebauthn/server"
import { COSEALG, decodeAttestationObject, isoBase64URL } from "@simplewebauthn/server/helpers"
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

/** What credentials may sign by (RFC 9053); all browsers and authenticators have one of them. */
const supportedAlgorithmIDs = [COSEALG.ES256, COSEALG.EdDSA, COSEALG.RS256]

const Base64Url = Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_-]{1,100000}$/u))

/** Such as `internal` or `usb`; others may come with new devices, and are kept as they are. */
const Transport = Schema.String.check(Schema.isPattern(/^[a-z-]{1,20}$/u))

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
    transports: Schema.optionalKey(Schema.Array(Transport).check(Schema.isMaxLength(10)))
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

/**
 * Whether an attestation is what browsers pass on where none is asked for (WebAuthn, 5.1.3): none, or a signature by the
 * credential itself. One with certificates is not looked at: to verify it may fetch what its certificates name.
 */
const isUnattested = (attestationObject: string): boolean => {
  const attestation = decodeAttestationObject(isoBase64URL.toBuffer(attestationObject))
  const format = attestation.get("fmt")
  return format === "none" || (format === "packed" && attestation.get("attStmt").get("x5c") === undefined)
}

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
          supportedAlgorithmIDs,
          excludeCredentials: existing.map(known),
          authenticatorSelection: { residentKey: "required", userVerification: "required" }
        })
        return { options: jsonOf(options), challenge: options.challenge }
      }),
    register: Effect.fnUntraced(function* (answer, challenge) {
      const { response, ...rest } = yield* Effect.mapError(decodeRegistration(answer), refused)
      const { transports = [], ...attested } = response
      if (!(yield* Effect.try({ try: () => isUnattested(attested.attestationObject), catch: refused })))
        return yield* Effect.fail(new PasskeyRefused({ reason: "an attestation that was not asked for" }))
      const verified = yield* Effect.tryPromise({
        try: () =>
          verifyRegistrationResponse({
            response: { ...rest, response: attested },
            expectedChallenge: challenge,
            supportedAlgorithmIDs,
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
