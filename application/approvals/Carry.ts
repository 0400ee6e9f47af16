import { Effect, Result } from "effect"
import { type ApplicationError, describe } from "../errors/index.ts"
import { type Approval, ApprovalStore } from "../ports/ApprovalStore.ts"
import type { Caller } from "../ports/Caller.ts"
import { keyOf } from "../ports/Idempotency.ts"
import { UserStore } from "../ports/UserStore.ts"
import { isRestricted, restrictedOf } from "./Restricted.ts"

/** Whether the same may be tried again: nothing was decided, something could not be had. */
const isPassing = (error: ApplicationError): boolean => {
  const { kind } = describe(error)
  return kind === "unavailable" || kind === "exhausted"
}

/**
 * The maker as it is now: with the roles that it had and still has, and none once its login is closed. Its second factor
 * was asked for at the filing.
 */
const presentMaker = Effect.fnUntraced(function* ({ maker }: Approval) {
  const { user } = maker
  if (user === undefined) return maker
  const users = yield* UserStore
  const found = yield* users.find(user).pipe(Effect.catchTag("UserNotFound", () => Effect.succeed(undefined)))
  const roles = maker.roles.filter((role) => found?.status === "active" && found.roles.includes(role))
  return { ...maker, roles } satisfies Caller
})

/** The audit log names the maker as who does it, and the approval and its checker as from where. */
const work = Effect.fnUntraced(function* (approval: Approval) {
  const { id, operation, command, checker } = approval
  if (!isRestricted(operation)) return yield* Effect.die(new Error(`approval ${id} is of ${operation}`))
  const caller = yield* presentMaker(approval)
  const origin = { requestId: id, reason: `approved by ${checker ?? "nobody"}` }
  return yield* restrictedOf(operation).run(command, keyOf("approval", id), { caller, origin })
})

/**
 * Does what an approved approval asks for, as its maker, and keeps what came of it; one that cannot be done just now stays
 * approved and is taken up again by `resumeApprovals`. However often and by however many it is carried out, it is done
 * once, for the key is made of the approval's id. Errors: ApprovalNotFound, and those of the store.
 */
export const carryOut = Effect.fnUntraced(function* (approved: Approval) {
  const approvals = yield* ApprovalStore
  const outcome = yield* Effect.result(work(approved))
  if (Result.isFailure(outcome) && isPassing(outcome.failure)) {
    yield* Effect.logWarning("approved and not done yet", { approvalId: approved.id, error: outcome.failure._tag })
    return approved
  }
  const ended: Approval = Result.isSuccess(outcome)
    ? { ...approved, status: "done", result: outcome.success }
    : { ...approved, status: "failed", result: describe(outcome.failure).code }
  return yield* approvals.move(ended, "approved").pipe(
    Effect.as(ended),
    // Another one that carried it out was faster.
    Effect.catchTag("ApprovalDecided", () => approvals.find(approved.id))
  )
})
