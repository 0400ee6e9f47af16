import { Clock, Effect, Result, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { ApprovalId, TypedId } from "../../domain/ids/index.ts"
import { type Approval, ApprovalStore } from "../ports/ApprovalStore.ts"
import type { Caller } from "../ports/Caller.ts"
import type { IdempotencyKey } from "../ports/Idempotency.ts"
import { Ids } from "../ports/Ids.ts"
import { originTextMax } from "../ports/Origin.ts"
import { approvalView } from "./ApprovalView.ts"
import { RestrictedOperation, restrictedOf } from "./Restricted.ts"

/** How long an approval waits for a decision, in milliseconds: 7 days. */
export const approvalMillisMax = 7 * Instant.millisPerDay

/** Why something is asked for, or decided so. */
export const Reason = Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(originTextMax))

/**
 * Asks for an operation that a second person has to decide on. `command` is the operation's own, as its route takes it;
 * what is wrong with it is told at once, under `command`.
 */
export const FileApproval = Schema.Struct({
  operation: RestrictedOperation,
  command: Schema.JsonObject,
  reason: Schema.optionalKey(Reason)
}).check(
  Schema.makeFilter(({ operation, command }) => {
    const read = restrictedOf(operation).read(command)
    return Result.isSuccess(read) ? undefined : { path: ["command"], issue: read.failure }
  })
)
export type FileApproval = typeof FileApproval.Type

/**
 * Keeps the request for at most 7 days, if its maker may do it but for the second person. The answer is the same for every
 * retry of the key. Errors, first wins: Forbidden, those of the operation's guard and of the policy, IdempotencyConflict,
 * then those of the stores.
 */
export const fileApproval = Effect.fn("approvals.create")(function* (
  request: FileApproval,
  key: IdempotencyKey,
  maker: Caller
) {
  const approvals = yield* ApprovalStore
  const ids = yield* Ids
  const { operation, reason } = request
  const { read, permitted } = restrictedOf(operation)
  const command = yield* Effect.orDie(Effect.fromResult(read(request.command)))
  yield* permitted(command, maker)
  const millis = yield* Clock.currentTimeMillis
  const now = Instant.fromMillis(millis)
  const approval: Approval = {
    id: ApprovalId.make(TypedId.fromBytes("apr", ids.next(millis))),
    operation,
    command,
    maker,
    ...(reason === undefined ? {} : { reason }),
    status: "pending",
    createdAt: now,
    expiresAt: Instant.addMillis(now, approvalMillisMax)
  }
  const fingerprint = JSON.stringify([operation, command, reason])
  const stored = yield* approvals.insert(key, approval, fingerprint)
  return approvalView(stored, stored.createdAt)
})
