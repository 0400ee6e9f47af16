import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Policy, type Role, roles, scopesOfThirdParties } from "./index.ts"

const { isOpen, operations, ruleOf } = Policy

const rules = operations.flatMap((operation) => {
  const rule = ruleOf(operation)
  return isOpen(rule) ? [] : [{ operation, ...rule }]
})

const permittedTo = (role: Role) => rules.filter((rule) => rule.roles[role] !== undefined)
const namesOf = (found: ReadonlyArray<{ readonly operation: string }>) => found.map(({ operation }) => operation)

describe("the table of who may do what", () => {
  test("nothing is anyone's but to register, to prove an address, to get back in and to log in", () => {
    assert.deepEqual(
      operations.filter((operation) => isOpen(ruleOf(operation))),
      [
        "users.register",
        "users.verifyEmail",
        "passwords.requestReset",
        "passwords.reset",
        "sessions.create",
        "identityProviders.list"
      ]
    )
  })

  test("every operation is somebody's", () => {
    for (const { operation, roles: who } of rules) assert.ok(Object.keys(who).length > 0, operation)
  })

  test("a customer reaches nothing but its own, and the ledger's tree, which shows nothing of anybody's", () => {
    const beyond = permittedTo("customer").filter((rule) => rule.roles.customer !== "own")
    assert.deepEqual(namesOf(beyond), ["proofs.readTree"])
  })

  test("a customer needs no scope that only staff has", () => {
    assert.deepEqual(namesOf(permittedTo("customer").filter(({ scope }) => scope === "bank:admin")), [])
  })

  test("an auditor writes nothing but to its own login", () => {
    const writes = permittedTo("auditor").filter(({ effect }) => effect === "write")
    for (const { operation, scope, roles: who } of writes)
      assert.deepEqual([scope, who.auditor], ["profile:write", "own"], operation)
  })

  test("an administrator sees no account and moves no money", () => {
    const ofMoney =
      /^(?:accounts|balances|statements|entries|transactions|holds|deposits|withdrawals|transfers|ledger)\./u
    assert.deepEqual(
      namesOf(permittedTo("administrator")).filter((operation) => ofMoney.test(operation)),
      []
    )
  })

  test("a program has no login of its own, approves nothing and administers nobody", () => {
    const names = namesOf(permittedTo("service"))
    const ofPeople = /^(?:users|kyc|sessions|factors|identities|approvals|delegations|audit)\./u
    assert.deepEqual(
      names.filter((operation) => ofPeople.test(operation)),
      []
    )
    assert.deepEqual(namesOf(permittedTo("service").filter(({ scope }) => scope === "bank:admin")), ["ledger.use"])
  })

  test("tellers and loan officers reach no further than their branch, but for requests that others decide on", () => {
    for (const role of ["teller", "loan_officer"] as const)
      for (const { operation, roles: who } of permittedTo(role))
        assert.ok(who[role] !== "any" || /^(?:approvals|proofs)\./u.test(operation), `${role} ${operation}`)
  })

  test("a loan officer changes nothing but its own login", () => {
    const writes = permittedTo("loan_officer").filter(({ effect }) => effect === "write")
    for (const { operation, roles: who } of writes) assert.equal(who.loan_officer, "own", operation)
  })

  test("an app of a third party can neither do what staff does nor change a login", () => {
    const reachable = rules.filter(({ scope }) => scopesOfThirdParties.includes(scope))
    for (const { operation, effect } of reachable)
      assert.ok(!/^(?:users|factors|identities|sessions|kyc)\./u.test(operation) || effect === "read", operation)
    assert.ok(!scopesOfThirdParties.includes("bank:admin"))
  })

  test("to see takes the right to view, to pay the right to transact, to change the right to manage", () => {
    const usual = { "accounts:read": "view", "payments:write": "transact", "accounts:write": "manage" } as const
    for (const { operation, right, scope } of rules.filter((rule) => rule.right !== undefined)) {
      assert.ok(scope === "accounts:read" || scope === "payments:write" || scope === "accounts:write", operation)
      assert.equal(right, usual[scope], operation)
    }
  })

  test("neither a login nor a delegation is delegated, and no account is opened in another's name", () => {
    const personal = /^(?:users|kyc|sessions|factors|identities|delegations|approvals|audit)\.|^accounts\.open$/u
    for (const { operation, right } of rules) if (personal.test(operation)) assert.equal(right, undefined, operation)
  })

  test("whoever moves an amount by itself may be asked for a second factor", () => {
    for (const { operation, scope, stepUp } of rules)
      if (scope === "payments:write") assert.equal(stepUp, "above_limit", operation)
  })

  test("whoever gives another one, or a program, something to do proves a second factor", () => {
    for (const operation of [
      "users.assignRoles",
      "clients.change",
      "delegations.create",
      "approvals.decide"
    ] as const) {
      const rule = ruleOf(operation)
      assert.ok(!isOpen(rule) && rule.stepUp === "always", operation)
    }
  })

  test("a second person is asked about nothing that a customer or a program does", () => {
    for (const operation of Policy.fourEyes.possible) {
      const rule = ruleOf(operation)
      assert.ok(!isOpen(rule) && rule.effect === "write", operation)
      assert.deepEqual([rule.roles.customer, rule.roles.service], [undefined, undefined], operation)
    }
    const possible: ReadonlyArray<Policy.Operation> = Policy.fourEyes.possible
    assert.ok(Policy.fourEyes.usual.every((operation) => possible.includes(operation)))
  })

  test("no role may do everything", () => {
    for (const role of roles) assert.ok(permittedTo(role).length < rules.length, role)
  })
})
