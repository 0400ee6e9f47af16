/** The guards before the use cases of delegations, of approvals, of the audit log and of clients. */
import { Effect } from "effect"
import type { Policy } from "../../domain/identity/index.ts"
import type { ApprovalId, DelegationId } from "../../domain/ids/index.ts"
import type { ClientId } from "../clients/index.ts"
import type { CreateDelegation, ListDelegations } from "../delegations/index.ts"
import { ApprovalNotFound } from "../ports/ApprovalStore.ts"
import { DelegationNotFound, DelegationStore } from "../ports/DelegationStore.ts"
import { ownerHidden } from "./AccountGuards.ts"
import type { Guard } from "./Guard.ts"

/** Without a customer it is nobody's in particular: only who reaches any may. */
const nobodys = { facts: [{ delegated: [] }] }

export const createDelegation: Guard<CreateDelegation> = {
  operation: "delegations.create",
  target: ({ grantor, grantee, account }, { customer }) => {
    const named = grantor ?? customer
    if (named === undefined) return Effect.succeed(nobodys)
    return Effect.succeed({
      customers: [named],
      ids: [named, grantee, ...(account === undefined ? [] : [account])]
    })
  },
  hidden: ownerHidden,
  recordsAnswer: true
}

export const listDelegations: Guard<ListDelegations> = {
  operation: "delegations.read",
  target: (query, { customer }) => {
    const named = query.customer ?? customer
    return Effect.succeed(named === undefined ? nobodys : { customers: [named] })
  },
  hidden: ownerHidden,
  recordsAnswer: false
}

interface AboutDelegation {
  readonly delegation: DelegationId
}

/** Who gave it and who got it see it and end it. */
const aboutDelegation = (operation: Policy.Operation, recordsAnswer: boolean): Guard<AboutDelegation> => ({
  operation,
  target: Effect.fnUntraced(function* ({ delegation }) {
    const { grantor, grantee } = yield* (yield* DelegationStore).find(delegation)
    return { customers: [grantor, grantee], needs: "some", ids: [delegation] }
  }),
  hidden: ({ delegation }) => new DelegationNotFound({ delegationId: delegation }),
  recordsAnswer
})

export const readDelegation = aboutDelegation("delegations.read", false)
export const revokeDelegation = aboutDelegation("delegations.revoke", true)

/** What is of the bank itself: whoever has a role for it reaches it. */
const ofTheBank = (operation: Policy.Operation, recordsAnswer = false): Guard<unknown> => ({
  operation,
  target: () => Effect.succeed({}),
  hidden: ownerHidden,
  recordsAnswer
})

export const fileApproval = ofTheBank("approvals.create", true)
export const listApprovals = ofTheBank("approvals.read")

interface AboutApproval {
  readonly approval: ApprovalId
}

const aboutApproval = (operation: Policy.Operation, recordsAnswer: boolean): Guard<AboutApproval> => ({
  operation,
  target: ({ approval }) => Effect.succeed({ ids: [approval] }),
  hidden: ({ approval }) => new ApprovalNotFound({ approvalId: approval }),
  recordsAnswer
})

export const readApproval = aboutApproval("approvals.read", false)
export const decideApproval = aboutApproval("approvals.decide", true)

export const readAudit = ofTheBank("audit.read")

export const listClients = ofTheBank("clients.read")
/** The answer holds the client's secret. */
export const registerClient = ofTheBank("clients.change")

export const removeClient: Guard<{ readonly client: ClientId }> = {
  ...ofTheBank("clients.change"),
  target: ({ client }) => Effect.succeed({ ids: [client] })
}
