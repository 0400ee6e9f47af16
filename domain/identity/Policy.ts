/**
 * Who may do what: one table, a row for each operation of the bank. Both edges ask it and nothing else decides.
 *
 * A caller needs the row's scope and one of its roles. A role reaches `own` objects (the caller's, and those that were
 * delegated to it with the right that the row needs), those of its `branch`, or `any`.
 */
import { Schema } from "effect"
import type { Right } from "./Delegation.ts"
import type { Role } from "./Role.ts"
import type { Scope } from "./Scope.ts"

/** How far a role sees. */
export type Reach = "own" | "branch" | "any"

/** The row of an operation. */
export interface Rule {
  readonly scope: Scope
  readonly roles: { readonly [R in Role]?: Reach }
  /** What a delegate needs to be allowed; without it the operation cannot be delegated. */
  readonly right?: Right
  /** `write`: always on the audit log. `read`: when someone reads what is not its own. */
  readonly effect: "read" | "write"
  /** Whether a second factor is needed: always, or where an amount is above the limit that the bank has set. */
  readonly stepUp?: "always" | "above_limit"
  /** Whether staff does it for others only: what is one's own is another one's to decide on. */
  readonly isForOthers?: true
}

/** Anyone may, without a token. */
export interface Open {
  readonly open: true
  readonly effect: "read" | "write"
}

const customer = { customer: "own" } as const
const staffReads = { teller: "branch", loan_officer: "branch", auditor: "any", operator: "any" } as const
const service = { service: "any" } as const

const reads = (scope: Scope, right: Right = "view"): Rule => ({
  scope,
  roles: { ...customer, ...staffReads, ...service },
  right,
  effect: "read"
})

const pays: Rule = {
  scope: "payments:write",
  roles: { ...customer, teller: "branch", operator: "any", ...service },
  right: "transact",
  effect: "write",
  stepUp: "above_limit"
}

const books: Rule = {
  scope: "bank:admin",
  roles: { operator: "any" },
  effect: "write",
  stepUp: "above_limit",
  isForOthers: true
}

const open = (effect: "read" | "write"): Open => ({ open: true, effect })

const everyone: Rule["roles"] = {
  customer: "any",
  teller: "any",
  loan_officer: "any",
  auditor: "any",
  operator: "any",
  administrator: "any",
  service: "any"
}

// Every person is the owner of its own login, whatever else it is.
const self: Rule["roles"] = {
  customer: "own",
  teller: "own",
  loan_officer: "own",
  auditor: "own",
  operator: "own",
  administrator: "own"
}

const ownProfile = (effect: "read" | "write"): Rule => ({
  scope: effect === "read" ? "profile:read" : "profile:write",
  roles: self,
  effect
})

