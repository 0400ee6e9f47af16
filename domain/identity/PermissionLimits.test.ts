import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Result } from "effect"
import { Money } from "../money/index.ts"
import { Kyc, type Permission, type Policy, type Subject } from "./index.ts"
import {
  always,
  ann,
  anns,
  annsLogin,
  bobs,
  customer,
  dollars,
  eur,
  isReached,
  north,
  now,
  permitted,
  type Request,
  secondsAgo,
  tagOf,
  usd,
  usual
} from "./permission.fixture.ts"

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
    assert.equal(tagOf("transactions.post", [bobs()], { subject: operator }), "ApprovalRequired")
    assert.equal(tagOf("transactions.post", [bobs()], { subject: operator, isApproved: true }), "permitted")
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

  test("INV-54: no member of staff posts to or reverses, lends to or unfreezes what is its own, whoever approves", () => {
    always((request) => {
      if (request.row.rule.isForOthers !== true) return
      const subject: Subject = { ...request.subject, user: annsLogin, customer: ann }
      const seen = [...request.seen, { ...anns(), branch: north, delegated: [] }]
      assert.ok(Result.isFailure(permitted({ ...request, subject, seen })))
    })
    const operator: Subject = { ...customer, roles: ["customer", "operator"] }
    for (const operation of [
      "accounts.setOverdraftLimit",
      "accounts.unfreeze",
      "transactions.post",
      "transactions.reverse"
    ] as const) {
      const of = (seen: ReadonlyArray<Permission.Facts>) =>
        tagOf(operation, seen, { subject: operator, isApproved: true })
      assert.deepEqual([of([bobs()]), of([anns()]), of([bobs(), anns()])], ["permitted", "Forbidden", "Forbidden"])
    }
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
