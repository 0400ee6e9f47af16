/** How every request is answered: who is it, may it, what does it say, what does the use case answer. */
import { randomUUID } from "node:crypto"
import { Cause, Clock, Effect, type Exit, Result, Schema, Stream } from "effect"
import { admitted, type Calling, callerEnd, callerOf, originOf } from "../../application/access/index.ts"
import type { Caller } from "../../application/ports/Caller.ts"
import { CallerKey, keyOf } from "../../application/ports/Idempotency.ts"
import { Lockout } from "../../domain/identity/index.ts"
import { EdgeError, invalidRequest } from "./EdgeError.ts"
import type { Call, Endpoint, Reply, RestServices } from "./Endpoint.ts"
import { fieldErrors } from "./Fields.ts"
import { type Cors, corsHeaders, preferred, securityHeaders } from "./Headers.ts"
import { inputOf } from "./Input.ts"
import { countRequest } from "./Metrics.ts"
import { problemOf, type RestError } from "./Problem.ts"
import { quotaHeaders, type RateLimiter } from "./RateLimit.ts"
import { randomRequestId, requestIdOf } from "./RequestId.ts"

/** Runs effects on the services of the app: a `ManagedRuntime` does, and so does a `Context`. */
export interface Runtime {
  readonly runPromiseExit: <A, E>(effect: Effect.Effect<A, E, RestServices>) => Promise<Exit.Exit<A, E>>
}

/** What an app decides for all routes. */
export interface Edge {
  readonly runtime: Runtime
  readonly limiter: RateLimiter
  /** Comes back when the app is to stop; then streams end that have no end of their own. */
  readonly stopping: Effect.Effect<void>
  /** Stands before the paths in problem types: the public address without a slash at the end, or nothing. */
  readonly publicUrl: string
  readonly cors: Cors | undefined
  /** The address that a request came from, where the app knows it. */
  readonly addressOf: (request: Request) => string | undefined
}

/** What becomes known of a request while it is answered, and goes with every answer to it, problems too. */
interface Visit {
  requestId: string
  readonly headers: Record<string, string>
}

/** An answer before the headers that all answers have. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null
}

const problemAnswer = (edge: Edge, visit: Visit, error: RestError): Answer => {
  const { status, headers, body } = problemOf(error, visit.requestId, edge.publicUrl)
  return { status, headers: { "Content-Type": "application/problem+json", ...headers }, body: JSON.stringify(body) }
}

/**
 * Answers a request by `work`: its errors become problems, a defect a problem that tells nothing and a log line that
 * tells all. `route` is the pattern of the path, for the metrics.
 */
export const answer = async (
  edge: Edge,
  route: string,
  request: Request,
  work: (visit: Visit) => Effect.Effect<Answer, RestError, RestServices>
): Promise<Response> => {
  const visit: Visit = { requestId: randomRequestId(), headers: {} }
  const answered = Effect.gen(function* () {
    const start = yield* Clock.currentTimeMillis
    const result = yield* work(visit).pipe(
      Effect.catch((error) => Effect.succeed(problemAnswer(edge, visit, error))),
      Effect.catchCause((cause) =>
        Effect.logError("request failed", cause).pipe(
          Effect.annotateLogs({ requestId: visit.requestId, route }),
          Effect.as(problemAnswer(edge, visit, new EdgeError("internal_error")))
        )
      )
    )
    yield* countRequest(request.method, route, result.status, (yield* Clock.currentTimeMillis) - start)
    return result
  })
  const exit = await edge.runtime.runPromiseExit(answered)
  const { status, headers, body } =
    exit._tag === "Success" ? exit.value : problemAnswer(edge, visit, new EdgeError("internal_error"))
  return new Response(body, {
    status,
    headers: {
      ...securityHeaders,
      ...corsHeaders(edge.cors, request),
      ...visit.headers,
      ...headers,
      "X-Request-Id": visit.requestId
    }
  })
}

/** The request as the door looks at it. */
const callingOf = ({ addressOf }: Edge, request: Request): Calling => ({
  header: (name) => request.headers.get(name),
  method: request.method,
  url: request.url,
  address: addressOf(request)
})

/** Whose requests are counted together: a caller's, or those of a source of addresses where nobody is known. */
const countedAs = (edge: Edge, request: Request, caller: Caller): string =>
  caller.roles.length > 0 ? caller.id : `${caller.id} ${Lockout.sourceOf(edge.addressOf(request))}`

