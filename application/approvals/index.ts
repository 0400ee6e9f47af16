/** Use cases of four eyes: what one person asks for and another decides on. */
export { ApprovalView } from "./ApprovalView.ts"
export { DecideApproval, decideApproval } from "./DecideApproval.ts"
export { approvalMillisMax, FileApproval, fileApproval } from "./FileApproval.ts"
export { GetApproval, getApproval } from "./GetApproval.ts"
export { ListApprovals, listApprovals } from "./ListApprovals.ts"
export { CheckerNotAdmitted, OwnApproval } from "./Refusals.ts"
export type { RestrictedServices } from "./Restricted.ts"
export { resumeApprovals } from "./ResumeApprovals.ts"
