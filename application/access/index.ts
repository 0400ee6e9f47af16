/** The door before the use cases: who may, and what is left on the audit log. */
export * as AccessGuards from "./AccessGuards.ts"
export * as AccountGuards from "./AccountGuards.ts"
export { listedFor, OwnerNotFound } from "./AccountGuards.ts"
export * as AccessFacts from "./Facts.ts"
export type { Guard, GuardServices, Target, TargetAccount } from "./Guard.ts"
export * as LedgerGuards from "./LedgerGuards.ts"
export { type AccessServices, admitted, perform, type Request } from "./Perform.ts"
export * as UserGuards from "./UserGuards.ts"
