import { Effect, Schema } from "effect"
import { Credentials, Scope } from "../../domain/identity/index.ts"
import type { Origin } from "../ports/Origin.ts"
import { TokenIssuer } from "../ports/Tokens.ts"
import { Ticket } from "./FactorProof.ts"
import { LogIn, logIn } from "./LogIn.ts"
import type { LoggedIn } from "./OpenSession.ts"
import { FinishPasskeyLogin, finishPasskeyLogin } from "./PasskeyLogin.ts"
import { ProveSecondFactor, proveSecondFactor } from "./ProveSecondFactor.ts"
import { SessionView, sessionView } from "./UserView.ts"

/** Logs in at the bank's own app: by password, by the second factor after it, or by passkey. */
export const CreateSession = Schema.Union([LogIn, FinishPasskeyLogin, ProveSecondFactor])
export type CreateSession = typeof CreateSession.Type

/** A session with its tokens; `device` is for the device to keep and send with its next login. */
export const SessionCreated = Schema.Struct({
  accessToken: Schema.String,
  refreshToken: Schema.String,
  expiresInSeconds: Schema.Int,
  scopes: Schema.Array(Scope),
  session: SessionView,
  device: Schema.String
})
export type SessionCreated = typeof SessionCreated.Type

/** The password was right, and a second factor is to follow with the ticket. */
export const SecondFactorNeeded = Schema.Struct({
  step: Schema.Literal("second_factor"),
  ticket: Ticket,
  methods: Schema.Array(Credentials.SecondFactor)
})
export type SecondFactorNeeded = typeof SecondFactorNeeded.Type

export const SessionAnswer = Schema.Union([SessionCreated, SecondFactorNeeded])
export type SessionAnswer = typeof SessionAnswer.Type

/** Tokens for a login that is done. Errors: UserStoreUnavailable, KeysUnavailable. */
export const issueTokens = Effect.fnUntraced(function* ({ session, user, device }: LoggedIn) {
  const issuer = yield* TokenIssuer
  const tokens = yield* issuer.issue(session, user)
  return { ...tokens, session: sessionView(session), device } satisfies SessionCreated
})

/**
 * Errors, first wins: those of the way to log in (LoginThrottled, HashingOverloaded, InvalidLogin, InvalidSecondFactor),
 * UserStoreUnavailable, KeysUnavailable.
 */
export const createSession = Effect.fn("users.createSession")(function* (
  command: CreateSession,
  client: string,
  origin: Origin
) {
  if ("email" in command) {
    const step = yield* logIn(command, client, origin)
    return step.step === "second_factor" ? step : yield* issueTokens(step)
  }
  const loggedIn =
    "answer" in command ? yield* finishPasskeyLogin(command, client, origin) : yield* proveSecondFactor(command, origin)
  return yield* issueTokens(loggedIn)
})
