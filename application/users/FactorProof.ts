/** Proofs by a second factor, which a login is completed by and a session raised. */
import { Clock, Effect, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { Credentials } from "../../domain/identity/index.ts"
import type { UserId } from "../../domain/ids/index.ts"
import { Secrets } from "../ports/Crypto.ts"
import { UserStoreUnavailable } from "../ports/DelegationStore.ts"
import { Passkeys, TotpCodes } from "../ports/SecondFactors.ts"
import { changeCredentials } from "./ChangeCredentials.ts"
import { tellOfChange } from "./Mailing.ts"

/** What the browser's WebAuthn API gave, or is to be given, as JSON. */
export const WebAuthnJson = Schema.Record(Schema.String, Schema.Unknown)
export type WebAuthnJson = typeof WebAuthnJson.Type

/** A secret that this bank gave out, sent back. */
export const Ticket = Schema.String.check(Schema.isPattern(/^[\w-]{16,128}$/u, { expected: "a ticket" }))

/** A code of the authenticator app: 6 digits. */
export const TotpCode = Schema.String.check(Schema.isPattern(/^\d{6}$/u, { expected: "6 digits" }))

/** A recovery code as people type it. */
export const RecoveryCode = Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(64))

/** Whether exactly one proof is given. */
export const isOneProof = (given: {
  readonly code?: string
  readonly recoveryCode?: string
  readonly passkey?: unknown
}): boolean => [given.code, given.recoveryCode, given.passkey].filter((each) => each !== undefined).length === 1

/** The second factor was wrong, used before, or asked for too long ago; or the ticket is none, or no longer. Which is not told. */
export class InvalidSecondFactor extends Schema.TaggedError<InvalidSecondFactor>()("InvalidSecondFactor", {}) {}

/** One proof; a passkey's answer comes with the challenge that it answers. */
export type Proof =
  | { readonly code: string }
  | { readonly recoveryCode: string }
  | { readonly answer: WebAuthnJson; readonly challenge: string }

/** The passkey that an answer names, which is only believed once its signature is verified. */
export const namedPasskey = (answer: WebAuthnJson): string => {
  const { id } = answer
  return typeof id === "string" ? id : ""
}

const refused = Effect.fail(new InvalidSecondFactor({}))

const orRefused = (taken: Credentials.Credentials | undefined) =>
  taken === undefined ? refused : Effect.succeed(taken)

const verifyPasskey = Effect.fnUntraced(function* (
  credentials: Credentials.Credentials,
  answer: WebAuthnJson,
  challenge: string,
  now: Instant.Instant
) {
  const passkeys = yield* Passkeys
  const passkey = credentials.passkeys.find(({ id }) => id === namedPasskey(answer))
  if (passkey === undefined) return yield* refused
  const counter = yield* passkeys
    .authenticate(answer, challenge, passkey)
    .pipe(Effect.catchTag("PasskeyRefused", () => refused))
  return Credentials.usePasskey(credentials, passkey.id, counter, now)
})

/**
 * Verifies a proof and takes it, so that it is not taken twice: of many at once, one succeeds. A recovery code that is
 * used is told by mail. Gives how it was proved.
 * Errors: InvalidSecondFactor, UserStoreUnavailable.
 */
export const proveFactor = Effect.fnUntraced(function* (user: UserId, proof: Proof) {
  const totp = yield* TotpCodes
  const secrets = yield* Secrets
  const millis = yield* Clock.currentTimeMillis
  const taken = changeCredentials(user, (credentials) => {
    if (!Credentials.hasSecondFactor(credentials)) return refused
    if ("answer" in proof) return verifyPasskey(credentials, proof.answer, proof.challenge, Instant.fromMillis(millis))
    if ("recoveryCode" in proof)
      return orRefused(
        Credentials.takeRecoveryCode(credentials, secrets.digest(Credentials.recoveryCodeKey(proof.recoveryCode)))
      )
    const secret = credentials.totp?.confirmedAt === undefined ? undefined : credentials.totp.secret
    return orRefused(
      secret === undefined ? undefined : Credentials.takeStep(credentials, totp.stepOf(secret, proof.code, millis))
    )
  })
  yield* taken.pipe(
    Effect.catchTag("UserNotFound", () => refused),
    Effect.catchTag("UserChanged", () => new UserStoreUnavailable({ reason: "changed by too many at once" })),
    Effect.catchTag("IdentityTaken", Effect.die)
  )
  if ("recoveryCode" in proof) yield* tellOfChange(user, "recovery_code_used")
  return "answer" in proof ? "passkey" : "recoveryCode" in proof ? "recovery" : "otp"
})
