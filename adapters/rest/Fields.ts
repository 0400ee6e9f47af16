/** What a Schema found wrong, as the fields of a request with messages for people. */
import type { Schema } from "effect"
import { formatIssues } from "../../application/errors/index.ts"
import type { FieldError } from "./EdgeError.ts"

/** Field errors of one answer; a request with more is told of the first ones. */
export const errorsMax = 50

/** Characters of a field's name in an answer; a hostile key may be as long as a body. */
const fieldLengthMax = 200

/** The JSON path joined by dots, such as `entries.0.side`; `body` where the body itself is meant. */
export const fieldOf = (path: ReadonlyArray<PropertyKey>): string => {
  const field = path.map(String).join(".")
  return field === "" ? "body" : field.slice(0, fieldLengthMax)
}

const at = (value: unknown, path: ReadonlyArray<PropertyKey>): unknown =>
  path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null ? Object.getOwnPropertyDescriptor(inner, key)?.value : undefined,
    value
  )

// The two mistakes that newcomers make with money deserve a sentence that shows what to send.
const hint = (message: string, path: ReadonlyArray<PropertyKey>, input: unknown): string => {
  const name = path.at(-1)
  if (name !== "amount" && name !== "overdraftLimit") return message
  if (message === "Expected object") return 'Expected an object such as {"amount":"12.34","currency":"USD"}'
  if (message === "Expected string" && typeof at(input, path) === "number")
    return 'Expected decimal text in quotes such as "12.34", not a number: a number may lose cents'
  return message
}

/** The field errors of a failed decoding of `input`, at most {@link errorsMax}, one for each field and message. */
export const fieldErrors = (error: Schema.SchemaError, input: unknown): ReadonlyArray<FieldError> => {
  const seen = new Set<string>()
  const errors: Array<FieldError> = []
  for (const { message, path: segments = [] } of formatIssues(error.issue).issues) {
    const path = segments.map((segment) => (typeof segment === "object" ? segment.key : segment))
    const each = { field: fieldOf(path), message: hint(message, path, input) }
    const line = `${each.field} ${each.message}`
    if (seen.has(line) || errors.length >= errorsMax) continue
    seen.add(line)
    errors.push(each)
  }
  return errors
}