const charge = Effect.fnUntraced(function* (limiter: RateLimiter, visit: Visit, caller: string) {
  const quota = yield* limiter.take(caller)
  Object.assign(visit.headers, quotaHeaders(limiter.policy, quota))
  if (!quota.isAllowed)
    yield* Effect.fail(new EdgeError("rate_limited", { headers: { "Retry-After": String(quota.retryAfterSeconds) } }))
})

const decodeKey = Schema.decodeUnknownResult(CallerKey)

const keyIn = Effect.fnUntraced(function* (endpoint: Endpoint, request: Request, visit: Visit, caller: string) {
  // Those without a token have no name under which a key of theirs could be told from another's.
  const header = endpoint.method === "POST" && !endpoint.isOpen ? request.headers.get("idempotency-key") : null
  if (header === null) {
    if (endpoint.idempotencyKey !== "required") return keyOf(caller, randomUUID())
    return yield* Effect.fail(invalidRequest([{ field: "Idempotency-Key", message: "Required" }]))
  }
  const key = decodeKey(header)
  if (Result.isFailure(key))
    return yield* Effect.fail(
      invalidRequest([{ field: "Idempotency-Key", message: "Expected 1 to 255 visible ASCII characters" }])
    )
  visit.requestId = requestIdOf(caller, key.success)
  return keyOf(caller, key.success)
})

/**
 * The bytes of a reply. A stream reads no further ahead than its client, ends with the request, and breaks off where it
 * fails, which is logged: its status was sent long before.
 */
const bodyOf = Effect.fnUntraced(function* (edge: Edge, reply: Reply, request: Request, visit: Visit, caller: Caller) {
  const { body, isEndless = false } = reply
  if (typeof body === "string") return body
  const context = yield* Effect.context<RestServices>()
  const { requestId } = visit
  // Whoever follows something comes back with the next token, by the last event that it has seen.
  const end = Effect.raceFirst(edge.stopping, Effect.ignore(callerEnd(caller)))
  const bytes = (isEndless ? Stream.interruptWhen(body, end) : body).pipe(
    Stream.tapCause((cause) =>
      Cause.hasInterruptsOnly(cause)
        ? Effect.void
        : Effect.annotateLogs(Effect.logWarning("an answer broke off", cause), { requestId })
    ),
    Stream.encodeText
  )
  return Stream.toReadableStreamWith(bytes, context, { signal: request.signal })
})

/** Serves an endpoint: authentication, rate, admission, headers, input, permission, use case, in this order. */
export const serve = (
  edge: Edge,
  endpoint: Endpoint,
  request: Request,
  parameters: Readonly<Record<string, string | null>>
): Promise<Response> =>
  answer(edge, endpoint.path, request, (visit) =>
    Effect.gen(function* () {
      const calling = callingOf(edge, request)
      const caller = yield* callerOf(calling, endpoint.isOpen)
      yield* charge(edge.limiter, visit, countedAs(edge, request, caller))
      yield* admitted(endpoint.operation, { caller, origin: originOf(calling, visit.requestId) })
      const type = preferred(request.headers.get("accept"), endpoint.types)
      if (type === undefined) return yield* notAcceptable(endpoint)
      const key = yield* keyIn(endpoint, request, visit, caller.id)
      const call: Call = { caller, key, origin: originOf(calling, visit.requestId) }
      const input = yield* inputOf(endpoint, request, parameters, caller)
      const reply = yield* endpoint
        .run(input, call, type)
        .pipe(Effect.catchTag("SchemaError", (error) => Effect.fail(invalidRequest(fieldErrors(error, input)))))
      if (endpoint.status === 204) return { status: endpoint.status, headers: {}, body: null }
      return {
        status: endpoint.status,
        headers: {
          "Content-Type": type.startsWith("text/") ? `${type}; charset=utf-8` : type,
          ...(reply.location === undefined ? {} : { Location: reply.location }),
          ...(reply.version === undefined ? {} : { ETag: `"${reply.version}"` })
        },
        body: yield* bodyOf(edge, reply, request, visit, caller)
      }
    })
  )

const notAcceptable = ({ types }: Endpoint) =>
  Effect.fail(
    new EdgeError("not_acceptable", {
      errors: [{ field: "Accept", message: `Expected a range with ${types.join(" or ")}` }]
    })
  )
