/** `bank.access.v1.ApprovalService` over the use cases of `application/approvals`. */
import { Schema } from "effect"
import { AccessGuards } from "../../application/access/index.ts"
import {
  ApprovalView,
  DecideApproval,
  decideApproval,
  FileApproval,
  fileApproval,
  GetApproval,
  getApproval,
  ListApprovals,
  listApprovals
} from "../../application/approvals/index.ts"
import { ApprovalId } from "../../domain/ids/index.ts"
import { ApprovalService } from "../../proto/gen/bank/access/v1/approval_service_pb.ts"
import { guarded } from "./Door.ts"
import { limitDefault } from "./Limits.ts"
import { keyed, type Needs, type RpcService, unary } from "./Unary.ts"

const { method } = ApprovalService
const approval = { answer: ApprovalView, as: "approval" } as const

const Approvals = Schema.Struct({ items: Schema.Array(ApprovalView), next: Schema.optionalKey(ApprovalId) })

const rpcs = {
  fileApproval: keyed({
    method: method.fileApproval,
    door: guarded(AccessGuards.fileApproval),
    command: FileApproval,
    ...approval,
    run: (command, key, { caller }) => fileApproval(command, key, caller)
  }),
  getApproval: unary({
    method: method.getApproval,
    door: guarded(AccessGuards.readApproval),
    command: GetApproval,
    ...approval,
    run: getApproval
  }),
  listApprovals: unary({
    method: method.listApprovals,
    door: guarded(AccessGuards.listApprovals),
    command: ListApprovals,
    answer: Approvals,
    defaults: { limit: limitDefault },
    run: listApprovals
  }),
  decideApproval: unary({
    method: method.decideApproval,
    door: guarded(AccessGuards.decideApproval),
    command: DecideApproval,
    ...approval,
    run: (command, { caller }) => decideApproval(command, caller)
  })
}

/** What one person asks for and another decides on. */
export const approvalService: RpcService<Needs<typeof rpcs>> = {
  desc: ApprovalService,
  register: (router, context, options) => {
    router.service(
      ApprovalService,
      {
        fileApproval: rpcs.fileApproval(context),
        getApproval: rpcs.getApproval(context),
        listApprovals: rpcs.listApprovals(context),
        decideApproval: rpcs.decideApproval(context)
      },
      options
    )
  }
}
