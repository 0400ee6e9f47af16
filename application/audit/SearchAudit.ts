import { Effect, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { Policy } from "../../domain/identity/index.ts"
import { AuditLog } from "../ports/AuditLog.ts"
import { Terms } from "../ports/Terms.ts"

/**
 * The audit log's entries of this bank, newest first; `after` is the sequence of the last one of the page before. What is
 * given must hold together: `actor` is a caller's, a user's or a customer's id, `from` is included and `before` is not.
 */
export const SearchAudit = Schema.Struct({
  actor: Schema.optionalKey(Schema.String),
  operation: Schema.optionalKey(Policy.Operation),
  object: Schema.optionalKey(Schema.String),
  from: Schema.optionalKey(Instant.Instant),
  before: Schema.optionalKey(Instant.Instant),
  after: Schema.optionalKey(Schema.Int),
  limit: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 200 }))
})
export type SearchAudit = typeof SearchAudit.Type

/** A page; `next` is there where more may follow. Errors: AuditUnavailable. */
export const searchAudit = Effect.fn("audit.search")(function* (query: SearchAudit) {
  const log = yield* AuditLog
  const { tenant } = yield* Terms
  const items = yield* log.search({ ...query, tenant })
  const last = items.at(-1)
  return { items, ...(last === undefined || items.length < query.limit ? {} : { next: last.sequence }) }
})
