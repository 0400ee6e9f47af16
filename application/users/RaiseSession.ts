import { Clock, Effect, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { Session } from "../../domain/identity/index.ts"
import { SessionId, UserId } from "../../domain/ids/index.ts"
import { Secrets } from "../ports/Crypto.ts"
import { Passkeys } from "../ports/SecondFactors.ts"
import { ChallengeStore, SessionNotFound, SessionStore, UserStore } from "../ports/UserStore.ts"
import { OptionsData, ticketMillis } from "./ContinueLogin.ts"
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
import type { PasskeyStep } from "./PasskeyLogin.ts"
import { admitAttempt, attemptSucceeded, boundOf, tryCode } from "./Throttling.ts"

/** Proves a second factor once more, for what asks for a fresh one (RFC 9470). A password does not raise a session. */
export const RaiseSession = Schema.Struct({
  user: UserId,
  session: SessionId,
  code: Schema.optionalKey(TotpCode),
  recoveryCode: Schema.optionalKey(RecoveryCode),
  passkey: Schema.optionalKey(Schema.Struct({ ticket: Ticket, answer: WebAuthnJson }))
}).check(Schema.makeFilter(isOneProof, { expected: "exactly one of code, recoveryCode and passkey" }))
export type RaiseSession = typeof RaiseSession.Type

/** Asks for what the browser needs to prove a passkey of the user. */
export const RaiseOptions = Schema.Struct({ user: UserId })
export type RaiseOptions = typeof RaiseOptions.Type

const secretOf = (ticket: string): string => `raise ${ticket}`

/** Options for a passkey and the ticket to come back with, good for 5 minutes. Errors: UserNotFound, UserStoreUnavailable. */
export const raiseOptions = Effect.fn("users.raiseOptions")(function* ({ user }: RaiseOptions) {
  const challenges = yield* ChallengeStore
  const secrets = yield* Secrets
  const users = yield* UserStore
  const { passkeys } = yield* users.credentials(user)
  const { options, challenge } = yield* (yield* Passkeys).authentication(passkeys)
  const ticket = yield* secrets.token
  const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
  yield* challenges.insert({
    digest: secrets.digest(secretOf(ticket)),
    kind: "passkey_login",
    owner: user,
    data: Schema.encodeSync(OptionsData)({ user, options, challenge }),
    attemptsLeft: 1,
    expiresAt: Instant.addMillis(now, ticketMillis)
  })
  return { ticket, options } satisfies PasskeyStep
})

const proofOf = Effect.fnUntraced(function* ({ user, code, recoveryCode, passkey }: RaiseSession) {
  if (code !== undefined) return { code } satisfies Proof
  if (recoveryCode !== undefined) return { recoveryCode } satisfies Proof
  const invalid = Effect.fail(new InvalidSecondFactor({}))
  if (passkey === undefined) return yield* invalid
  const challenges = yield* ChallengeStore
  const secrets = yield* Secrets
  const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
  const kept = yield* challenges.take("passkey_login", secrets.digest(secretOf(passkey.ticket)), now)
  if (kept === undefined) return yield* invalid
  const data = yield* Effect.orDie(Schema.decodeEffect(OptionsData)(kept.data))
  return data.user === user ? ({ answer: passkey.answer, challenge: data.challenge } satisfies Proof) : yield* invalid
})

/**
 * The session has assurance `mfa` from now on, and was proved now; its next access token says so. Attempts are counted by
 * session, and of codes there are 30 a day at most that are wrong. Errors, first wins: SessionNotFound, LoginThrottled, InvalidSecondFactor, UserStoreUnavailable.
 */
export const raiseSession = Effect.fn("users.raiseSession")(function* (command: RaiseSession) {
  const sessions = yield* SessionStore
  const users = yield* UserStore
  const { user: userId, session: sessionId } = command
  const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
  const session = yield* sessions.find(sessionId)
  if (session.user !== userId || !Session.isOpen(session, now))
    return yield* Effect.fail(new SessionNotFound({ sessionId }))
  const bounds = boundOf(`session ${sessionId}`)
  yield* admitAttempt(bounds)
  const proof = yield* proofOf(command)
  const proved = proveFactor(userId, proof)
  const method = yield* "code" in proof ? tryCode(`in ${sessionId}`, proved) : proved
  yield* attemptSucceeded(bounds)
  const raised = Session.raise(session, method, now)
  yield* sessions.save(raised)
  const user = yield* users
    .find(userId)
    .pipe(Effect.catchTag("UserNotFound", () => Effect.fail(new SessionNotFound({ sessionId }))))
  return { session: raised, user }
})
