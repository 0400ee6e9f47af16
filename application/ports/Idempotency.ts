import { Schema } from "effect"

const pattern = /^[\x21-\x7e]{1,320}(?: \d{1,5})?$/u

/**
 * Names one intention of one caller, so that a retry is answered and not done again: 1–320 visible ASCII characters, and
 * for an item of a batch a space and its index, so that no key of a caller's own can be taken for it. Edges make it from
 * the caller and the caller's own key (`keyOf`), workflows from the record they work on.
 */
export const IdempotencyKey = Schema.String.check(Schema.isPattern(pattern)).pipe(Schema.brand("IdempotencyKey"))
export type IdempotencyKey = typeof IdempotencyKey.Type

const isKey = (text: string): text is IdempotencyKey => pattern.test(text)

// Each request has one, and the schema's own making of it costs more than all that the key is for.
const made = (text: string): IdempotencyKey => (isKey(text) ? text : IdempotencyKey.make(text))

/** The key as a caller sends it: 1–255 visible ASCII characters. */
export const CallerKey = Schema.String.check(
  Schema.isPattern(/^[\x21-\x7e]{1,255}$/u, { message: "Expected 1 to 255 visible ASCII characters" })
)

/** The key of a caller's request: two callers may use the same text without meeting. */
export const keyOf = (caller: string, key: string): IdempotencyKey => made(`${caller}:${key}`)

/** The key of the item at `index`, from 0, of a batch that is no item itself. */
export const itemKeyOf = (batch: IdempotencyKey, index: number): IdempotencyKey => made(`${batch} ${index}`)

/** The key was used before for a different request; nothing was done. */
export class IdempotencyConflict extends Schema.TaggedError<IdempotencyConflict>()("IdempotencyConflict", {
  key: Schema.String
}) {}
