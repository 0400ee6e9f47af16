import { Schema } from "effect"

/** Characters of a reason or a user agent that are kept. */
export const originTextMax = 200

/** Where a request came from, for the audit log. `reason` is what the caller says it does it for. */
export const Origin = Schema.Struct({
  requestId: Schema.String,
  address: Schema.optionalKey(Schema.String),
  userAgent: Schema.optionalKey(Schema.String),
  reason: Schema.optionalKey(Schema.String)
})
export type Origin = typeof Origin.Type
