/** From a request to the input of a command: path, query, If-Match and body in one object. */
import { Effect } from "effect"
import { readJson } from "./Body.ts"
import { afterOf } from "./Cursor.ts"
import { EdgeError, type FieldError, invalidRequest } from "./EdgeError.ts"
import { type Endpoint, isJsonObject, parametersOf } from "./Endpoint.ts"
import type { Json, JsonObject } from "./Json.ts"

/** Items of a page where the request names no `limit`. */
export const limitDefault = 50

type Fields = Record<string, Json>

const queryOf = (endpoint: Endpoint, request: Request, errors: Array<FieldError>): Fields => {
  const fields: Fields = {}
  const list = endpoint.list
  const mark = request.url.indexOf("?")
  if (list !== undefined) fields.limit = limitDefault
  if (mark < 0) return fields
  // What comes by the path or inside the cursor is no parameter of the query.
  const reserved = new Set(["", "__proto__", "after", ...parametersOf(endpoint.path)])
  const seen = new Set<string>()
  for (const [name, value] of new URLSearchParams(request.url.slice(mark + 1))) {
    const field = name === "" ? "query" : name.slice(0, 200)
    if (seen.has(name)) errors.push({ field, message: "Expected once" })
    else if (list === undefined || reserved.has(name)) errors.push({ field, message: "Unknown query parameter" })
    else if (name === "limit") fields.limit = /^\d{1,9}$/u.test(value) ? Number(value) : Number.NaN
    else if (name === "cursor") {
      const after = afterOf(list, value)
      if (after === undefined) errors.push({ field, message: "Expected the nextCursor of a page of this list" })
      else fields.after = after
    } else fields[name] = value
    seen.add(name)
  }
  return fields
}

const ifMatchOf = (endpoint: Endpoint, request: Request, errors: Array<FieldError>): Fields | EdgeError => {
  const header = request.headers.get("if-match")?.trim()
  if (endpoint.ifMatch === undefined || header === "*") return {}
  if (header === undefined)
    return endpoint.ifMatch === "optional"
      ? {}
      : new EdgeError("precondition_required", { errors: [{ field: "If-Match", message: "Required" }] })
  const tag = /^(W\/)?"([\x21\x23-\x7e\x80-\uffff]*)"$/u.exec(header)
  if (tag === null) {
    errors.push({ field: "If-Match", message: 'Expected one entity tag such as "3"' })
    return {}
  }
  // RFC 9110 compares strongly here: a weak tag, or one that was never given out, matches nothing.
  const [, weak, value = ""] = tag
  return weak === undefined && /^[1-9]\d{0,14}$/u.test(value)
    ? { expectedVersion: Number(value) }
    : new EdgeError("etag_mismatch", { errors: [{ field: "If-Match", message: "Expected the ETag of this resource" }] })
}

const bodyOf = (endpoint: Endpoint, body: Json, errors: Array<FieldError>): JsonObject => {
  if (!isJsonObject(body)) {
    errors.push({ field: "body", message: "Expected a JSON object" })
    return {}
  }
  for (const name of parametersOf(endpoint.path))
    if (Object.hasOwn(body, name)) errors.push({ field: name, message: "Unknown field: the path names it" })
  if (endpoint.ifMatch !== undefined && Object.hasOwn(body, "expectedVersion"))
    errors.push({ field: "expectedVersion", message: "Unknown field: send the If-Match header" })
  return body
}

/** Errors, first wins: precondition_required, etag_mismatch, those of the body, invalid_request. */
export const inputOf = Effect.fnUntraced(function* (
  endpoint: Endpoint,
  request: Request,
  parameters: Readonly<Record<string, string | null>>
) {
  const errors: Array<FieldError> = []
  const expected = ifMatchOf(endpoint, request, errors)
  if (expected instanceof EdgeError) return yield* Effect.fail(expected)
  const query = queryOf(endpoint, request, errors)
  const body =
    endpoint.method === "GET" ? {} : bodyOf(endpoint, yield* readJson(request, endpoint.bodyBytesMax), errors)
  if (errors.length > 0) return yield* Effect.fail(invalidRequest(errors))
  const path = parametersOf(endpoint.path).map((name) => [name, parameters[name] ?? ""] as const)
  return { ...query, ...body, ...expected, ...Object.fromEntries(path) } satisfies JsonObject
})
