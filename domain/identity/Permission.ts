/** The decisions that are taken by the policy's table; pure, so that every one of them can be listed and tested. */
import { Result, Schema } from "effect"
import type { Instant } from "../calendar/index.ts"
import type { CustomerId, UserId } from "../ids/index.ts"
import { Currency, Money } from "../money/index.ts"
import { includes, type Right } from "./Delegation.ts"
import { KycLevel, limitOf } from "./Kyc.ts"
import { fourEyes, isOpen, Operation, type Reach, type Rule, ruleOf } from "./Policy.ts"
import { type Role, roles } from "./Role.ts"
import { Scope } from "./Scope.ts"
import type { BranchId, Subject, TenantId } from "./Subject.ts"

/** The caller may not do this to anything: it has no role for it, its token lacks the scope, or it is of another bank. */
export class Forbidden extends Schema.TaggedError<Forbidden>()("Forbidden", {
  operation: Operation,
  lacks: Schema.Literals(["role", "scope", "tenant"]),
  scope: Scope
}) {}

/** The object at `index` is none that the caller may know of: it is answered as one that does not exist. */
export class NotVisible extends Schema.TaggedError<NotVisible>()("NotVisible", { index: Schema.Int }) {}

/** The user must prove who it is once more, with a second factor, at most `maxAgeSeconds` before (RFC 9470). */
export class StepUpRequired extends Schema.TaggedError<StepUpRequired>()("StepUpRequired", {
  maxAgeSeconds: Schema.Int
}) {}

/** The customer is not known well enough to move so much at once. */
export class KycLimitExceeded extends Schema.TaggedError<KycLimitExceeded>()("KycLimitExceeded", {
  level: KycLevel,
  limit: Money.Money,
  requested: Money.Money
}) {}

/** A delegate may not move so much at once. */
export class DelegationLimitExceeded extends Schema.TaggedError<DelegationLimitExceeded>()("DelegationLimitExceeded", {
  limit: Money.Money,
  requested: Money.Money
}) {}

/** A second person has to decide on this; ask for it by an approval. */
export class ApprovalRequired extends Schema.TaggedError<ApprovalRequired>()("ApprovalRequired", {
  operation: Operation
}) {}

export type Refusal =
  | Forbidden
  | NotVisible
  | StepUpRequired
  | KycLimitExceeded
  | DelegationLimitExceeded
  | ApprovalRequired

/** What a delegation in force lets the caller do with an object. */
export interface Delegated {
  readonly right: Right
  readonly amountMax?: Money.Money
}

/** An object that the operation acts on, as far as a decision needs to know it. */
export interface Facts {
  /** For what is of one bank among several: nobody of another one knows of it. */
  readonly tenant?: TenantId
  /** Whose it is. None for what belongs to the bank itself or does not exist: only who reaches any is told which. */
  readonly customer?: CustomerId
  /** For a login, whose it is. */
  readonly user?: UserId
  readonly branch?: BranchId
  readonly delegated: ReadonlyArray<Delegated>
  /** What the operation moves from it or to it, where it moves money. */
  readonly amount?: Money.Money
  /** Whether that is cash, which customers do not pay in and out by themselves. */
  readonly isCash?: boolean
}

/** What a bank decides for itself. */
export interface Terms {
  /** Whole units of any currency from which on a second factor is needed. */
  readonly stepUpUnitsAbove: bigint
  /** How old a proof by a second factor may be. */
  readonly stepUpMaxAgeSeconds: number
  readonly fourEyes: ReadonlySet<Operation>
  /** Whether customers may pay cash in and out by themselves, which only a simulation lets them. */
  readonly selfServiceCash: boolean
}

/** The terms of a bank that says nothing else. */
export const termsUsual: Terms = {
  stepUpUnitsAbove: 1000n,
  stepUpMaxAgeSeconds: 600,
  fourEyes: new Set(fourEyes.usual),
  selfServiceCash: false
}

const reachesOf = (rule: Rule, held: ReadonlyArray<Role>): ReadonlyArray<Reach> =>
  roles.flatMap((role) => {
    const reach = rule.roles[role]
    return reach !== undefined && held.includes(role) ? [reach] : []
  })

