import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Result } from "effect"
import * as fc from "fast-check"
import { Instant } from "../calendar/index.ts"
import { CustomerId, UserId } from "../ids/index.ts"
import { Currency, Money } from "../money/index.ts"
import { BranchId, Delegation, Kyc, Permission, Policy, roles, type Subject, scopes, TenantId } from "./index.ts"

const usd = Currency.Code.make("USD")
const eur = Currency.Code.make("EUR")
const [ann, bob] = [
  CustomerId.make("cus_01jdf8a3e0e8vrvn4t8n9d2k7p"),
  CustomerId.make("cus_01jdf8a3e0e8vrvn4t8n9d2k7q")
]
const [annsLogin, bobsLogin] = [
  UserId.make("usr_01jdf8a3e0e8vrvn4t8n9d2k7p"),
  UserId.make("usr_01jdf8a3e0e8vrvn4t8n9d2k7q")
]
const [here, elsewhere] = [TenantId.make("bank"), TenantId.make("other")]
const [north, south] = [BranchId.make("north"), BranchId.make("south")]
const now = Instant.fromMillis(1_800_000_000_000)
const secondsAgo = (seconds: number): Instant.Instant => Instant.fromMillis(now - seconds * 1000)

const guarded = Policy.operations.flatMap((operation) => {
  const rule = Policy.ruleOf(operation)
  return Policy.isOpen(rule) ? [] : [{ operation, rule }]
})

const usual = Permission.termsUsual

const amounts = fc.record({ minor: fc.bigInt(1n, 3_000_000n), currency: fc.constantFrom(usd, eur) })

