import type { Delegation } from "../../domain/identity/index.ts"
import type { CheckerNotAdmitted, OwnApproval } from "../approvals/index.ts"
import type { CustomerRequired } from "../delegations/index.ts"
import type { EmailNotVerified, FederatedLoginExpired, IdentityNotFound, LinkRequired } from "../federation/index.ts"
import type { ApprovalDecided, ApprovalNotFound } from "../ports/ApprovalStore.ts"
import type { DelegationNotFound } from "../ports/DelegationStore.ts"
import type { FederationFailed, UnknownProvider } from "../ports/Outside.ts"
import type { Entry } from "./Entry.ts"

/** The errors of delegations, of approvals and of logins at other providers. */
export type AccessError =
  | ApprovalDecided
  | ApprovalNotFound
  | CheckerNotAdmitted
  | CustomerRequired
  | Delegation.DelegationEndsBeforeStart
  | Delegation.DelegationToSelf
  | DelegationNotFound
  | EmailNotVerified
  | FederatedLoginExpired
  | FederationFailed
  | IdentityNotFound
  | LinkRequired
  | OwnApproval
  | UnknownProvider

type Entries = { readonly [Tag in AccessError["_tag"]]: Entry<Extract<AccessError, { readonly _tag: Tag }>> }

/** The catalogue's entries for them, in alphabetical order of the tags. */
export const accessErrors: Entries = {
  ApprovalDecided: {
    code: "approval_decided",
    kind: "conflict",
    title: "Approval decided already",
    detail: (e) => `Approval ${e.approvalId} is ${e.status}.`
  },
  ApprovalNotFound: {
    code: "approval_not_found",
    kind: "not_found",
    title: "Approval not found",
    detail: (e) => `There is no approval ${e.approvalId}.`
  },
  CheckerNotAdmitted: {
    code: "checker_not_admitted",
    kind: "forbidden",
    title: "Not permitted to approve this",
    detail: (e) => `Who may not do ${e.operation} may not approve it.`
  },
  CustomerRequired: {
    code: "customer_required",
    kind: "invalid",
    title: "Customer required",
    detail: () => "Name the customer whose delegations are meant."
  },
  DelegationEndsBeforeStart: {
    code: "delegation_ends_before_start",
    kind: "unprocessable",
    title: "Ends before it starts",
    detail: () => "The end asked for is not after the start.",
    field: "endsAt"
  },
  DelegationNotFound: {
    code: "delegation_not_found",
    kind: "not_found",
    title: "Delegation not found",
    detail: (e) => `There is no delegation ${e.delegationId}.`
  },
  DelegationToSelf: {
    code: "delegation_to_self",
    kind: "unprocessable",
    title: "Delegation to oneself",
    detail: () => "A customer cannot delegate to itself.",
    field: "grantee"
  },
  EmailNotVerified: {
    code: "email_not_verified",
    kind: "unprocessable",
    title: "Email address not verified",
    detail: (e) => `${e.provider} has not verified an email address of yours. Verify it there, or register here.`
  },
  FederatedLoginExpired: {
    code: "federated_login_expired",
    kind: "unauthenticated",
    title: "Login at the other provider expired",
    detail: () => "The login was not begun in this browser, was finished before, or took too long. Begin again."
  },
  FederationFailed: {
    code: "federation_failed",
    kind: "unprocessable",
    title: "Login at the other provider failed",
    detail: (e) => `The login at ${e.provider} did not succeed. Begin again, or log in another way.`
  },
  IdentityNotFound: {
    code: "identity_not_found",
    kind: "not_found",
    title: "Linked login not found",
    detail: () => "You have no such login at another provider."
  },
  LinkRequired: {
    code: "link_required",
    kind: "conflict",
    title: "Login not linked",
    detail: () => "A login here has this email address. Log in with it, and link the other provider's from there."
  },
  OwnApproval: {
    code: "own_approval",
    kind: "forbidden",
    title: "Own approval",
    detail: (e) => `Approval ${e.approvalId} was asked for by you or is about you; someone else has to decide on it.`
  },
  UnknownProvider: {
    code: "unknown_provider",
    kind: "not_found",
    title: "Unknown provider",
    detail: (e) => `There is no login by ${e.provider} here.`
  }
}
