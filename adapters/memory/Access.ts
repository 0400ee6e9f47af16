import { Layer } from "effect"
import { AccessFacts } from "../../application/access/index.ts"
import { Terms } from "../../application/ports/Terms.ts"
import { Permission, TenantId } from "../../domain/identity/index.ts"
import { layer as approvalStore } from "./ApprovalStore.ts"
import { layer as auditLog } from "./AuditLog.ts"
import { layer as delegationStore } from "./DelegationStore.ts"
import { layer as userStore } from "./UserStore.ts"

/** Nothing that needs a second person or a second factor, and customers who pay cash in by themselves: a simulation. */
export const termsOfSimulation: Terms["Service"] = {
  ...Permission.termsUsual,
  tenant: TenantId.make("bank"),
  fourEyes: new Set(),
  selfServiceCash: true
}

/** What the door before the use cases needs besides accounts and ledger. */
export const accessLayer = (terms: Terms["Service"] = termsOfSimulation) =>
  Layer.provideMerge(
    AccessFacts.layer,
    Layer.mergeAll(userStore, delegationStore, approvalStore, auditLog, Layer.succeed(Terms, Terms.of(terms)))
  )
