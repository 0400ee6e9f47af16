import { Clock, Effect, Result, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { Permission } from "../../domain/identity/index.ts"
import { ApprovalId } from "../../domain/ids/index.ts"
import { type Approval, ApprovalDecided, ApprovalStore } from "../ports/ApprovalStore.ts"
import type { Caller } from "../ports/Caller.ts"
import { Terms } from "../ports/Terms.ts"
import { approvalView, isOver } from "./ApprovalView.ts"
import { carryOut } from "./Carry.ts"
import { Reason } from "./FileApproval.ts"
import { isSamePerson, personOf } from "./Person.ts"
import { CheckerNotAdmitted, OwnApproval } from "./Refusals.ts"
import { isRestricted, restrictedOf } from "./Restricted.ts"

/** Approves, and so does, or rejects what someone else has asked for. */
export const DecideApproval = Schema.Struct({
  approval: ApprovalId,
  decision: Schema.Literals(["approve", "reject"]),
  reason: Schema.optionalKey(Reason)
})
export type DecideApproval = typeof DecideApproval.Type

/** Whether the checker is the one that the command is about. */
const isAbout = ({ operation, command }: Approval, { user }: Caller): boolean =>
  user !== undefined && isRestricted(operation) && restrictedOf(operation).concerns(command) === user

const mayCheck = Effect.fnUntraced(function* (approval: Approval, checker: Caller) {
  const { id, operation, maker } = approval
  if (isSamePerson(maker, checker) || isAbout(approval, checker))
    return yield* Effect.fail(new OwnApproval({ approvalId: id }))
  const { tenant } = yield* Terms
  if (Result.isFailure(Permission.admit(operation, checker, tenant)))
    return yield* Effect.fail(new CheckerNotAdmitted({ operation }))
})

/** Whether the checker has decided the same before: a retry is answered and not refused. */
const isDecidedSo = ({ status, checker }: Approval, decision: DecideApproval["decision"], by: string): boolean =>
  checker === by &&
  (decision === "reject" ? status === "rejected" : status === "approved" || status === "done" || status === "failed")

const decided = Effect.fnUntraced(function* (pending: Approval, command: DecideApproval, by: string) {
  const approvals = yield* ApprovalStore
  const { id: approvalId, status } = pending
  const { decision, reason } = command
  const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
  if (isOver(pending, now)) {
    yield* approvals.move({ ...pending, status: "expired" }, "pending")
    return yield* Effect.fail(new ApprovalDecided({ approvalId, status: "expired" }))
  }
  if (status !== "pending") return yield* Effect.fail(new ApprovalDecided({ approvalId, status }))
  const next: Approval = {
    ...pending,
    status: decision === "approve" ? "approved" : "rejected",
    checker: by,
    ...(reason === undefined ? {} : { decisionReason: reason }),
    decidedAt: now
  }
  yield* approvals.move(next, "pending")
  return next
})

/**
 * Decides, once: of many checkers at once one does, and the same decision of the same checker again is answered as it
 * stands. The answer is `done` or `failed` with what came of an approved one, and `approved` where that is not known yet.
 * Errors, first wins: ApprovalNotFound, OwnApproval, CheckerNotAdmitted, ApprovalDecided, then those of the store.
 */
export const decideApproval = Effect.fn("approvals.decide")(function* (command: DecideApproval, checker: Caller) {
  const approvals = yield* ApprovalStore
  const found = yield* approvals.find(command.approval)
  yield* mayCheck(found, checker)
  const by = personOf(checker)
  const approval = isDecidedSo(found, command.decision, by)
    ? found
    : yield* decided(found, command, by).pipe(
        Effect.catchTag("ApprovalDecided", (error) =>
          Effect.flatMap(approvals.find(command.approval), (now) =>
            isDecidedSo(now, command.decision, by) ? Effect.succeed(now) : Effect.fail(error)
          )
        )
      )
  const ended = approval.status === "approved" ? yield* carryOut(approval) : approval
  return approvalView(ended, Instant.fromMillis(yield* Clock.currentTimeMillis))
})
