/** What this edge refuses before a use case is asked: the part of the catalogue that only HTTP has. */

/** Codes, each with its HTTP status, title and what a caller does about it. */
export const edgeCatalogue = {
  malformed_json: [400, "Malformed JSON", "The body is not JSON that is taken; the position is named."],
  invalid_request: [400, "Invalid request", "Fields or headers of the request are missing or wrong; each is named."],
  route_not_found: [404, "No such resource", "The path names nothing here; see the API description."],
  problem_not_found: [404, "No such problem", "The catalogue of problems has no such code."],
  method_not_allowed: [405, "Method not allowed", "The Allow header lists the methods of this path."],
  not_acceptable: [406, "Not acceptable", "Ask for a media type that this resource has, such as application/json."],
  etag_mismatch: [412, "Changed by someone else", "If-Match names no version of this resource; read it again."],
  body_too_large: [413, "Body too large", "A request body has at most 1 MiB, that of a batch 8 MiB."],
  unsupported_media_type: [415, "Unsupported media type", "Send the body as application/json in UTF-8, uncompressed."],
  precondition_required: [428, "Precondition required", "Send the ETag you have read in the If-Match header."],
  rate_limited: [429, "Too many requests", "Wait as long as the Retry-After header says."],
  internal_error: [
    500,
    "Internal error",
    "A bug of the bank, logged with the request id. Send the same request again."
  ],
  not_ready: [503, "Not ready", "The bank is starting or has lost a part it needs; try again after a moment."]
} as const satisfies Record<string, readonly [status: number, title: string, advice: string]>

export type EdgeCode = keyof typeof edgeCatalogue

/** A field of a request and what was expected there; headers and query parameters go by their own names. */
export interface FieldError {
  readonly field: string
  readonly message: string
}

/** A refusal by the edge itself. `headers` go with the answer. */
export class EdgeError {
  readonly _tag = "EdgeError"
  readonly code: EdgeCode
  readonly detail: string
  readonly errors: ReadonlyArray<FieldError>
  readonly headers: Readonly<Record<string, string>>

  constructor(
    code: EdgeCode,
    options: {
      readonly detail?: string
      readonly errors?: ReadonlyArray<FieldError>
      readonly headers?: Readonly<Record<string, string>>
    } = {}
  ) {
    this.code = code
    this.detail = options.detail ?? edgeCatalogue[code][2]
    this.errors = options.errors ?? []
    this.headers = options.headers ?? {}
  }
}

/** A request with wrong fields or headers. */
export const invalidRequest = (errors: ReadonlyArray<FieldError>): EdgeError =>
  new EdgeError("invalid_request", {
    detail: errors
      .map(({ field, message }) => `${field}: ${message}`)
      .slice(0, 3)
      .join("; "),
    errors
  })
