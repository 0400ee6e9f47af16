/** `bank.user.v1.SessionService` over the use cases of `application/users`. */
import { Effect, Schema, SchemaIssue, SchemaTransformation } from "effect"
import { UserGuards } from "../../application/access/index.ts"
import { appClient, TokenIssuer } from "../../application/ports/Tokens.ts"
import {
  Accepted,
  beginPasskeyLogin,
  CreateSession,
  createSession,
  FinishPasskeyLogin,
  ListSessions,
  LogIn,
  listSessions,
  PasskeyStep,
  ProveSecondFactor,
  RaiseOptions,
  RaiseSession,
  RevokeOtherSessions,
  RevokeSession,
  raiseOptions,
  raiseSession,
  revokeOtherSessions,
  revokeSession,
  SecondFactorOptions,
  SessionCreated,
  SessionList,
  SessionsRevoked,
  secondFactorOptions,
  sessionView,
  WebAuthnJson
} from "../../application/users/index.ts"
import { SessionService } from "../../proto/gen/bank/user/v1/session_service_pb.ts"
import { guarded } from "./Door.ts"
import { LoginAnswer, tagged } from "./Login.ts"
import { type Needs, type RpcService, unary } from "./Unary.ts"

const { method } = SessionService

/** The way to log in that the message has chosen. */
const Login = Schema.Struct({
  password: Schema.optionalKey(LogIn),
  passkey: Schema.optionalKey(FinishPasskeyLogin),
  secondFactor: Schema.optionalKey(ProveSecondFactor)
}).pipe(
  Schema.decodeTo(
    Schema.toType(CreateSession),
    SchemaTransformation.transformEffect({
      decode: ({ password, passkey, secondFactor }, options) => {
        const login = password ?? passkey ?? secondFactor
        const message = "Expected one of password, passkey and secondFactor"
        return login === undefined
          ? Effect.fail(new SchemaIssue.InvalidValue({ message }, login, options))
          : Effect.succeed(login)
      },
      encode: (login) => {
        if ("email" in login) return Effect.succeed({ password: login })
        return Effect.succeed("answer" in login ? { passkey: login } : { secondFactor: login })
      }
    })
  )
)

const { device: _, ...withoutDevice } = SessionCreated.fields
const SessionRaised = Schema.Struct(withoutDevice)

const raised = Effect.fnUntraced(function* (command: RaiseSession) {
  const { session, user } = yield* raiseSession(command)
  const tokens = yield* (yield* TokenIssuer).issue(session, user)
  return { ...tokens, session: sessionView(session) }
})

const rpcs = {
  createSession: unary({
    method: method.createSession,
    door: guarded(UserGuards.createSession),
    command: Login,
    answer: LoginAnswer,
    run: (command, { origin }) => Effect.map(createSession(command, appClient, origin), tagged)
  }),
  beginPasskeyLogin: unary({
    method: method.beginPasskeyLogin,
    door: guarded(UserGuards.beginLogin),
    command: Schema.Struct({}),
    answer: PasskeyStep,
    run: () => beginPasskeyLogin()
  }),
  getSecondFactorOptions: unary({
    method: method.getSecondFactorOptions,
    door: guarded(UserGuards.beginLogin),
    command: SecondFactorOptions,
    answer: Schema.Struct({ options: WebAuthnJson }),
    run: secondFactorOptions
  }),
  listSessions: unary({
    method: method.listSessions,
    door: guarded(UserGuards.listSessions),
    command: ListSessions,
    answer: SessionList,
    own: ["user"],
    run: listSessions
  }),
  revokeSession: unary({
    method: method.revokeSession,
    door: guarded(UserGuards.revokeSession),
    command: RevokeSession,
    answer: Accepted,
    own: ["user", "session"],
    run: revokeSession
  }),
  revokeOtherSessions: unary({
    method: method.revokeOtherSessions,
    door: guarded(UserGuards.revokeOtherSessions),
    command: RevokeOtherSessions,
    answer: SessionsRevoked,
    own: ["user"],
    run: (command, { caller }) => revokeOtherSessions(command, caller)
  }),
  beginRaise: unary({
    method: method.beginRaise,
    door: guarded(UserGuards.proveFactor),
    command: RaiseOptions,
    answer: PasskeyStep,
    own: ["user"],
    run: raiseOptions
  }),
  raiseSession: unary({
    method: method.raiseSession,
    door: guarded(UserGuards.raiseSession),
    command: RaiseSession,
    answer: SessionRaised,
    own: ["user", "session"],
    run: raised
  })
}

/** Logins at the bank's own app, and the sessions that they open. */
export const sessionService: RpcService<Needs<typeof rpcs>> = {
  desc: SessionService,
  open: ["CreateSession", "BeginPasskeyLogin", "GetSecondFactorOptions"],
  register: (router, context, options) => {
    router.service(
      SessionService,
      {
        createSession: rpcs.createSession(context),
        beginPasskeyLogin: rpcs.beginPasskeyLogin(context),
        getSecondFactorOptions: rpcs.getSecondFactorOptions(context),
        listSessions: rpcs.listSessions(context),
        revokeSession: rpcs.revokeSession(context),
        revokeOtherSessions: rpcs.revokeOtherSessions(context),
        beginRaise: rpcs.beginRaise(context),
        raiseSession: rpcs.raiseSession(context)
      },
      options
    )
  }
}
