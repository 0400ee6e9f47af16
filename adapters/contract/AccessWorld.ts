/** The people of the access matrix, what is theirs, and what a request has changed or left behind. */
import { Effect, Layer } from "effect"
import { freezeAccount, openAccount } from "../../application/accounts/index.ts"
import { authorizeHold, deposit, transfer } from "../../application/ledger/index.ts"
import { AccountStore } from "../../application/ports/AccountStore.ts"
import { ApprovalStore } from "../../application/ports/ApprovalStore.ts"
import { type AuditEntry, AuditLog } from "../../application/ports/AuditLog.ts"
import type { Bank } from "../../application/ports/Bank.ts"
import { Authenticator, type Caller, Unauthenticated } from "../../application/ports/Caller.ts"
import { DelegationStore } from "../../application/ports/DelegationStore.ts"
import type { Ids } from "../../application/ports/Ids.ts"
import { Ledger } from "../../application/ports/Ledger.ts"
import { SessionStore, UserStore } from "../../application/ports/UserStore.ts"
import { Product } from "../../domain/accounts/index.ts"
import { Instant } from "../../domain/calendar/index.ts"
import {
  BranchId,
  type Delegation,
  type Role,
  roles,
  type Scope,
  Session,
  scopes,
  TenantId
} from "../../domain/identity/index.ts"
import {
  type AccountId,
  ApprovalId,
  CustomerId,
  DelegationId,
  type HoldId,
  SessionId,
  type TransactionId,
  TypedId,
  UserId
} from "../../domain/ids/index.ts"
import type { Column, Expected, Persona } from "./AccessMatrix.ts"
import { tenant } from "./Callers.ts"
import { cents, newAccountId, newHoldId, newKey, newTransactionId, randomUuid, usd } from "./Desk.ts"

/** What is somebody's, or nobody's: ids by the names that paths and commands call them. */
export interface Things {
  readonly customer: CustomerId
  readonly user: UserId
  readonly account: AccountId
  /** Another account of the customer. */
  readonly other: AccountId
  /** An account with neither holds nor transfers. */
  readonly spare: AccountId
  /** An account that the bank has frozen. */
  readonly frozen: AccountId
  /** A transfer from `account` to `other`. */
  readonly transaction: TransactionId
  /** A hold of `account` for `other`. */
  readonly hold: HoldId
  /** A delegation that the customer gave to someone who is not among the callers. */
  readonly delegation: DelegationId
  /** Where the customer is logged in. */
  readonly session: SessionId
  /** What an operator has asked for and nobody has decided on: to take the transaction back. */
  readonly approval: ApprovalId
}

/** Callers by persona, what is their own, somebody else's and nobody's. */
export interface Cast {
  readonly callers: ReadonlyMap<Persona, Caller>
  readonly own: Things
  readonly foreign: Things
  readonly absent: Things
}

export type WorldServices =
  | AccountStore
  | ApprovalStore
  | AuditLog
  | Bank
  | DelegationStore
  | Ids
  | Ledger
  | SessionStore
  | UserStore

export const [north, south] = [BranchId.make("north"), BranchId.make("south")]

const newCustomerId = (): CustomerId => CustomerId.make(TypedId.fromBytes("cus", randomUuid()))
const newUserId = (): UserId => UserId.make(TypedId.fromBytes("usr", randomUuid()))
const newDelegationId = (): DelegationId => DelegationId.make(TypedId.fromBytes("dlg", randomUuid()))

const newSessionId = (): SessionId => SessionId.make(TypedId.fromBytes("ses", randomUuid()))
const newApprovalId = (): ApprovalId => ApprovalId.make(TypedId.fromBytes("apr", randomUuid()))

const nowOf = (): Instant.Instant => Instant.fromMillis(Date.now())

const addUser = Effect.fnUntraced(function* (branch: BranchId, held: ReadonlyArray<Role>, customer?: CustomerId) {
  const users = yield* UserStore
  const id = newUserId()
  yield* users.insert(
    {
      id,
      tenant,
      branch,
      ...(customer === undefined ? {} : { customer }),
      status: "active",
      roles: held,
      kyc: { level: "full", status: "approved" },
      createdAt: nowOf(),
      version: 1
    },
    { user: id, recoveryCodes: [], passkeys: [], identities: [], version: 1 }
  )
  return id
})

const delegated = Effect.fnUntraced(function* (grantor: CustomerId, grantee: CustomerId, right: Delegation.Right) {
  const id = newDelegationId()
  const startsAt = Instant.addMillis(nowOf(), -1000)
  yield* (yield* DelegationStore).insert(newKey(), { id, grantor, grantee, kind: "joint_holder", right, startsAt }, id)
  return id
})

/** A customer of a branch with four accounts of 500 dollars, one transfer, one hold and one delegation. */
export const customerOf = Effect.fnUntraced(function* (branch: BranchId) {
  const customer = newCustomerId()
  const user = yield* addUser(branch, ["customer"], customer)
  const opened = Effect.gen(function* () {
    const { id } = yield* openAccount(
      { product: Product.ProductCode.make("checking"), currency: usd },
      newKey(),
      customer
    )
    yield* deposit({ account: id, amount: cents(50_000) }, newKey())
    return id
  })
  const account = yield* opened
  const [other, spare, frozen] = [yield* opened, yield* opened, yield* opened]
  yield* freezeAccount({ account: frozen, freeze: "both" })
  const { id: transaction } = yield* transfer({ from: account, to: other, amount: cents(700) }, newKey())
  const { id: hold } = yield* authorizeHold({ from: account, to: other, amount: cents(5000) }, newKey())
  const delegation = yield* delegated(customer, newCustomerId(), "view")
  const session = newSessionId()
  const login = { id: session, user, client: "test", methods: ["passkey"] } as const
  yield* (yield* SessionStore).insert(Session.start(login, nowOf()))
  const approval = newApprovalId()
  const asked = {
    id: approval,
    operation: "transactions.reverse",
    command: JSON.stringify({ transaction }),
    maker: callerOf("maker", "operator", { user: yield* addUser(north, ["operator"]) }),
    status: "pending",
    createdAt: nowOf(),
    expiresAt: Instant.addMillis(nowOf(), 3_600_000)
  } as const
  yield* (yield* ApprovalStore).insert(newKey(), asked, approval)
  return {
    customer,
    user,
    account,
    other,
    spare,
    frozen,
    transaction,
    hold,
    delegation,
    session,
    approval
  } satisfies Things
})

