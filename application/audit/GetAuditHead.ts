import { Effect, Schema } from "effect"
import { AuditLog } from "../ports/AuditLog.ts"

export const GetAuditHead = Schema.Struct({})
export type GetAuditHead = typeof GetAuditHead.Type

/** The newest entry's number and hash, to be kept elsewhere: from then on no entry up to it can be altered unseen. */
export const AuditHead = Schema.Struct({
  sequence: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)),
  /** Hexadecimal SHA-256. */
  hash: Schema.String.check(Schema.isPattern(/^[0-9a-f]{64}$/u, { expected: "64 lower-case hexadecimal digits" }))
})
export type AuditHead = typeof AuditHead.Type

/** Errors: AuditUnavailable. */
export const getAuditHead = Effect.fn("audit.head")(function* (_: GetAuditHead) {
  const log = yield* AuditLog
  const head: AuditHead = yield* log.head
  return head
})
