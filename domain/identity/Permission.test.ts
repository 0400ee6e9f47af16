import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Result } from "effect"
import * as fc from "fast-check"
import { Money } from "../money/index.ts"
import { type BranchId, Delegation, Permission, Policy, roles, type Subject } from "./index.ts"
import {
  always,
  amounts,
  anns,
  bobs,
  customer,
  delegateds,
  dollars,
  elsewhere,
  eur,
  here,
  isReached,
  north,
  now,
  permitted,
  type Request,
  south,
  tagOf,
  usual
} from "./permission.fixture.ts"

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

  test("what one request moves of a customer under bounds counts together", () => {
    const lent = (amount: Money.Money): Permission.Facts => ({
      ...bobs({ right: "transact", amountMax: dollars(5) }),
      amount
    })
    const free = { ...bobs({ right: "transact" }), amount: dollars(90) }
    assert.equal(tagOf("transfers.postBatch", [lent(dollars(2)), lent(dollars(3)), free]), "permitted")
    assert.equal(tagOf("transfers.postBatch", [lent(dollars(2)), lent(dollars(4))]), "DelegationLimitExceeded")
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
