import { Clock, Effect, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { ApprovalId } from "../../domain/ids/index.ts"
import { ApprovalStore } from "../ports/ApprovalStore.ts"
import { approvalView } from "./ApprovalView.ts"

export const GetApproval = Schema.Struct({ approval: ApprovalId })
export type GetApproval = typeof GetApproval.Type

/** One approval, decided on or not. Errors: ApprovalNotFound, then those of the store. */
export const getApproval = Effect.fn("approvals.get")(function* ({ approval }: GetApproval) {
  const approvals = yield* ApprovalStore
  const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
  return approvalView(yield* approvals.find(approval), now)
})
