import assert from "node:assert/strict"
import { test } from "node:test"
import { Result, Schema } from "effect"
import { Instant } from "../calendar/index.ts"
import { AccountId, CustomerId, DelegationId } from "../ids/index.ts"
import { Currency, Money } from "../money/index.ts"
import { Delegation } from "./index.ts"

const noon = Instant.fromMillis(1_800_000_000_000)
const later = (millis: number): Instant.Instant => Instant.fromMillis(noon + millis)

const delegation: Delegation.Delegation = {
  id: DelegationId.make("dlg_01jdf8a3e0e8vrvn4t8n9d2k7p"),
  grantor: CustomerId.make("cus_01jdf8a3e0e8vrvn4t8n9d2k7p"),
  grantee: CustomerId.make("cus_01jdf8a3e0e8vrvn4t8n9d2k7q"),
  kind: "joint_holder",
  right: "transact",
  startsAt: noon
}

const refusalOf = (each: Delegation.Delegation): string => {
  const made = Delegation.make(each)
  return Result.isFailure(made) ? made.failure._tag : "accepted"
}

test("each right includes those before it and none after", () => {
  const rights = Delegation.Right.literals
  assert.deepEqual(rights, ["view", "transact", "manage"])
  for (const [held, right] of rights.entries())
    for (const [asked, needed] of rights.entries()) assert.equal(Delegation.includes(right, needed), held >= asked)
})

test("a delegation is in force from its start until before its end", () => {
  const bounded = { ...delegation, endsAt: later(10) }
  const inForceAt = (each: Delegation.Delegation, millis: number) => Delegation.isInForce(each, later(millis))
  assert.deepEqual(
    [-1, 0, 9, 10].map((millis) => inForceAt(bounded, millis)),
    [false, true, true, false]
  )
  assert.ok(inForceAt(delegation, 1_000_000_000_000), "one without an end goes on")
})

test("a revoked delegation is in force at no time", () => {
  for (const millis of [0, 4, 5, 6])
    assert.ok(!Delegation.isInForce({ ...delegation, revokedAt: later(5) }, later(millis)))
})

test("nobody delegates to itself, and no delegation ends before it has begun", () => {
  assert.deepEqual(Delegation.make(delegation), Result.succeed(delegation))
  const { grantor } = delegation
  assert.equal(refusalOf({ ...delegation, endsAt: later(1) }), "accepted")
  assert.equal(refusalOf({ ...delegation, grantee: grantor }), "DelegationToSelf")
  assert.equal(refusalOf({ ...delegation, endsAt: noon }), "DelegationEndsBeforeStart")
  assert.equal(refusalOf({ ...delegation, endsAt: later(-1) }), "DelegationEndsBeforeStart")
  assert.equal(refusalOf({ ...delegation, grantee: grantor, endsAt: noon }), "DelegationToSelf", "which comes first")
})

test("a delegation decodes from what it encodes to", () => {
  const full: Delegation.Delegation = {
    ...delegation,
    account: AccountId.make("acc_01jdf8a3e0e8vrvn4t8n9d2k7p"),
    amountMax: Money.make(12_345n, Currency.Code.make("USD")),
    endsAt: later(1),
    revokedAt: later(2)
  }
  const json = Schema.fromJsonString(Delegation.Delegation)
  for (const each of [delegation, full]) assert.deepEqual(Schema.decodeSync(json)(Schema.encodeSync(json)(each)), each)
  const none = { ...Schema.encodeSync(Delegation.Delegation)(full), amountMax: { amount: "0.00", currency: "USD" } }
  assert.ok(Result.isFailure(Schema.decodeUnknownResult(Delegation.Delegation)(none)), "a bound is above zero")
})
