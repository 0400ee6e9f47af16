import { Schema } from "effect"
import { Policy } from "../../domain/identity/index.ts"

/** Nobody decides on what it has asked for itself, whichever app it asks with, nor on what is about itself. */
export class OwnApproval extends Schema.TaggedError<OwnApproval>()("OwnApproval", { approvalId: Schema.String }) {}

/** Who may not do it may not approve it either: the checker lacks the role or the scope for the operation. */
export class CheckerNotAdmitted extends Schema.TaggedError<CheckerNotAdmitted>()("CheckerNotAdmitted", {
  operation: Policy.Operation
}) {}
