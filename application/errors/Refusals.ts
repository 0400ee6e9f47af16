import type { Permission } from "../../domain/identity/index.ts"
import { Money } from "../../domain/money/index.ts"
import type { OwnerNotFound } from "../access/index.ts"
import type { OwnerRequired } from "../accounts/index.ts"
import type { AuditUnavailable } from "../ports/AuditLog.ts"
import { type Entry, entry } from "./Entry.ts"

/** What the door before the use cases refuses with. */
export type Refusal =
  | Exclude<Permission.Refusal, Permission.NotVisible>
  | AuditUnavailable
  | OwnerNotFound
  | OwnerRequired

type Entries = { readonly [Tag in Refusal["_tag"]]: Entry<Extract<Refusal, { readonly _tag: Tag }>> }

/** The catalogue's entries for them, in alphabetical order of the tags. */
export const refusals: Entries = {
  ApprovalRequired: entry(
    "approval_required",
    "forbidden",
    "A second person has to approve",
    (e) => `${e.operation} needs the approval of a second person: file it as POST /v1/approvals.`
  ),
  AuditUnavailable: entry(
    "unavailable",
    "unavailable",
    "Temporarily unavailable",
    () => "The audit log cannot be written. Nothing was done; send the same request again."
  ),
  DelegationLimitExceeded: entry(
    "delegation_limit_exceeded",
    "unprocessable",
    "Above the limit of the delegation",
    (e) => `You may move up to ${Money.format(e.limit)} at once here; ${Money.format(e.requested)} was asked for.`,
    "amount"
  ),
  Forbidden: entry("forbidden", "forbidden", "Not permitted", (e) =>
    e.lacks === "scope"
      ? `The token lacks the scope ${e.scope}.`
      : e.lacks === "role"
        ? `None of your roles permits ${e.operation}.`
        : "The token is for another bank."
  ),
  KycLimitExceeded: entry(
    "kyc_limit_exceeded",
    "unprocessable",
    "Above the limit of your identification",
    (e) =>
      `With identification ${e.level} up to ${Money.format(e.limit)} is moved at once; ${Money.format(e.requested)} was asked for.`,
    "amount"
  ),
  OwnerNotFound: entry(
    "owner_not_found",
    "not_found",
    "Customer not found",
    () => "There is no such customer.",
    "owner"
  ),
  OwnerRequired: entry("owner_required", "invalid", "Owner required", () => "Name the customer who owns it.", "owner"),
  StepUpRequired: entry(
    "step_up_required",
    "unauthenticated",
    "Second factor required",
    (e) => `Prove once more who you are, with a second factor, at most ${e.maxAgeSeconds} seconds before.`
  )
}