const nothing = (): Things => ({
  customer: newCustomerId(),
  user: newUserId(),
  account: newAccountId(),
  other: newAccountId(),
  spare: newAccountId(),
  frozen: newAccountId(),
  transaction: newTransactionId(),
  hold: newHoldId(),
  delegation: newDelegationId(),
  session: newSessionId(),
  approval: newApprovalId()
})

/** A caller of one role with every scope and a fresh second factor. */
export const callerOf = (id: string, role: Role, more: Partial<Caller> = {}): Caller => ({
  id,
  tenant,
  roles: [role],
  scopes,
  kyc: "full",
  assurance: "mfa",
  authenticatedAt: nowOf(),
  client: "test",
  ...more
})

const staff: ReadonlyArray<readonly [Column, Role, BranchId]> = [
  ["teller", "teller", north],
  ["tellerElsewhere", "teller", south],
  ["loanOfficer", "loan_officer", north],
  ["loanOfficerElsewhere", "loan_officer", south],
  ["auditor", "auditor", north],
  ["operator", "operator", north],
  ["administrator", "administrator", north]
]

const delegates: ReadonlyArray<readonly [Column, Delegation.Right]> = [
  ["viewer", "view"],
  ["transactor", "transact"],
  ["manager", "manage"]
]

let casts = 0

/** New people who have never met a bank before, for a row that expects `scope`. */
export const newCast = Effect.fnUntraced(function* (
  scope: Expected["scope"]
): Effect.fn.Return<Cast, unknown, WorldServices> {
  const number = ++casts
  const own = yield* customerOf(north)
  const foreign = yield* customerOf(south)
  const { customer, user, session } = own
  const callers = new Map<Persona, Caller>()
  const add = (persona: Persona, role: Role, more: Partial<Caller> = {}): void => {
    callers.set(persona, callerOf(`${persona}-${number}`, role, more))
  }
  add("customer", "customer", { customer, user, session, branch: north })
  for (const [persona, right] of delegates) {
    const grantee = newCustomerId()
    add(persona, "customer", { customer: grantee, user: yield* addUser(south, ["customer"], grantee), branch: south })
    yield* delegated(customer, grantee, right)
  }
  for (const [persona, role, branch] of staff) add(persona, role, { user: yield* addUser(branch, [role]), branch })
  add("service", "service")
  const everything = { customer, user, branch: north, roles }
  add("stranger", "customer", { ...everything, tenant: TenantId.make("other") })
  const lessOne: ReadonlyArray<Scope> = scopes.filter((each) => each !== scope)
  add("unscoped", "customer", { ...everything, scopes: lessOne })
  return { callers, own, foreign, absent: nothing() }
})

/** Knows callers by tokens that tests give out. */
export const doorkeeper = () => {
  const known = new Map<string, Caller>()
  const layer = Layer.succeed(Authenticator, {
    isOpen: () => true,
    authenticate: ({ token }) => {
      const caller = known.get(token)
      return caller === undefined ? Effect.fail(new Unauthenticated({ reason: "invalid" })) : Effect.succeed(caller)
    }
  })
  const tokenOf = (caller: Caller): string => {
    known.set(caller.id, caller)
    return caller.id
  }
  return { layer, tokenOf }
}

const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) => (typeof inner === "bigint" ? `${inner}n` : inner))

/** All that a request could have changed of these people: accounts, balances, holds, users and delegations. */
export const stateOf = Effect.fnUntraced(function* ({ own, foreign }: Cast) {
  const accounts = yield* AccountStore
  const ledger = yield* Ledger
  const users = yield* UserStore
  const delegations = yield* DelegationStore
  const each = yield* Effect.forEach([own, foreign], ({ customer, user, account, other, spare, frozen, hold }) =>
    Effect.all([
      accounts.list({ owner: customer, limit: 200 }),
      ledger.accounts([account, other, spare, frozen]),
      ledger.hold(hold),
      users.find(user),
      delegations.of(customer)
    ])
  )
  const all = yield* accounts.list({ limit: 10_000 })
  return textOf([all.length, each])
})

/** The last sequence on the audit log. */
export const auditHead = Effect.flatMap(AuditLog, (log) => Effect.map(log.head, ({ sequence }) => sequence))

const isSettled = (lines: ReadonlyArray<AuditEntry>): boolean => {
  const count = (...outcomes: ReadonlyArray<AuditEntry["outcome"]>): number =>
    lines.filter(({ outcome }) => outcomes.includes(outcome)).length
  return count("attempted") <= count("done", "failed")
}

/** An actor's lines after a sequence, oldest first, once what came of each of its attempts is there too. */
export const auditSince = Effect.fnUntraced(function* (sequence: number, actor: string) {
  const log = yield* AuditLog
  for (let attempt = 0; ; attempt++) {
    const found = yield* log.search({ actor, limit: 100 })
    const lines = found.filter((entry) => entry.sequence > sequence).reverse()
    if (isSettled(lines) || attempt === 1000) return lines
    yield* Effect.yieldNow
  }
})
