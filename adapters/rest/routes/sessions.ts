import { Effect, Schema } from "effect"
import { UserGuards } from "../../../application/access/index.ts"
import { appClient, TokenIssuer } from "../../../application/ports/Tokens.ts"
import {
  beginPasskeyLogin,
  CreateSession,
  createSession,
  ListSessions,
  listSessions,
  PasskeyStep,
  RaiseOptions,
  RaiseSession,
  RevokeOtherSessions,
  RevokeSession,
  raiseOptions,
  raiseSession,
  revokeOtherSessions,
  revokeSession,
  SecondFactorOptions,
  SessionAnswer,
  SessionCreated,
  SessionList,
  SessionsRevoked,
  secondFactorOptions,
  sessionView,
  WebAuthnJson
} from "../../../application/users/index.ts"
import { endpoint } from "../Endpoint.ts"
import { password, ticket } from "../examples.ts"
import { nothing } from "../Nothing.ts"

const { device: _, ...raised } = SessionCreated.fields
const SessionRaised = Schema.Struct(raised)

/** Sessions: logging in, seeing where one is logged in, and ending that. */
export const sessions = [
  endpoint({
    method: "POST",
    path: "/v1/sessions",
    operationId: "createSession",
    summary: "Log in by password, by the second factor that its answer asks for, or by passkey",
    command: CreateSession,
    answer: SessionAnswer,
    answerName: "SessionAnswer",
    status: 200,
    errors: ["LoginThrottled", "HashingOverloaded", "InvalidLogin", "InvalidSecondFactor", "KeysUnavailable"],
    example: { email: "ada@example.com", password },
    guard: UserGuards.createSession,
    run: (command, { origin }) => createSession(command, appClient, origin)
  }),
  endpoint({
    method: "POST",
    path: "/v1/sessions/passkey-options",
    operationId: "beginPasskeyLogin",
    summary: "Ask for what the browser needs to log in by passkey",
    command: Schema.Struct({}),
    answer: PasskeyStep,
    answerName: "PasskeyStep",
    status: 200,
    errors: [],
    guard: UserGuards.beginLogin,
    run: () => beginPasskeyLogin()
  }),
  endpoint({
    method: "POST",
    path: "/v1/sessions/second-factor-options",
    operationId: "beginSecondFactor",
    summary: "Ask for what the browser needs to use a passkey as the second factor",
    command: SecondFactorOptions,
    answer: Schema.Struct({ options: WebAuthnJson }),
    answerName: "PasskeyOptions",
    status: 200,
    errors: ["InvalidSecondFactor"],
    example: { ticket },
    guard: UserGuards.beginLogin,
    run: (query) => secondFactorOptions(query)
  }),
  endpoint({
    method: "GET",
    path: "/v1/users/{user}/sessions",
    operationId: "listSessions",
    summary: "List where a user is logged in, newest first",
    command: ListSessions,
    answer: SessionList,
    answerName: "SessionList",
    status: 200,
    errors: ["UserNotFound"],
    guard: UserGuards.listSessions,
    run: (query) => listSessions(query)
  }),
  endpoint({
    method: "DELETE",
    path: "/v1/users/{user}/sessions/{session}",
    operationId: "revokeSession",
    summary: "End a session, on this device or another",
    command: RevokeSession,
    ...nothing,
    errors: ["UserNotFound", "SessionNotFound"],
    guard: UserGuards.revokeSession,
    run: (command) => revokeSession(command)
  }),
  endpoint({
    method: "POST",
    path: "/v1/users/{user}/sessions/revoke",
    operationId: "revokeOtherSessions",
    summary: "End all of a user's sessions but the one that asks",
    command: RevokeOtherSessions,
    answer: SessionsRevoked,
    answerName: "SessionsRevoked",
    status: 200,
    errors: ["UserNotFound"],
    guard: UserGuards.revokeOtherSessions,
    run: (command, { caller }) => revokeOtherSessions(command, caller)
  }),
  endpoint({
    method: "POST",
    path: "/v1/users/{user}/sessions/raise-options",
    operationId: "raiseOptions",
    summary: "Ask for what the browser needs to prove a passkey once more",
    command: RaiseOptions,
    answer: PasskeyStep,
    answerName: "PasskeyStep",
    status: 200,
    errors: ["UserNotFound"],
    guard: UserGuards.proveFactor,
    run: (query) => raiseOptions(query)
  }),
  endpoint({
    method: "POST",
    path: "/v1/users/{user}/sessions/{session}/raise",
    operationId: "raiseSession",
    summary: "Prove a second factor once more, for what asks for a fresh one (RFC 9470); answers new tokens",
    command: RaiseSession,
    answer: SessionRaised,
    answerName: "SessionRaised",
    status: 200,
    errors: ["SessionNotFound", "LoginThrottled", "InvalidSecondFactor", "KeysUnavailable"],
    example: { code: "123456" },
    guard: UserGuards.raiseSession,
    run: Effect.fnUntraced(function* (command) {
      const { session, user } = yield* raiseSession(command)
      const tokens = yield* (yield* TokenIssuer).issue(session, user)
      return { ...tokens, session: sessionView(session) }
    })
  })
]