const table = {
  "accounts.open": {
    scope: "accounts:write",
    roles: { ...customer, teller: "branch", operator: "any", ...service },
    effect: "write"
  },
  "accounts.list": reads("accounts:read"),
  "accounts.read": reads("accounts:read"),
  "accounts.rename": {
    scope: "accounts:write",
    roles: { ...customer, teller: "branch", operator: "any", ...service },
    right: "manage",
    effect: "write"
  },
  "accounts.setOverdraftLimit": {
    scope: "bank:admin",
    roles: { operator: "any" },
    effect: "write",
    isForOthers: true
  },
  "accounts.freeze": {
    scope: "accounts:write",
    roles: { ...customer, teller: "branch", operator: "any", ...service },
    right: "manage",
    effect: "write"
  },
  "accounts.unfreeze": {
    scope: "bank:admin",
    roles: { teller: "branch", operator: "any" },
    effect: "write",
    isForOthers: true
  },
  "accounts.close": {
    scope: "accounts:write",
    roles: { ...customer, operator: "any", ...service },
    right: "manage",
    effect: "write",
    stepUp: "above_limit"
  },
  "balances.read": reads("accounts:read"),
  "statements.read": reads("accounts:read"),
  "entries.read": reads("accounts:read"),
  "transactions.read": reads("accounts:read"),
  "holds.read": reads("accounts:read"),
  "proofs.readReceipt": reads("accounts:read"),
  "proofs.readTree": { scope: "accounts:read", roles: everyone, effect: "read" },
  "deposits.post": pays,
  "withdrawals.post": pays,
  "transfers.post": pays,
  "transfers.postBatch": pays,
  "holds.authorize": pays,
  "holds.capture": pays,
  "holds.release": pays,
  "transactions.post": books,
  "transactions.reverse": books,

  /** The ledger's own interface, any key and any command: for the bank's other services only. */
  "ledger.use": { scope: "bank:admin", roles: service, effect: "read" },

  "users.register": open("write"),
  "users.verifyEmail": open("write"),
  "passwords.requestReset": open("write"),
  "passwords.reset": open("write"),
  "sessions.create": open("write"),
  "identityProviders.list": open("read"),
  "users.read": {
    scope: "profile:read",
    roles: { ...self, teller: "branch", loan_officer: "branch", auditor: "any", operator: "any", administrator: "any" },
    effect: "read"
  },
  "users.list": {
    scope: "bank:admin",
    roles: { auditor: "any", operator: "any", administrator: "any" },
    effect: "read"
  },
  "users.update": { ...ownProfile("write"), roles: { ...self, administrator: "any" } },
  "users.changeEmail": ownProfile("write"),
  "users.changePassword": ownProfile("write"),
  "users.close": { ...ownProfile("write"), roles: { ...self, administrator: "any" } },
  "users.export": { ...ownProfile("read"), roles: { ...self, administrator: "any" } },
  "users.erase": { scope: "bank:admin", roles: { administrator: "any" }, effect: "write", stepUp: "always" },
  "users.assignRoles": { scope: "bank:admin", roles: { administrator: "any" }, effect: "write", stepUp: "always" },
  "kyc.submit": ownProfile("write"),
  "kyc.review": {
    scope: "bank:admin",
    roles: { teller: "branch", operator: "any" },
    effect: "write"
  },
  "sessions.list": { ...ownProfile("read"), roles: { ...self, administrator: "any" } },
  "sessions.revoke": { ...ownProfile("write"), roles: { ...self, administrator: "any" } },
  "factors.read": ownProfile("read"),
  "factors.change": ownProfile("write"),
  "factors.prove": ownProfile("write"),
  "identities.read": ownProfile("read"),
  "identities.change": ownProfile("write"),
  "delegations.create": {
    scope: "accounts:write",
    roles: { ...customer, operator: "any" },
    effect: "write",
    stepUp: "always"
  },
  "delegations.read": {
    scope: "accounts:read",
    roles: { ...customer, auditor: "any", operator: "any" },
    effect: "read"
  },
  "delegations.revoke": { scope: "accounts:write", roles: { ...customer, operator: "any" }, effect: "write" },
  "approvals.create": {
    scope: "bank:admin",
    roles: { teller: "any", operator: "any", administrator: "any" },
    effect: "write"
  },
  "approvals.read": {
    scope: "bank:admin",
    roles: { teller: "any", auditor: "any", operator: "any", administrator: "any" },
    effect: "read"
  },
  "approvals.decide": {
    scope: "bank:admin",
    roles: { operator: "any", administrator: "any" },
    effect: "write",
    stepUp: "always"
  },
  "clients.read": { scope: "bank:admin", roles: { administrator: "any" }, effect: "read" },
  // A program reaches any account within its scopes: who makes one hands out more than a role.
  "clients.change": { scope: "bank:admin", roles: { administrator: "any" }, effect: "write", stepUp: "always" },
  "audit.read": { scope: "bank:admin", roles: { auditor: "any" }, effect: "read" }
} as const satisfies Readonly<Record<string, Rule | Open>>

/** The name of something that a caller can ask the bank for. */
export type Operation = keyof typeof table

const isOperation = (name: string): name is Operation => Object.hasOwn(table, name)

/** Every operation. */
export const operations: ReadonlyArray<Operation> = Object.keys(table).filter(isOperation)

/** The schema of the names. */
export const Operation = Schema.String.pipe(
  Schema.refine(isOperation, { expected: "the name of an operation such as transfers.post" })
)

/** The row of an operation. */
export const ruleOf = (operation: Operation): Rule | Open => table[operation]

/** Whether anyone may, without a token. */
export const isOpen = (rule: Rule | Open): rule is Open => "open" in rule

/** Operations that a second person may be asked to decide on, and those that one is asked for unless a bank says other. */
export const fourEyes = {
  possible: ["transactions.post", "transactions.reverse", "accounts.setOverdraftLimit", "users.assignRoles"],
  usual: ["transactions.post", "transactions.reverse", "users.assignRoles"]
} as const satisfies Readonly<Record<string, ReadonlyArray<Operation>>>
