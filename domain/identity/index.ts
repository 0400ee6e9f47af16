/** Who is who, and who may do what. */

export * as Credentials from "./Credentials.ts"
export * as Delegation from "./Delegation.ts"
export * as Kyc from "./Kyc.ts"
export * as Permission from "./Permission.ts"
export * as Policy from "./Policy.ts"
export { Role, roles } from "./Role.ts"
export { Scope, scopes, scopesOfThirdParties } from "./Scope.ts"
export * as Session from "./Session.ts"
export { Assurance, BranchId, Subject, TenantId } from "./Subject.ts"
export * as User from "./User.ts"