/**
 * Whether the caller may do this to anything at all; asked before the request is read. Errors, first wins: Forbidden for
 * the tenant, the role, the scope.
 */
export const admit = (operation: Operation, subject: Subject, tenant: string): Result.Result<void, Forbidden> => {
  const rule = ruleOf(operation)
  if (isOpen(rule)) return Result.void
  const { scope } = rule
  const lacks =
    subject.tenant !== tenant
      ? "tenant"
      : reachesOf(rule, subject.roles).length === 0
        ? "role"
        : subject.scopes.includes(scope)
          ? undefined
          : "scope"
  return lacks === undefined ? Result.void : Result.fail(new Forbidden({ operation, lacks, scope }))
}

/** How a caller comes to an object: of several delegations any may be used. */
type Way = "own" | "staff" | ReadonlyArray<Delegated>

const isOwn = ({ customer, user }: Facts, subject: Subject): boolean =>
  (customer !== undefined && customer === subject.customer) || (user !== undefined && user === subject.user)

/** Whether it is for others only, and something of it is the caller's own. A program has nothing that it gains by. */
const isOnesOwn = (rule: Rule, subject: Subject, objects: ReadonlyArray<Facts>): boolean =>
  rule.isForOthers === true && subject.user !== undefined && objects.some((facts) => isOwn(facts, subject))

const wayTo = (rule: Rule, subject: Subject, reaches: ReadonlyArray<Reach>, facts: Facts): Way | undefined => {
  if (facts.tenant !== undefined && facts.tenant !== subject.tenant) return undefined
  // What is one's own is so before anything else: staff is a customer there like any other.
  if (reaches.includes("own") && isOwn(facts, subject)) return "own"
  if (reaches.includes("any")) return "staff"
  if (reaches.includes("branch") && facts.branch !== undefined && facts.branch === subject.branch) return "staff"
  const { right } = rule
  if (!reaches.includes("own") || right === undefined) return undefined
  const usable = facts.delegated.filter((delegated) => includes(delegated.right, right))
  return usable.length === 0 ? undefined : usable
}

const isAbove = (amount: Money.Money, units: bigint): boolean =>
  amount.minor > units * 10n ** BigInt(Currency.exponent(amount.currency))

/** What a request moves in all, of each currency: many small amounts in one are as good as a large one. */
const totalsOf = (objects: ReadonlyArray<Pick<Facts, "amount">>): ReadonlyArray<Money.Money> => {
  const minors = new Map<Currency.Code, bigint>()
  for (const { amount } of objects)
    if (amount !== undefined) minors.set(amount.currency, (minors.get(amount.currency) ?? 0n) + amount.minor)
  return [...minors].map(([currency, minor]) => Money.make(minor, currency))
}

const stepUp = (rule: Rule, subject: Subject, { objects, now }: Asked, terms: Terms) => {
  const isNeeded =
    rule.stepUp === "always" ||
    (rule.stepUp === "above_limit" && totalsOf(objects).some((total) => isAbove(total, terms.stepUpUnitsAbove)))
  // A program has no second factor; its key is its proof.
  if (!isNeeded || subject.user === undefined) return Result.void
  const isFresh = now - subject.authenticatedAt <= terms.stepUpMaxAgeSeconds * 1000
  return subject.assurance === "mfa" && isFresh
    ? Result.void
    : Result.fail(new StepUpRequired({ maxAgeSeconds: terms.stepUpMaxAgeSeconds }))
}

const widest = (left: Money.Money, right: Money.Money): Money.Money => (right.minor > left.minor ? right : left)

/** The bound that an amount is above; none where one of the delegations lets it pass. */
const boundOf = (delegations: ReadonlyArray<Delegated>, requested: Money.Money): Money.Money | undefined => {
  const bounds = delegations.flatMap(({ amountMax }) => (amountMax === undefined ? [] : [amountMax]))
  if (bounds.length < delegations.length) return undefined
  const [any] = bounds
  if (any === undefined) return undefined
  const [first, ...rest] = bounds.filter(({ currency }) => currency === requested.currency)
  if (first === undefined) return any
  const bound = rest.reduce(widest, first)
  return requested.minor > bound.minor ? bound : undefined
}

