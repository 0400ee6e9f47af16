/** Errors as every RPC answers them: a code, a sentence, and a `bank.type.v1.Problem` for programs. */
import { Code, ConnectError } from "@connectrpc/connect"
import type { Schema } from "effect"
import {
  type ApplicationError,
  challengesOf,
  describe,
  formatIssues,
  type Kind
} from "../../application/errors/index.ts"
import { ProblemSchema } from "../../proto/gen/bank/type/v1/problem_pb.ts"
import { errorJsonOf } from "./ErrorJson.ts"
import { requestIdHeader } from "./RequestId.ts"

/** Field errors of one answer; a request with more is told of the first ones. */
export const errorsMax = 50

/** Characters of a field's name in an answer; a hostile key may be as long as a message. */
const fieldLengthMax = 200

/** The code of each kind of expected error. */
export const codeByKind: Readonly<Record<Kind, Code>> = {
  invalid: Code.InvalidArgument,
  unauthenticated: Code.Unauthenticated,
  forbidden: Code.PermissionDenied,
  not_found: Code.NotFound,
  already_exists: Code.AlreadyExists,
  conflict: Code.FailedPrecondition,
  stale: Code.Aborted,
  unprocessable: Code.FailedPrecondition,
  exhausted: Code.ResourceExhausted,
  unavailable: Code.Unavailable
}

/** A field of a request, by JSON names and indexes joined by dots, and what was expected there. */
export interface FieldError {
  readonly field: string
  readonly message: string
}

/** The request does not decode: all of its faults, at most {@link errorsMax}. */
export class InvalidRequest {
  readonly _tag = "InvalidRequest"
  readonly errors: ReadonlyArray<FieldError>

  constructor(errors: ReadonlyArray<FieldError>) {
    this.errors = errors.slice(0, errorsMax)
  }
}

/** The faults that a Schema found, each field and message once; `prefix` is where the value stands in the request. */
export const fieldErrors = (error: Schema.SchemaError, prefix: ReadonlyArray<string> = []): Array<FieldError> => {
  const found = new Map<string, FieldError>()
  for (const { message, path = [] } of formatIssues(error.issue).issues) {
    const field = [...prefix, ...path.map(String)].join(".").slice(0, fieldLengthMax)
    found.set(`${field} ${message}`, { field, message })
  }
  return [...found.values()]
}

/** Seconds until the same request may be answered otherwise (RFC 9110, 10.2.3); undefined where it never is. */
const retryAfterOf = (error: ApplicationError, kind: Kind): number | undefined => {
  if (error._tag === "LoginThrottled") return error.retryAfterSeconds
  return kind === "exhausted" || kind === "unavailable" ? 1 : undefined
}

const metadata = (
  requestId: string,
  retryAfter?: number,
  challenges: ReadonlyArray<string> = []
): Record<string, string> => ({
  [requestIdHeader]: requestId,
  ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }),
  ...(challenges.length === 0 ? {} : { "www-authenticate": challenges.join(", ") })
})

// The catalogue names the key by its HTTP header; here it is a field of the message.
const fieldOf = (field: string): string => (field === "Idempotency-Key" ? "idempotencyKey" : field)

const invalidRequest = ({ errors }: InvalidRequest, requestId: string): ConnectError => {
  const detail = errors
    .slice(0, 3)
    .map(({ field, message }) => `${field}: ${message}`)
    .join("; ")
  const value = { code: "invalid_request", title: "Invalid request", detail, requestId, errors: [...errors] }
  return new ConnectError(detail, Code.InvalidArgument, metadata(requestId), [{ desc: ProblemSchema, value }])
}

/** An expected error as the answer to a request. */
export const connectErrorOf = (error: ApplicationError | InvalidRequest, requestId: string): ConnectError => {
  if (error._tag === "InvalidRequest") return invalidRequest(error, requestId)
  const { code, kind, title, detail, field } = describe(error)
  const errors = field === undefined ? [] : [{ field: fieldOf(field), message: detail }]
  const value = { code, title, detail, requestId, errors, errorJson: errorJsonOf(error) }
  return new ConnectError(
    detail,
    codeByKind[kind],
    metadata(requestId, retryAfterOf(error, kind), challengesOf(error)),
    [{ desc: ProblemSchema, value }]
  )
}

/** The answer to a request that met a bug; what went wrong is in the log under the request id and nowhere else. */
export const internalError = (requestId: string): ConnectError => {
  const title = "Internal error"
  const detail = "A bug of the bank, logged with the request id. Send the same request again."
  const value = { code: "internal_error", title, detail, requestId }
  return new ConnectError(detail, Code.Internal, metadata(requestId), [{ desc: ProblemSchema, value }])
}
