import { Schema } from "effect"
import { Instant } from "../calendar/index.ts"
import { CustomerId, SessionId, UserId } from "../ids/index.ts"
import { KycLevel } from "./Kyc.ts"
import { Role } from "./Role.ts"
import { Scope } from "./Scope.ts"

/** A bank among those that one installation serves: lower-case letters, digits and hyphens. */
export const TenantId = Schema.String.check(Schema.isPattern(/^[a-z0-9][a-z0-9-]{0,31}$/u)).pipe(
  Schema.brand("TenantId")
)
export type TenantId = typeof TenantId.Type

/** A branch of a bank, written as a tenant is. */
export const BranchId = Schema.String.check(Schema.isPattern(/^[a-z0-9][a-z0-9-]{0,31}$/u)).pipe(
  Schema.brand("BranchId")
)
export type BranchId = typeof BranchId.Type

/** How surely the user was recognized: by a password or another login alone, or with a second factor or a passkey. */
export const Assurance = Schema.Literals(["single", "mfa"])
export type Assurance = typeof Assurance.Type

/** Everything about who asks that a decision needs; a token says it, so that none has to be read from a store. */
export const Subject = Schema.Struct({
  tenant: TenantId,
  /** None for a service. */
  user: Schema.optionalKey(UserId),
  /** The customer that the user is; staff may be none. */
  customer: Schema.optionalKey(CustomerId),
  roles: Schema.Array(Role),
  scopes: Schema.Array(Scope),
  branch: Schema.optionalKey(BranchId),
  kyc: KycLevel,
  assurance: Assurance,
  /** When the user last proved who it is. */
  authenticatedAt: Instant.Instant,
  /** The app that asks for the user, by its client id. */
  client: Schema.String,
  session: Schema.optionalKey(SessionId)
})
export type Subject = typeof Subject.Type
