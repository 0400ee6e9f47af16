import { Effect } from "effect"
import { AccessGuards } from "../../../application/access/index.ts"
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
} from "../../../application/approvals/index.ts"
import { endpoint } from "../Endpoint.ts"
import { page, pageOf } from "../Page.ts"

const approvalAnswer = { answer: ApprovalView, answerName: "Approval" }

/** Four eyes: what one person asks for and another decides on. */
export const approvals = [
  endpoint({
    method: "POST",
    path: "/v1/approvals",
    operationId: "fileApproval",
    summary: "Ask for what a second person has to decide on; the command is that of the operation's own route",
    command: FileApproval,
    ...approvalAnswer,
    status: 201,
    errors: ["AccountNotFound", "TransactionNotFound", "UserNotFound", "StepUpRequired"],
    idempotencyKey: "required",
    location: ({ id }) => `/v1/approvals/${id}`,
    example: {
      operation: "transactions.reverse",
      command: { transaction: "txn_01h455vb4pex5vsknk084sn02q" },
      reason: "Paid twice"
    },
    guard: AccessGuards.fileApproval,
    run: (command, { key, caller }) => fileApproval(command, key, caller)
  }),
  endpoint({
    method: "GET",
    path: "/v1/approvals",
    operationId: "listApprovals",
    summary: "List approvals in the order of filing",
    command: ListApprovals,
    answer: pageOf(ApprovalView),
    answerName: "ApprovalPage",
    status: 200,
    errors: [],
    list: "approvals",
    guard: AccessGuards.listApprovals,
    run: (query) => Effect.map(listApprovals(query), page("approvals"))
  }),
  endpoint({
    method: "GET",
    path: "/v1/approvals/{approval}",
    operationId: "getApproval",
    summary: "Read an approval and what came of it",
    command: GetApproval,
    ...approvalAnswer,
    status: 200,
    errors: ["ApprovalNotFound"],
    guard: AccessGuards.readApproval,
    run: (query) => getApproval(query)
  }),
  endpoint({
    method: "POST",
    path: "/v1/approvals/{approval}/decision",
    operationId: "decideApproval",
    summary: "Approve, and so do, or reject what someone else has asked for",
    command: DecideApproval,
    ...approvalAnswer,
    status: 200,
    errors: ["ApprovalNotFound", "OwnApproval", "CheckerNotAdmitted", "ApprovalDecided"],
    example: { decision: "approve", reason: "Seen the receipt" },
    guard: AccessGuards.decideApproval,
    run: (command, { caller }) => decideApproval(command, caller)
  })
]
