/** Steps of a login as the pages take them: what came of one, on the audit log and in words. */
import { Cause, Clock, type Context, Effect, Exit, Option, Schema } from "effect"
import type { beginFederatedLogin, finishFederatedLogin } from "../../application/federation/index.ts"
import { AuditLog } from "../../application/ports/AuditLog.ts"
import type { Origin } from "../../application/ports/Origin.ts"
import { Terms } from "../../application/ports/Terms.ts"
import type {
  beginPasskeyLogin,
  finishPasskeyLogin,
  logIn,
  proveSecondFactor,
  secondFactorOptions
} from "../../application/users/index.ts"
import { Instant } from "../../domain/calendar/index.ts"
import { SessionId, UserId } from "../../domain/ids/index.ts"

type Steps =
  | ReturnType<typeof beginFederatedLogin>
  | ReturnType<typeof beginPasskeyLogin>
  | ReturnType<typeof finishFederatedLogin>
  | ReturnType<typeof finishPasskeyLogin>
  | ReturnType<typeof logIn>
  | ReturnType<typeof proveSecondFactor>
  | ReturnType<typeof secondFactorOptions>

/** What logging in needs. */
export type LoginServices = Effect.Services<Steps> | AuditLog | Terms

type LoginError = Effect.Error<Steps>

/** Why a step was refused: for the user, for the answer's status, and for the audit log. */
export interface Refusal {
  readonly status: number
  readonly code: string
  readonly text: string
  readonly retryAfterSeconds?: number
}

export const loginRefusal = {
  away: { status: 503, code: "unavailable", text: "The bank cannot be reached just now. Try again after a moment." }
} as const satisfies Readonly<Record<string, Refusal>>

const refusalOf = (error: LoginError): Refusal => {
  switch (error._tag) {
    case "InvalidLogin":
      return { status: 401, code: "invalid_login", text: "The email address or the password is wrong." }
    case "InvalidSecondFactor":
      return { status: 401, code: "invalid_second_factor", text: "That was wrong, used before, or came too late." }
    case "FederatedLoginExpired":
      return { status: 401, code: "federated_login_expired", text: "That login was finished before, or took too long." }
    case "UnknownProvider":
    case "FederationFailed": {
      const text = "The login over there did not succeed. Try it again, or log in another way."
      return { status: 422, code: error._tag === "UnknownProvider" ? "unknown_provider" : "federation_failed", text }
    }
    case "EmailNotVerified": {
      const text = "Your email address is not verified over there. Verify it there, or log in another way."
      return { status: 422, code: "email_not_verified", text }
    }
    case "LinkRequired": {
      const text =
        "A login here has that email address already. Log in with it, and then link the other one in the app."
      return { status: 409, code: "link_required", text }
    }
    case "LoginThrottled": {
      const { retryAfterSeconds } = error
      const text = `There were too many attempts. Try again in ${retryAfterSeconds} seconds.`
      return { status: 429, code: "login_throttled", text, retryAfterSeconds }
    }
    case "HashingOverloaded":
      return { ...loginRefusal.away, code: "overloaded", retryAfterSeconds: 1 }
    case "UserStoreUnavailable":
      return loginRefusal.away
  }
}

/** What came of a step. */
export type Outcome<A> =
  | { readonly isRefused: false; readonly answer: A }
  | { readonly isRefused: true; readonly refusal: Refusal }

/** Runs a step of a client's interaction; one that may open a session is audited. */
export type Attempt = <A, E extends LoginError, R extends LoginServices>(
  step: Effect.Effect<A, E, R>,
  origin: Origin,
  client: string,
  isAudited?: boolean
) => Promise<Outcome<A>>

const decodeOpened = Schema.decodeUnknownOption(
  Schema.Struct({ user: Schema.Struct({ id: UserId }), session: Schema.Struct({ id: SessionId }) })
)

/** The user and the session, of a login that is done. */
const objectsOf = (answer: unknown): ReadonlyArray<string> =>
  Option.match(decodeOpened(answer), { onNone: () => [], onSome: ({ user, session }) => [user.id, session.id] })

/** Leaves two records, as every write does: `attempted` before, without which nothing is done, and what came of it after. */
const audited = Effect.fnUntraced(function* <A, E extends LoginError, R>(
  step: Effect.Effect<A, E, R>,
  origin: Origin,
  client: string
) {
  const log = yield* AuditLog
  const { tenant } = yield* Terms
  const at = Effect.map(Clock.currentTimeMillis, Instant.fromMillis)
  const actor = { id: "anonymous", roles: [], client }
  const record = { at: yield* at, tenant, actor, operation: "sessions.create" as const, objects: [], origin }
  yield* log.append({ ...record, outcome: "attempted" })
  const exit = yield* Effect.exit(step)
  const error = Exit.isSuccess(exit) ? Option.none() : Cause.findErrorOption(exit.cause)
  const code = Option.match(error, { onNone: () => "internal_error", onSome: (each) => refusalOf(each).code })
  const outcome = Exit.isSuccess(exit)
    ? ({ outcome: "done", objects: objectsOf(exit.value) } as const)
    : ({ outcome: "failed", code } as const)
  const { requestId } = origin
  yield* log
    .append({ ...record, at: yield* at, ...outcome })
    .pipe(
      Effect.catch(({ reason }) => Effect.logError("a login's outcome is not on the audit log", { reason, requestId }))
    )
  return yield* exit
})

/** Tells operators why a provider's login failed, which the user is not told. */
const tellFailure = (error: LoginError) =>
  error._tag === "FederationFailed"
    ? Effect.logWarning("a login at another provider failed", { provider: error.provider, reason: error.reason })
    : Effect.void

/** Runs steps in a context; a defect rejects. */
export const attemptsIn = (context: Context.Context<LoginServices>): Attempt => {
  const run = Effect.runPromiseExitWith(context)
  return async (step, origin, client, isAudited = true) => {
    const told = Effect.tapError(step, tellFailure)
    const exit = await run(isAudited ? audited(told, origin, client) : told)
    if (Exit.isSuccess(exit)) return { isRefused: false, answer: exit.value }
    const error = Option.getOrUndefined(Cause.findErrorOption(exit.cause))
    if (error === undefined) throw Cause.squash(exit.cause)
    return { isRefused: true, refusal: error._tag === "AuditUnavailable" ? loginRefusal.away : refusalOf(error) }
  }
}
