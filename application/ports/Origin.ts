import { Schema } from "effect"

/** Where a request came from, for the audit log. `reason` is what the caller says it does it for. */
export const Origin = Schema.Struct({
  requestId: Schema.String,
  address: Schema.optionalKey(Schema.String),
  userAgent: Schema.optionalKey(Schema.String),
  reason: Schema.optionalKey(Schema.String)
})
export type Origin = typeof Origin.Type