const delegateds: fc.Arbitrary<Permission.Delegated> = fc.record(
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

const requests = fc.record({
  subject: subjects,
  row: fc.constantFrom(...guarded),
  seen: fc.array(objects, { minLength: 1, maxLength: 4 }),
  needs: fc.constantFrom("all" as const, "some" as const),
  isApproved: fc.boolean(),
  terms: fc.constantFrom(usual, { ...usual, fourEyes: new Set<Policy.Operation>(), selfServiceCash: true })
})
type Request = typeof requests extends fc.Arbitrary<infer R> ? R : never

const permitted = ({ subject, row, seen, needs, isApproved, terms }: Request) =>
  Permission.permit(subject, { operation: row.operation, objects: seen, needs, now, isApproved }, terms)

/** The sentence of the bank's rules, said anew: some role that the caller has reaches the object. */
const isReached = ({ subject, row: { rule } }: Request, object: Permission.Facts): boolean => {
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

const always = (law: (request: Request) => void): void => fc.assert(fc.property(requests, law), { numRuns: 2000 })

const customer: Subject = {
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

const dollars = (units: number): Money.Money => Money.make(BigInt(units) * 100n, usd)
const bobs = (...delegated: ReadonlyArray<Permission.Delegated>): Permission.Facts => ({ customer: bob, delegated })
const anns = (amount?: Money.Money): Permission.Facts => ({
  customer: ann,
  delegated: [],
  ...(amount === undefined ? {} : { amount })
})

const tagOf = (
  operation: Policy.Operation,
  seen: ReadonlyArray<Permission.Facts>,
  more: { readonly subject?: Subject; readonly needs?: "all" | "some"; readonly isApproved?: boolean } = {},
  terms: Permission.Terms = usual
): string => {
  const { subject = customer, needs = "all", isApproved = false } = more
  const result = Permission.permit(subject, { operation, objects: seen, needs, now, isApproved }, terms)
  return Result.isFailure(result) ? result.failure._tag : "permitted"
}

describe("who is let in", () => {
  test("INV-45: nobody of another bank, without a role or without the scope is admitted, and everybody else is", () => {
    always(({ subject, row: { operation, rule } }) => {
      const admission = Permission.admit(operation, subject, here)
      const hasRole = subject.roles.some((role) => rule.roles[role] !== undefined)
      const lacks = [
        ...(subject.tenant === here ? [] : ["tenant"]),
        ...(hasRole ? [] : ["role"]),
        ...(subject.scopes.includes(rule.scope) ? [] : ["scope"])
      ]
      assert.equal(Result.isFailure(admission) ? admission.failure.lacks : undefined, lacks[0])
    })
  })

  test("what is anyone's is so without a token, and at no other bank's cost", () => {
    const nobody: Subject = { ...customer, roles: [], scopes: [], tenant: elsewhere }
    for (const operation of Policy.operations)
      assert.equal(
        Result.isSuccess(Permission.admit(operation, nobody, here)),
        Policy.isOpen(Policy.ruleOf(operation)),
        operation
      )
  })
})

describe("what is reached", () => {
  test("INV-46: all that a request needs is reached by a role of its caller, or it is answered as if it were not there", () => {
    always((request) => {
      const reached = request.seen.map((object) => isReached(request, object))
      const isEnough = request.needs === "all" ? !reached.includes(false) : reached.includes(true)
      const result = permitted(request)
      const tag = Result.isFailure(result) ? result.failure._tag : "permitted"
      assert.equal(tag === "NotVisible", !isEnough)
      if (Result.isFailure(result) && result.failure._tag === "NotVisible")
        assert.equal(reached[result.failure.index], false, "the object that is named is a hidden one")
    })
  })

  test("INV-47: a customer is permitted nothing but on what is its own or was lent to it with the right that it takes", () => {
    always((request) => {
      const { row, seen, needs } = request
      if (row.rule.roles.customer !== "own") return
      const alone: Request = { ...request, subject: { ...request.subject, roles: ["customer"] } }
      const { subject } = alone
      if (Result.isFailure(permitted(alone))) return
      const { right } = row.rule
      const isTheirs = ({ customer: owner, user, delegated }: Permission.Facts): boolean =>
        (owner !== undefined && owner === subject.customer) ||
        (user !== undefined && user === subject.user) ||
        (right !== undefined && delegated.some((each) => Delegation.includes(each.right, right)))
      assert.ok(needs === "all" ? seen.every(isTheirs) : seen.some(isTheirs))
    })
  })

  test("INV-48: what is of another bank is nobody's to see, whatever the role", () => {
    always((request) => {
      const seen = request.seen.map((object) => ({
        ...object,
        tenant: request.subject.tenant === here ? elsewhere : here
      }))
      const result = permitted({ ...request, subject: { ...request.subject, roles }, seen })
      assert.equal(Result.isFailure(result) ? result.failure._tag : "permitted", "NotVisible")
    })
  })

  test("a branch's staff reaches its own branch, and none where it has none", () => {
    const teller: Subject = { ...customer, roles: ["teller"], branch: north }
    const { branch: _, ...homeless } = teller
    const at = (branch?: BranchId): Permission.Facts => ({ ...bobs(), ...(branch === undefined ? {} : { branch }) })
    assert.equal(tagOf("accounts.read", [at(north)], { subject: teller }), "permitted")
    for (const [subject, object] of [
      [teller, at(south)],
      [teller, at()],
      [homeless, at(north)],
      [homeless, at()]
    ] as const)
      assert.equal(tagOf("accounts.read", [object], { subject }), "NotVisible")
  })

  test("staff is a customer like any other where the account is its own", () => {
    const subject: Subject = { ...customer, roles: ["customer", "operator", "teller"], branch: north, kyc: "none" }
    const own = { ...anns(dollars(151)), branch: north }
    assert.equal(tagOf("transfers.post", [own], { subject }), "KycLimitExceeded")
    assert.equal(tagOf("deposits.post", [{ ...anns(dollars(1)), isCash: true }], { subject }), "Forbidden")
    assert.equal(tagOf("transfers.post", [{ ...bobs(), amount: dollars(151) }], { subject }), "permitted")
  })

  test("of many objects one that is hidden hides all, and is named; where one suffices, one does", () => {
    const seen = [anns(), anns(), bobs(), anns()]
    const result = Permission.permit(
      customer,
      { operation: "transfers.postBatch", objects: seen, needs: "all", now, isApproved: false },
      usual
    )
    assert.deepEqual(result, Result.fail(new Permission.NotVisible({ index: 2 })))
    assert.equal(tagOf("transactions.read", seen, { needs: "some" }), "permitted")
    assert.equal(tagOf("transactions.read", [bobs(), bobs()], { needs: "some" }), "NotVisible")
  })

  test("a request about nothing in particular is for those who reach everything", () => {
    for (const needs of ["all", "some"] as const) {
      assert.equal(tagOf("accounts.list", [], { needs }), "NotVisible")
      assert.equal(tagOf("accounts.list", [], { needs, subject: { ...customer, roles: ["auditor"] } }), "permitted")
      assert.equal(tagOf("proofs.readTree", [], { needs }), "permitted")
    }
  })
})

describe("what was delegated", () => {
  const operationsBy = { view: "balances.read", transact: "transfers.post", manage: "accounts.rename" } as const

  test("a right lets do what it includes and nothing more", () => {
    for (const [held, right] of Delegation.Right.literals.entries())
      for (const [asked, needed] of Delegation.Right.literals.entries())
        assert.equal(tagOf(operationsBy[needed], [bobs({ right })]), held >= asked ? "permitted" : "NotVisible")
  })

  test("no right lets open, lend on, set a limit or thaw", () => {
    for (const operation of ["accounts.open", "delegations.create", "delegations.revoke"] as const)
      assert.equal(tagOf(operation, [bobs({ right: "manage" })]), "NotVisible")
    for (const operation of ["accounts.setOverdraftLimit", "accounts.unfreeze"] as const)
      assert.ok(Result.isFailure(Permission.admit(operation, customer, here)))
  })

  test("INV-49: nobody moves of another's more at once than one delegation lets it", () => {
    fc.assert(
      fc.property(fc.array(delegateds, { maxLength: 3 }), amounts, (delegated, amount) => {
        const allows = delegated.some(
          ({ right, amountMax }) =>
            Delegation.includes(right, "transact") &&
            (amountMax === undefined || (amountMax.currency === amount.currency && amount.minor <= amountMax.minor))
        )
        assert.equal(tagOf("transfers.post", [{ ...bobs(...delegated), amount }]) === "permitted", allows)
      }),
      { numRuns: 2000 }
    )
  })

  test("the bound that is told is the widest in the currency asked for", () => {
    const lent = bobs(
      { right: "transact", amountMax: Money.make(90_000n, eur) },
      { right: "transact", amountMax: dollars(5) },
      { right: "transact", amountMax: dollars(7) },
      { right: "view" }
    )
    const asked = { operation: "transfers.post", needs: "all", now, isApproved: false } as const
    const result = Permission.permit(customer, { ...asked, objects: [{ ...lent, amount: dollars(8) }] }, usual)
    assert.deepEqual(
      result,
      Result.fail(new Permission.DelegationLimitExceeded({ limit: dollars(7), requested: dollars(8) }))
    )
    assert.equal(tagOf("transfers.post", [{ ...lent, amount: dollars(7) }]), "permitted")
  })
})

describe("what is asked for besides", () => {
  test("INV-50: nobody moves of its own, or for another customer, more at once than its identification lets it", () => {
    always((request) => {
      const { subject, row } = request
      const alone: Request = { ...request, subject: { ...subject, roles: ["customer"] }, needs: "all" }
      if (row.rule.roles.customer !== "own" || Result.isFailure(permitted(alone))) return
      for (const { amount } of request.seen) {
        const limit = amount === undefined ? undefined : Kyc.limitOf(subject.kyc, amount.currency)
        assert.ok(amount === undefined || limit === undefined || amount.minor <= limit.minor)
      }
    })
  })

  test("INV-51: no user moves more than the bank has set, or does what always takes it, without a fresh second factor", () => {
    always((request) => {
      const { subject, row, seen, terms, isApproved } = request
      // Who approved it has proved a second factor of its own.
      if (isApproved || subject.user === undefined || Result.isFailure(permitted(request))) return
      const isLarge = seen.some(({ amount }) => amount !== undefined && amount.minor > terms.stepUpUnitsAbove * 100n)
      if (row.rule.stepUp !== "always" && !(row.rule.stepUp === "above_limit" && isLarge)) return
      assert.equal(subject.assurance, "mfa")
      assert.ok(now - subject.authenticatedAt <= terms.stepUpMaxAgeSeconds * 1000)
    })
  })

  test("a second factor is fresh up to its last second, and is asked for from the first cent above the limit", () => {
    const at = (seconds: number, assurance: "single" | "mfa" = "mfa"): Subject => ({
      ...customer,
      assurance,
      authenticatedAt: secondsAgo(seconds)
    })
    const cent: Money.Money = Money.make(100_001n, usd)
    assert.equal(tagOf("transfers.post", [anns(dollars(1000))], { subject: at(9999, "single") }), "permitted")
    assert.equal(tagOf("transfers.post", [anns(cent)], { subject: at(0, "single") }), "StepUpRequired")
    assert.equal(tagOf("transfers.post", [anns(cent)], { subject: at(600) }), "permitted")
    assert.equal(tagOf("transfers.post", [anns(cent)], { subject: at(601) }), "StepUpRequired")
    assert.equal(tagOf("delegations.create", [anns()], { subject: at(601) }), "StepUpRequired")
    assert.equal(tagOf("transfers.postBatch", [anns(dollars(1)), anns(cent)], { subject: at(601) }), "StepUpRequired")
  })

  test("many small amounts in one request are as good as a large one, each currency by itself", () => {
    const batch = (subject: Partial<Subject>, ...amounts: ReadonlyArray<Money.Money>) =>
      tagOf(
        "transfers.postBatch",
        amounts.map((amount) => anns(amount)),
        {
          subject: { ...customer, assurance: "single", ...subject }
        }
      )
    const euros = Money.make(60_000n, eur)
    assert.equal(batch({}, dollars(400), dollars(600), euros), "permitted")
    assert.equal(batch({}, dollars(400), dollars(600), Money.make(1n, usd)), "StepUpRequired")
    assert.equal(batch({ kyc: "none" }, dollars(100), dollars(50)), "permitted")
    assert.equal(batch({ kyc: "none" }, dollars(100), dollars(51)), "KycLimitExceeded")
  })

  test("INV-52: what a bank wants two people for is not done before the second has approved it", () => {
    always((request) => {
      const isAsked = request.terms.fourEyes.has(request.row.operation)
      if (isAsked && !request.isApproved) assert.ok(Result.isFailure(permitted(request)))
    })
    const operator: Subject = { ...customer, roles: ["operator"] }
    assert.equal(tagOf("transactions.post", [anns()], { subject: operator }), "ApprovalRequired")
    assert.equal(tagOf("transactions.post", [anns()], { subject: operator, isApproved: true }), "permitted")
  })

  test("an approval gives no right that its caller lacks", () => {
    always((request) => {
      const reached = request.seen.every((object) => isReached(request, object))
      if (!reached) assert.ok(Result.isFailure(permitted({ ...request, needs: "all", isApproved: true })))
    })
  })

  test("INV-53: nobody pays cash in or out of its own or a lent account by itself, unless the bank lets it", () => {
    always((request) => {
      const subject: Subject = { ...request.subject, roles: ["customer"] }
      const cash = request.seen.map((object) => ({ ...object, isCash: true }))
      const { rule } = request.row
      if (rule.roles.customer !== "own") return
      const strict = { ...request, subject, seen: cash, terms: { ...request.terms, selfServiceCash: false } }
      assert.ok(Result.isFailure(permitted(strict)))
    })
    const cash = [{ ...anns(dollars(1)), isCash: true }]
    assert.equal(tagOf("deposits.post", cash), "Forbidden")
    assert.equal(tagOf("deposits.post", cash, {}, { ...usual, selfServiceCash: true }), "permitted")
    assert.equal(tagOf("deposits.post", cash, { subject: { ...customer, roles: ["operator"] } }), "permitted")
  })

  test("of several refusals the first of the documented order is told", () => {
    const subject: Subject = { ...customer, kyc: "basic", assurance: "single" }
    const lent = bobs({ right: "transact", amountMax: dollars(10) })
    const terms = { ...usual, fourEyes: new Set<Policy.Operation>(["withdrawals.post"]) }
    const asked = (object: Permission.Facts, more = {}, by: Permission.Terms = terms) =>
      tagOf("withdrawals.post", [object], { subject, ...more }, by)
    const huge = { ...lent, amount: dollars(20_000), isCash: true }
    assert.equal(asked({ ...huge, delegated: [] }), "NotVisible")
    assert.equal(asked(huge), "Forbidden")
    assert.equal(asked({ ...huge, isCash: false }), "ApprovalRequired")
    const approved = { isApproved: true }
    assert.equal(asked({ ...huge, isCash: false }, approved), "KycLimitExceeded")
    assert.equal(asked({ ...huge, isCash: false, amount: dollars(2000) }, approved), "DelegationLimitExceeded")
    assert.equal(asked(anns(dollars(2000)), {}, usual), "StepUpRequired")
  })
})

describe("what a read leaves behind", () => {
  const traced = (operation: Policy.Operation, seen: ReadonlyArray<Permission.Facts>, needs: "all" | "some" = "all") =>
    Permission.leavesTrace(customer, { operation, objects: seen, needs, now, isApproved: false })

  test("who reads its own leaves no trace, and who reads another's does", () => {
    assert.ok(!traced("accounts.read", [anns()]))
    assert.ok(traced("accounts.read", [bobs({ right: "view" })]))
    assert.ok(traced("accounts.read", [anns(), bobs({ right: "view" })]))
  })

  test("what the caller is a party to is its own", () => {
    assert.ok(!traced("transactions.read", [bobs(), anns()], "some"))
    assert.ok(traced("transactions.read", [bobs(), bobs({ right: "view" })], "some"))
  })

  test("to look at everything leaves a trace, unless every customer may", () => {
    assert.ok(traced("users.list", []))
    assert.ok(!traced("proofs.readTree", []))
  })
})
