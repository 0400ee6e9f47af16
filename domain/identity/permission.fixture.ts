/** Requests of every kind, and the words in which the permission's tests speak. */
import { Result } from "effect"
import * as fc from "fast-check"
import { Instant } from "../calendar/index.ts"
import { CustomerId, UserId } from "../ids/index.ts"
import { Currency, Money } from "../money/index.ts"
import { BranchId, Delegation, Kyc, Permission, Policy, roles, type Subject, scopes, TenantId } from "./index.ts"

export const usd = Currency.Code.make("USD")
export const eur = Currency.Code.make("EUR")
export const [ann, bob] = [
  CustomerId.make("cus_01jdf8a3e0e8vrvn4t8n9d2k7p"),
  CustomerId.make("cus_01jdf8a3e0e8vrvn4t8n9d2k7q")
]
export const [annsLogin, bobsLogin] = [
  UserId.make("usr_01jdf8a3e0e8vrvn4t8n9d2k7p"),
  UserId.make("usr_01jdf8a3e0e8vrvn4t8n9d2k7q")
]
export const [here, elsewhere] = [TenantId.make("bank"), TenantId.make("other")]
export const [north, south] = [BranchId.make("north"), BranchId.make("south")]
export const now = Instant.fromMillis(1_800_000_000_000)
export const secondsAgo = (seconds: number): Instant.Instant => Instant.fromMillis(now - seconds * 1000)

export const guarded = Policy.operations.flatMap((operation) => {
  const rule = Policy.ruleOf(operation)
  return Policy.isOpen(rule) ? [] : [{ operation, rule }]
})

export const usual = Permission.termsUsual

export const amounts = fc.record({ minor: fc.bigInt(1n, 3_000_000n), currency: fc.constantFrom(usd, eur) })

export const delegateds: fc.Arbitrary<Permission.Delegated> = fc.record(
  { right: fc.constantFrom(...Delegation.Right.literals), amountMax: amounts },
  { requiredKeys: ["right"] }
)

const objects: fc.Arbitrary<Permission.Facts> = fc.record(
  {
    tenant: fc.constantFrom(here, here, here, elsewhere),
    customer: fc.constantFrom(ann, bob),
    user: fc.constantFrom(annsLogin, bobsLogin),
    branch: fc.constantFrom(north, south),
    delegated: fc.array(delegateds, { maxLength: 3 }),
    amount: amounts,
    isCash: fc.boolean()
  },
  { requiredKeys: ["delegated"] }
)

const subjects: fc.Arbitrary<Subject> = fc.record(
  {
    tenant: fc.constantFrom(here, elsewhere),
    user: fc.constant(annsLogin),
    customer: fc.constant(ann),
    roles: fc.oneof(fc.subarray([...roles], { minLength: 1, maxLength: 1 }), fc.subarray([...roles])),
    scopes: fc.oneof(fc.constant([...scopes]), fc.subarray([...scopes])),
    branch: fc.constantFrom(north, south),
    kyc: fc.constantFrom(...Kyc.KycLevel.literals),
    assurance: fc.constantFrom("single", "mfa"),
    authenticatedAt: fc.integer({ min: 0, max: 1200 }).map(secondsAgo),
    client: fc.constant("app")
  },
  { requiredKeys: ["tenant", "roles", "scopes", "kyc", "assurance", "authenticatedAt", "client"] }
)

export const requests = fc.record({
  subject: subjects,
  row: fc.constantFrom(...guarded),
  seen: fc.array(objects, { minLength: 1, maxLength: 4 }),
  needs: fc.constantFrom("all" as const, "some" as const),
  isApproved: fc.boolean(),
  terms: fc.constantFrom(usual, { ...usual, fourEyes: new Set<Policy.Operation>(), selfServiceCash: true })
})
export type Request = typeof requests extends fc.Arbitrary<infer R> ? R : never

export const permitted = ({ subject, row, seen, needs, isApproved, terms }: Request) =>
  Permission.permit(subject, { operation: row.operation, objects: seen, needs, now, isApproved }, terms)

/** The sentence of the bank's rules, said anew: some role that the caller has reaches the object. */
export const isReached = ({ subject, row: { rule } }: Request, object: Permission.Facts): boolean => {
  if (object.tenant !== undefined && object.tenant !== subject.tenant) return false
  const isMine =
    (object.customer !== undefined && object.customer === subject.customer) ||
    (object.user !== undefined && object.user === subject.user)
  const isLent =
    rule.right !== undefined &&
    object.delegated.some(({ right }) => rule.right !== undefined && Delegation.includes(right, rule.right))
  return subject.roles.some((role) => {
    switch (rule.roles[role]) {
      case "any":
        return true
      case "branch":
        return subject.branch !== undefined && object.branch === subject.branch
      case "own":
        return isMine || isLent
      default:
        return false
    }
  })
}

export const always = (law: (request: Request) => void): void =>
  fc.assert(fc.property(requests, law), { numRuns: 2000 })

export const customer: Subject = {
  tenant: here,
  user: annsLogin,
  customer: ann,
  roles: ["customer"],
  scopes,
  kyc: "full",
  assurance: "mfa",
  authenticatedAt: now,
  client: "app"
}

export const dollars = (units: number): Money.Money => Money.make(BigInt(units) * 100n, usd)
export const bobs = (...delegated: ReadonlyArray<Permission.Delegated>): Permission.Facts => ({
  customer: bob,
  delegated
})
export const anns = (amount?: Money.Money): Permission.Facts => ({
  customer: ann,
  delegated: [],
  ...(amount === undefined ? {} : { amount })
})

export const tagOf = (
  operation: Policy.Operation,
  seen: ReadonlyArray<Permission.Facts>,
  more: { readonly subject?: Subject; readonly needs?: "all" | "some"; readonly isApproved?: boolean } = {},
  terms: Permission.Terms = usual
): string => {
  const { subject = customer, needs = "all", isApproved = false } = more
  const result = Permission.permit(subject, { operation, objects: seen, needs, now, isApproved }, terms)
  return Result.isFailure(result) ? result.failure._tag : "permitted"
}
