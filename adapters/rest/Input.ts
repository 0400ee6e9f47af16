/** From a request to the input of a command: path, query, If-Match and body in one object. */
import { Effect } from "effect"
import type { Caller } from "../../application/ports/Caller.ts"
import { readJson } from "./Body.ts"
import { afterOf } from "./Cursor.ts"
import { EdgeError, type FieldError, invalidRequest } from "./EdgeError.ts"
import { type Endpoint, isJsonObject, type QueryKind } from "./Endpoint.ts"
import type { Json, JsonObject } from "./Json.ts"

/** Items of a page where the request names no `limit`. */
export const limitDefault = 50

type Fields = Record<string, Json>

// Own properties whatever the key is: a key may be `__proto__`.
const withPair = (map: Json | undefined, key: string, value: string): JsonObject => ({
  ...(map !== undefined && isJsonObject(map) ? map : {}),
  ...Object.fromEntries([[key, value]])
})

const pair = /^(\w+)\[([^\]]*)\]$/u

/** Puts a parameter among the fields; a map's parameter names the map and the key. */
const take = (fields: Fields, query: Readonly<Record<string, QueryKind>>, name: string, value: string): void => {
  const [, map = "", key = ""] = pair.exec(name) ?? []
  const kindOf = (field: string): QueryKind | undefined => (Object.hasOwn(query, field) ? query[field] : undefined)
  if (kindOf(map) === "map") fields[map] = withPair(fields[map], key, value)
  else fields[name] = kindOf(name) === "list" ? value.split(",") : value
}

const queryOf = (endpoint: Endpoint, request: Request, errors: Array<FieldError>): Fields => {
  const fields: Fields = {}
  const { list, query = {} } = endpoint
  const isQueried = list !== undefined || endpoint.query !== undefined
  const mark = request.url.indexOf("?")
  if (list !== undefined) fields.limit = limitDefault
  if (mark < 0) return fields
  // What comes by the path or inside the cursor is no parameter of the query.
  const reserved = new Set(["", "__proto__", "after", ...endpoint.parameters])
  const seen = new Set<string>()
  for (const [name, value] of new URLSearchParams(request.url.slice(mark + 1))) {
    const field = name === "" ? "query" : name.slice(0, 200)
    if (seen.has(name)) errors.push({ field, message: "Expected once" })
    else if (!isQueried || reserved.has(name)) errors.push({ field, message: "Unknown query parameter" })
    else if (list !== undefined && name === "limit")
      fields.limit = /^\d{1,9}$/u.test(value) ? Number(value) : Number.NaN
    else if (list !== undefined && name === "cursor") {
      const after = afterOf(list, value)
      if (after === undefined) errors.push({ field, message: "Expected the nextCursor of a page of this list" })
      else fields.after = after
    } else take(fields, query, name, value)
    seen.add(name)
  }
  return fields
}

const lastEventOf = (endpoint: Endpoint, request: Request, errors: Array<FieldError>): Fields => {
  const header = endpoint.resumes === true ? request.headers.get("last-event-id") : null
  if (header === null) return {}
  if (/^\d{1,15}$/u.test(header)) return { after: Number(header) }
  errors.push({ field: "Last-Event-ID", message: "Expected the id of an event of this stream" })
  return {}
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
  for (const name of endpoint.parameters)
    if (Object.hasOwn(body, name)) errors.push({ field: name, message: "Unknown field: the path names it" })
  if (endpoint.ifMatch !== undefined && Object.hasOwn(body, "expectedVersion"))
    errors.push({ field: "expectedVersion", message: "Unknown field: send the If-Match header" })
  return body
}

/** Words that stand in a path for what is the caller's. */
const meant = (name: string, text: string, { user, session }: Caller): string => {
  if (name === "user" && text === "me") return user ?? text
  if (name === "session" && text === "current") return session ?? text
  return text
}

/** Errors, first wins: precondition_required, etag_mismatch, those of the body, invalid_request. */
export const inputOf = Effect.fnUntraced(function* (
  endpoint: Endpoint,
  request: Request,
  parameters: Readonly<Record<string, string | null>>,
  caller: Caller
) {
  const errors: Array<FieldError> = []
  const expected = ifMatchOf(endpoint, request, errors)
  if (expected instanceof EdgeError) return yield* Effect.fail(expected)
  const query = { ...queryOf(endpoint, request, errors), ...lastEventOf(endpoint, request, errors) }
  const body =
    endpoint.method === "GET" ? {} : bodyOf(endpoint, yield* readJson(request, endpoint.bodyBytesMax), errors)
  if (errors.length > 0) return yield* Effect.fail(invalidRequest(errors))
  const path = endpoint.parameters.map((name) => [name, meant(name, parameters[name] ?? "", caller)] as const)
  return { ...query, ...body, ...expected, ...Object.fromEntries(path) } satisfies JsonObject
})
