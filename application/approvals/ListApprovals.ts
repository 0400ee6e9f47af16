import { Clock, Effect, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { ApprovalId } from "../../domain/ids/index.ts"
import { Approval, ApprovalStore } from "../ports/ApprovalStore.ts"
import { approvalView } from "./ApprovalView.ts"

/** Approvals in the order of filing, of one status or of all; `after` is the last one of the page before. */
export const ListApprovals = Schema.Struct({
  status: Schema.optionalKey(Approval.fields.status),
  after: Schema.optionalKey(ApprovalId),
  limit: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 200 }))
})
export type ListApprovals = typeof ListApprovals.Type

/**
 * A page; `next` is there where more may follow. Some of `pending` may show as expired for the minute until they are
 * marked so. Errors: those of the store.
 */
export const listApprovals = Effect.fn("approvals.list")(function* (query: ListApprovals) {
  const approvals = yield* ApprovalStore
  const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
  const items = (yield* approvals.list(query)).map((each) => approvalView(each, now))
  const last = items.at(-1)
  return { items, ...(last === undefined || items.length < query.limit ? {} : { next: last.id }) }
})
