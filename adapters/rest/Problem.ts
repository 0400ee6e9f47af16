/** Problems (RFC 9457): the one shape of every answer that is not a success. */
import { type ApplicationError, challengesOf, describe, type Kind } from "../../application/errors/index.ts"
import { type EdgeError, edgeCatalogue, type FieldError } from "./EdgeError.ts"

/** Everything that this edge answers with a problem. */
export type RestError = ApplicationError | EdgeError

/** The HTTP status of each kind of expected error. */
export const statusByKind = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  already_exists: 409,
  conflict: 409,
  stale: 412,
  unprocessable: 422,
  exhausted: 429,
  unavailable: 503
} as const satisfies Record<Kind, number>

/** Seconds after which a caller that was turned away for load may come again. */
const retryAfterSeconds = "1"

/** A problem with the headers that go with it. `type` is where the error is documented and never changes. */
export interface Problem {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: {
    readonly type: string
    readonly title: string
    readonly status: number
    readonly detail: string
    readonly code: string
    readonly request_id: string
    readonly errors: ReadonlyArray<FieldError>
  }
}

/** A login that was not accepted is mended by no other token, but every 401 carries a challenge (RFC 9110, 15.5.2). */
const anyChallenge = 'Bearer realm="bank"'

const headersOf = (error: ApplicationError, kind: Kind): Readonly<Record<string, string>> => {
  if (error._tag === "LoginThrottled") return { "Retry-After": String(error.retryAfterSeconds) }
  const challenges = challengesOf(error)
  switch (kind) {
    case "exhausted":
    case "unavailable":
      return { "Retry-After": retryAfterSeconds }
    case "unauthenticated":
      return { "WWW-Authenticate": challenges.length === 0 ? anyChallenge : challenges.join(", ") }
    default:
      return challenges.length === 0 ? {} : { "WWW-Authenticate": challenges.join(", ") }
  }
}

/** The header at fault, where the error is about one. */
const headerOf = (error: ApplicationError, kind: Kind): string | undefined => {
  if (kind === "stale") return "If-Match"
  return kind === "unauthenticated" && challengesOf(error).length > 0 ? "Authorization" : undefined
}

/** The problem of an error. `base` stands before `/problems/{code}`: the bank's public address, or nothing. */
export const problemOf = (error: RestError, requestId: string, base: string): Problem => {
  if (error._tag === "EdgeError") {
    const [status, title] = edgeCatalogue[error.code]
    const { code, detail, errors, headers } = error
    const body = { type: `${base}/problems/${code}`, title, status, detail, code, request_id: requestId, errors }
    return { status, headers, body }
  }
  const description = describe(error)
  const { code, kind, title, detail } = description
  const field = description.field ?? headerOf(error, kind)
  const status = statusByKind[kind]
  const errors = field === undefined ? [] : [{ field, message: detail }]
  const body = { type: `${base}/problems/${code}`, title, status, detail, code, request_id: requestId, errors }
  return { status, headers: headersOf(error, kind), body }
}
