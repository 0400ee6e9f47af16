import { Clock, Effect, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { Lockout } from "../../domain/identity/index.ts"
import { Secrets } from "../ports/Crypto.ts"
import type { Origin } from "../ports/Origin.ts"
import { Passkeys } from "../ports/SecondFactors.ts"
import { Terms } from "../ports/Terms.ts"
import { ChallengeStore, UserStore } from "../ports/UserStore.ts"
import { ticketMillis } from "./ContinueLogin.ts"
import { namedPasskey, proveFactor, Ticket, WebAuthnJson } from "./FactorProof.ts"
import { knownDevice } from "./KnownDevice.ts"
import { DeviceSecret, InvalidLogin } from "./LogIn.ts"
import { openSession } from "./OpenSession.ts"
import { admitAttempt, attemptSucceeded, boundOf } from "./Throttling.ts"

/** What the browser needs to offer the passkeys that it has for this bank, and the ticket to come back with. */
export const PasskeyStep = Schema.Struct({ ticket: Ticket, options: WebAuthnJson })
export type PasskeyStep = typeof PasskeyStep.Type

/** Logs in by a passkey alone, which holds two factors: the device, and what unlocks it. */
export const FinishPasskeyLogin = Schema.Struct({
  ticket: Ticket,
  answer: WebAuthnJson,
  device: Schema.optionalKey(DeviceSecret)
})
export type FinishPasskeyLogin = typeof FinishPasskeyLogin.Type

/** Begins a login by passkey; good for 5 minutes. Errors: UserStoreUnavailable. */
export const beginPasskeyLogin = Effect.fn("users.beginPasskeyLogin")(function* () {
  const challenges = yield* ChallengeStore
  const secrets = yield* Secrets
  const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
  const { options, challenge } = yield* (yield* Passkeys).authentication([])
  const ticket = yield* secrets.token
  yield* challenges.insert({
    digest: secrets.digest(ticket),
    kind: "passkey_login",
    data: challenge,
    attemptsLeft: 1,
    expiresAt: Instant.addMillis(now, ticketMillis)
  })
  return { ticket, options } satisfies PasskeyStep
})

/**
 * Opens a session for the user whose passkey it is. A ticket is tried once. Errors, first wins: LoginThrottled (by the
 * address), InvalidLogin, UserStoreUnavailable.
 */
export const finishPasskeyLogin = Effect.fn("users.finishPasskeyLogin")(function* (
  command: FinishPasskeyLogin,
  client: string,
  origin: Origin
) {
  const { tenant } = yield* Terms
  const challenges = yield* ChallengeStore
  const users = yield* UserStore
  const secrets = yield* Secrets
  const bounds = boundOf(`passkeys from ${Lockout.sourceOf(origin.address)}`, Lockout.freeOfAddress)
  yield* admitAttempt(bounds)
  const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
  const invalid = Effect.fail(new InvalidLogin({}))
  const kept = yield* challenges.take("passkey_login", secrets.digest(command.ticket), now)
  if (kept === undefined) return yield* invalid
  const { answer } = command
  const user = yield* users.findByPasskey(tenant, namedPasskey(answer))
  if (user?.status !== "active") return yield* invalid
  const method = yield* proveFactor(user.id, { answer, challenge: kept.data }).pipe(
    Effect.catchTag("InvalidSecondFactor", () => invalid)
  )
  yield* attemptSucceeded(bounds)
  const device = yield* knownDevice(command.device, user.id)
  return yield* openSession({ user, methods: [method], client, origin, device })
})