type Reached = Pick<Facts, "amount" | "customer" | "isCash"> & { readonly way: Way }

const withinKyc = (found: ReadonlyArray<Reached>, subject: Subject) => {
  for (const requested of totalsOf(found.filter(({ way }) => way !== "staff"))) {
    const limit = limitOf(subject.kyc, requested.currency)
    if (limit !== undefined && requested.minor > limit.minor)
      return Result.fail(new KycLimitExceeded({ level: subject.kyc, limit, requested }))
  }
  return Result.void
}

/** What a request moves of one customer under bounds counts together, as what it moves in all does for the KYC level. */
const withinDelegations = (found: ReadonlyArray<Reached>) => {
  const bounded = found.flatMap(({ way, amount, customer }) =>
    way === "own" || way === "staff" || amount === undefined || way.some(({ amountMax }) => amountMax === undefined)
      ? []
      : [{ way, amount, customer }]
  )
  for (const customer of new Set(bounded.map((each) => each.customer))) {
    const those = bounded.filter((each) => each.customer === customer)
    for (const requested of totalsOf(those))
      for (const { way, amount } of those) {
        const limit = amount.currency === requested.currency ? boundOf(way, requested) : undefined
        if (limit !== undefined) return Result.fail(new DelegationLimitExceeded({ limit, requested }))
      }
  }
  return Result.void
}

/** What a caller asks for, with all that a decision needs. */
export interface Asked {
  readonly operation: Operation
  /** The objects acted on; with `some` it is enough that one is within reach, else all must be. */
  readonly objects: ReadonlyArray<Facts>
  readonly needs: "all" | "some"
  readonly now: Instant.Instant
  readonly isApproved: boolean
}

/**
 * Whether a permitted read goes to the audit log: that of what is the caller's own does not, nor that of what any customer
 * may see.
 */
export const leavesTrace = (subject: Subject, { operation, objects, needs }: Asked): boolean => {
  const rule = ruleOf(operation)
  if (isOpen(rule) || rule.roles.customer === "any") return false
  const own = objects.filter((facts) => isOwn(facts, subject))
  return own.length === 0 || (needs === "all" && own.length < objects.length)
}

/**
 * Whether an admitted caller may do this to these objects. Errors, first wins: NotVisible, Forbidden for what is staff's
 * own, Forbidden for cash, ApprovalRequired, KycLimitExceeded, DelegationLimitExceeded, StepUpRequired.
 */
export const permit = (subject: Subject, asked: Asked, terms: Terms): Result.Result<void, Refusal> => {
  const { operation, objects, needs, isApproved } = asked
  const rule = ruleOf(operation)
  if (isOpen(rule)) return Result.void
  const reaches = reachesOf(rule, subject.roles)
  const ways = objects.map((facts) => ({ facts, way: wayTo(rule, subject, reaches, facts) }))
  const found = ways.flatMap(({ facts, way }) => (way === undefined ? [] : [{ ...facts, way }]))
  // A request about nothing in particular is about everything: only who reaches any may.
  const isVisible =
    objects.length === 0
      ? reaches.includes("any")
      : needs === "all"
        ? found.length === objects.length
        : found.length > 0
  if (!isVisible) return Result.fail(new NotVisible({ index: ways.findIndex(({ way }) => way === undefined) }))
  if (isOnesOwn(rule, subject, objects))
    return Result.fail(new Forbidden({ operation, lacks: "role", scope: rule.scope }))
  if (!terms.selfServiceCash && found.some(({ way, isCash }) => isCash === true && way !== "staff"))
    return Result.fail(new Forbidden({ operation, lacks: "role", scope: rule.scope }))
  if (terms.fourEyes.has(operation) && !isApproved) return Result.fail(new ApprovalRequired({ operation }))
  return Result.gen(function* () {
    yield* withinKyc(found, subject)
    yield* withinDelegations(found)
    // What was approved waits for its checker, who has proved a second factor, and not for its maker's.
    if (!isApproved) yield* stepUp(rule, subject, asked, terms)
  })
}
