import { Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { Policy } from "../../domain/identity/index.ts"
import { ApprovalId } from "../../domain/ids/index.ts"
import { Approval } from "../ports/ApprovalStore.ts"
import { personOf } from "./Person.ts"

/**
 * An approval as its maker and its checkers see it. `maker` and `checker` are users, or programs. `result` is what was
 * answered when it was done, `failure` the code of the error with which it failed.
 */
export const ApprovalView = Schema.Struct({
  id: ApprovalId,
  operation: Policy.Operation,
  command: Schema.JsonObject,
  status: Approval.fields.status,
  maker: Schema.String,
  reason: Schema.optionalKey(Schema.String),
  checker: Schema.optionalKey(Schema.String),
  decisionReason: Schema.optionalKey(Schema.String),
  result: Schema.optionalKey(Schema.Json),
  failure: Schema.optionalKey(Schema.String),
  createdAt: Instant.Instant,
  expiresAt: Instant.Instant,
  decidedAt: Schema.optionalKey(Instant.Instant)
})
export type ApprovalView = typeof ApprovalView.Type

const commandOf = Schema.decodeSync(Schema.fromJsonString(Schema.JsonObject))
const jsonOf = Schema.decodeSync(Schema.fromJsonString(Schema.Json))

/** Whether nobody has decided in time. */
export const isOver = ({ status, expiresAt }: Approval, now: Instant.Instant): boolean =>
  status === "pending" && expiresAt <= now

const outcomeOf = ({ status, result }: Approval) => {
  if (result === undefined) return {}
  return status === "failed" ? { failure: result } : { result: jsonOf(result) }
}

/** The view of an approval; one that is over shows so before it is marked. */
export const approvalView = (approval: Approval, now: Instant.Instant): ApprovalView => {
  const { id, operation, command, maker, result: _, status, ...rest } = approval
  return {
    ...rest,
    ...outcomeOf(approval),
    id,
    operation,
    command: commandOf(command),
    status: isOver(approval, now) ? "expired" : status,
    maker: personOf(maker)
  }
}
