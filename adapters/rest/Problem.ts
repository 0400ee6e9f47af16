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

const headersOf = (kind: Kind): Readonly<Record<string, string>> => {
  switch (kind) {
    case "exhausted":
    case "unavailable":
      return { "Retry-After": retryAfterSeconds }
    default:
      return {}
  }
}

// The header at fault, for the kinds that are about one.
const headerByKind: { readonly [K in Kind]?: string } = { unauthenticated: "Authorization", stale: "If-Match" }

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
  const field = description.field ?? headerByKind[kind]
  const status = statusByKind[kind]
  const errors = field === undefined ? [] : [{ field, message: detail }]
  const body = { type: `${base}/problems/${code}`, title, status, detail, code, request_id: requestId, errors }
  const challenges = challengesOf(error)
  const headers = {
    ...headersOf(kind),
    ...(challenges.length === 0 ? {} : { "WWW-Authenticate": challenges.join(", ") })
  }
  return { status, headers, body }
}
