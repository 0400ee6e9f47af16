/** The passkeys of a user. */
import { Clock, Effect, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { Credentials } from "../../domain/identity/index.ts"
import { UserId } from "../../domain/ids/index.ts"
import type { Caller } from "../ports/Caller.ts"
import { Secrets } from "../ports/Crypto.ts"
import { PasskeyRefused, Passkeys } from "../ports/SecondFactors.ts"
import { ChallengeStore, UserStore } from "../ports/UserStore.ts"
import { changeCredentials } from "./ChangeCredentials.ts"
import { expectStatus } from "./ChangeUser.ts"
import { ticketMillis } from "./ContinueLogin.ts"
import { Ticket, WebAuthnJson } from "./FactorProof.ts"
import { expectFreshWhere } from "./Freshness.ts"
import { PasskeyView, passkeyView } from "./ListFactors.ts"
import type { PasskeyStep } from "./PasskeyLogin.ts"
import { makeRecoveryCodes } from "./RecoveryCodes.ts"
import { FactorExists, FactorNotFound } from "./Refusals.ts"
import type { Accepted } from "./RequestPasswordReset.ts"
import { FactorAdded } from "./Totp.ts"

/** Passkeys of one user at most. */
const passkeysMax = 20

/** Begins to set up a passkey. */
export const BeginPasskey = Schema.Struct({ user: UserId })
export type BeginPasskey = typeof BeginPasskey.Type

/** Sets up the passkey that the browser has made; `name` is what the user calls the device. */
export const FinishPasskey = Schema.Struct({
  user: UserId,
  ticket: Ticket,
  name: Schema.String.check(
    Schema.isPattern(/^(?!\s)[^\p{C}]{1,60}(?<!\s)$/u, { expected: "1 to 60 printable characters" })
  ),
  answer: WebAuthnJson
})
export type FinishPasskey = typeof FinishPasskey.Type

/** The passkey, and recovery codes where it is the first second factor. */
export const PasskeyAdded = Schema.Struct({ passkey: PasskeyView, ...FactorAdded.fields })
export type PasskeyAdded = typeof PasskeyAdded.Type

export const RemovePasskey = Schema.Struct({ user: UserId, passkey: Schema.String.check(Schema.isMaxLength(1400)) })
export type RemovePasskey = typeof RemovePasskey.Type

/**
 * Options for `navigator.credentials.create` and the ticket to come back with, good for 5 minutes, the newest only. Errors,
 * first wins: UserNotFound, UserStatusConflict, FactorExists (as many as there may be), StepUpRequired (where there is a
 * second factor), UserStoreUnavailable.
 */
export const beginPasskey = Effect.fn("users.beginPasskey")(function* (command: BeginPasskey, caller: Caller) {
  const users = yield* UserStore
  const challenges = yield* ChallengeStore
  const secrets = yield* Secrets
  const user = yield* users.find(command.user)
  yield* expectStatus(user, "active")
  const credentials = yield* users.credentials(user.id)
  if (credentials.passkeys.length >= passkeysMax) return yield* Effect.fail(new FactorExists({ factor: "passkey" }))
  yield* expectFreshWhere(credentials, caller)
  const { options, challenge } = yield* (yield* Passkeys).registration(user, credentials.passkeys)
  const ticket = yield* secrets.token
  const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
  yield* challenges.insert({
    digest: secrets.digest(ticket),
    kind: "passkey_registration",
    user: user.id,
    data: challenge,
    attemptsLeft: 1,
    expiresAt: Instant.addMillis(now, ticketMillis)
  })
  return { ticket, options } satisfies PasskeyStep
})

/**
 * Errors, first wins: PasskeyRefused (also where the ticket is none of this user, or no longer), UserNotFound, FactorExists,
 * StepUpRequired (where there is a second factor), UserChanged, IdentityTaken (another user's passkey),
 * UserStoreUnavailable.
 */
export const finishPasskey = Effect.fn("users.finishPasskey")(function* (command: FinishPasskey, caller: Caller) {
  const { user, ticket, name, answer } = command
  const challenges = yield* ChallengeStore
  const digest = (yield* Secrets).digest(ticket)
  const createdAt = Instant.fromMillis(yield* Clock.currentTimeMillis)
  const kept = yield* challenges.take("passkey_registration", digest, createdAt)
  if (kept === undefined || kept.user !== user) return yield* Effect.fail(new PasskeyRefused({ reason: "ticket" }))
  const made = yield* (yield* Passkeys).register(answer, kept.data)
  const passkey: Credentials.Passkey = { ...made, name, createdAt }
  const recovery = yield* makeRecoveryCodes
  const saved = yield* changeCredentials(user, (credentials) =>
    Effect.gen(function* () {
      const { passkeys, recoveryCodes } = credentials
      if (passkeys.length >= passkeysMax || passkeys.some(({ id }) => id === passkey.id))
        return yield* Effect.fail(new FactorExists({ factor: "passkey" }))
      yield* expectFreshWhere(credentials, caller)
      return Credentials.next(credentials, {
        passkeys: [...passkeys, passkey],
        recoveryCodes: recoveryCodes.length === 0 ? recovery.digests : recoveryCodes
      })
    })
  )
  return {
    passkey: passkeyView(passkey),
    ...(saved.recoveryCodes === recovery.digests ? { recoveryCodes: recovery.codes } : {})
  } satisfies PasskeyAdded
})

/** Errors, first wins: UserNotFound, FactorNotFound, StepUpRequired, UserChanged, UserStoreUnavailable. */
export const removePasskey = Effect.fn("users.removePasskey")(function* (
  { user, passkey }: RemovePasskey,
  caller: Caller
) {
  yield* changeCredentials(user, (credentials) =>
    Effect.gen(function* () {
      if (!credentials.passkeys.some(({ id }) => id === passkey))
        return yield* Effect.fail(new FactorNotFound({ factor: passkey }))
      yield* expectFreshWhere(credentials, caller)
      return Credentials.withoutPasskey(credentials, passkey)
    })
  ).pipe(Effect.catchTag("IdentityTaken", Effect.die))
  return {} satisfies Accepted
})
