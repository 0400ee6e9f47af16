import { Cause, Clock, Effect, Exit } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { type Approval, ApprovalStore } from "../ports/ApprovalStore.ts"
import { isOver } from "./ApprovalView.ts"
import { carryOut } from "./Carry.ts"

/** A decision has this long to be carried out by itself before it is taken for left behind. */
const graceMillis = 10_000

/** Approvals taken up, and marked as expired, in one call. */
const limit = 100

const isLeft = ({ decidedAt }: Approval, now: number): boolean =>
  decidedAt === undefined || decidedAt < now - graceMillis

/** One that dies is logged and keeps no other from being taken up. */
const resumed = (approval: Approval) =>
  Effect.exit(carryOut(approval)).pipe(
    Effect.tap((exit) =>
      Exit.isFailure(exit)
        ? Effect.logError("an approval could not be carried out", {
            approvalId: approval.id,
            error: Cause.pretty(exit.cause)
          })
        : Effect.void
    ),
    Effect.map((exit) => Exit.isSuccess(exit) && exit.value.status !== "approved")
  )

/**
 * Takes up what a crash, or what could not be had, left between a decision and its end, and marks what nobody decided on
 * in time. Answers how many approvals it brought to an end. Errors: those of the store.
 */
export const resumeApprovals = Effect.fn("approvals.resume")(function* () {
  const approvals = yield* ApprovalStore
  const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
  const left = (yield* approvals.list({ status: "approved", limit })).filter((each) => isLeft(each, now))
  const ended = yield* Effect.forEach(left, resumed)
  // The oldest are listed first, and they end first.
  const over = (yield* approvals.list({ status: "pending", limit })).filter((each) => isOver(each, now))
  yield* Effect.forEach(over, (each) => Effect.ignore(approvals.move({ ...each, status: "expired" }, "pending")))
  return ended.filter((isEnded) => isEnded).length
})
