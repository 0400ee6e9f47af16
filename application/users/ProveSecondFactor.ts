import { Clock, Effect, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { Secrets } from "../ports/Crypto.ts"
import type { Origin } from "../ports/Origin.ts"
import { ChallengeStore, UserStore } from "../ports/UserStore.ts"
import { OptionsData, optionsOf, TicketData } from "./ContinueLogin.ts"
import {
  InvalidSecondFactor,
  isOneProof,
  type Proof,
  proveFactor,
  RecoveryCode,
  Ticket,
  TotpCode,
  WebAuthnJson
} from "./FactorProof.ts"
import { endOpened, openSession } from "./OpenSession.ts"
import { admitAttempt, attemptFailed, attemptSucceeded, tryCode } from "./Throttling.ts"

/** Completes a login by one of the second factors that its ticket names. */
export const ProveSecondFactor = Schema.Struct({
  ticket: Ticket,
  code: Schema.optionalKey(TotpCode),
  recoveryCode: Schema.optionalKey(RecoveryCode),
  passkey: Schema.optionalKey(WebAuthnJson)
}).check(Schema.makeFilter(isOneProof, { expected: "exactly one of code, recoveryCode and passkey" }))
export type ProveSecondFactor = typeof ProveSecondFactor.Type

/** Asks for what the browser needs to use a passkey as the second factor. */
export const SecondFactorOptions = Schema.Struct({ ticket: Ticket })
export type SecondFactorOptions = typeof SecondFactorOptions.Type

const lookUp = Effect.fnUntraced(function* (ticket: string) {
  const challenges = yield* ChallengeStore
  const secrets = yield* Secrets
  const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
  const found = yield* challenges.attempt("passkey_login", secrets.digest(optionsOf(ticket)), now)
  if (found === undefined) return yield* Effect.fail(new InvalidSecondFactor({}))
  return yield* Effect.orDie(Schema.decodeEffect(OptionsData)(found.data))
})

/** The options for `navigator.credentials.get`; as often as the ticket has attempts. Errors: InvalidSecondFactor, UserStoreUnavailable. */
export const secondFactorOptions = Effect.fn("users.secondFactorOptions")(function* ({ ticket }: SecondFactorOptions) {
  const { options } = yield* lookUp(ticket)
  return { options }
})

const proofOf = Effect.fnUntraced(function* (command: ProveSecondFactor) {
  const { ticket, code, recoveryCode, passkey } = command
  if (code !== undefined) return { code } satisfies Proof
  if (recoveryCode !== undefined) return { recoveryCode } satisfies Proof
  if (passkey === undefined) return yield* Effect.fail(new InvalidSecondFactor({}))
  const { challenge } = yield* lookUp(ticket)
  return { answer: passkey, challenge } satisfies Proof
})

/**
 * Opens the session that a ticket stands for. Failures count as failed logins do, and of codes there are 30 a day at most
 * that are wrong, whatever the tickets; a device that is known has as many of its own. Errors, first wins: LoginThrottled,
 * InvalidSecondFactor, UserStoreUnavailable.
 */
export const proveSecondFactor = Effect.fn("users.proveSecondFactor")(function* (
  command: ProveSecondFactor,
  origin: Origin
) {
  const challenges = yield* ChallengeStore
  const users = yield* UserStore
  const secrets = yield* Secrets
  const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
  const digest = secrets.digest(command.ticket)
  const challenge = yield* challenges.attempt("second_factor", digest, now)
  if (challenge === undefined) return yield* Effect.fail(new InvalidSecondFactor({}))
  const ticket = yield* Effect.orDie(Schema.decodeEffect(TicketData)(challenge.data))
  yield* admitAttempt(ticket.bounds)
  const proof = yield* proofOf(command)
  const proved = proveFactor(ticket.user, proof)
  // A ticket is had again and again by who knows the password: its attempts alone would bound nothing.
  const place = ticket.device === undefined ? `of ${ticket.user}` : `of ${ticket.user} on ${ticket.device}`
  const method = yield* ("code" in proof ? tryCode(place, proved) : proved).pipe(
    Effect.tapErrorTag("InvalidSecondFactor", () => attemptFailed(ticket.bounds))
  )
  const user = yield* users
    .find(ticket.user)
    .pipe(Effect.catchTag("UserNotFound", () => Effect.fail(new InvalidSecondFactor({}))))
  if (user.status !== "active") return yield* Effect.fail(new InvalidSecondFactor({}))
  const { client, methods, device } = ticket
  const loggedIn = yield* openSession({ user, methods: [...methods, method], client, origin, device })
  // Taken last: what ends the ticket before, such as a new password, does so before it ends the sessions that are open.
  if ((yield* challenges.take("second_factor", digest, now)) === undefined) {
    yield* endOpened(loggedIn.session)
    return yield* Effect.fail(new InvalidSecondFactor({}))
  }
  yield* attemptSucceeded(ticket.bounds)
  return loggedIn
})
