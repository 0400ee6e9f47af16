import assert from "node:assert/strict"
import { test } from "node:test"
import { Result } from "effect"
import * as fc from "fast-check"
import { Instant, LocalDate } from "../calendar/index.ts"
import { CustomerId, UserId } from "../ids/index.ts"
import { BranchId, TenantId, User } from "./index.ts"

const now = Instant.fromMillis(0)
const birthDate = Result.getOrThrow(LocalDate.make(1915, 12, 10))
const ada: User.User = {
  id: UserId.make("usr_01jdf8a3e0e8vrvn4t8n9d2k7p"),
  tenant: TenantId.make("bank"),
  branch: BranchId.make("main"),
  customer: CustomerId.make("cus_01jdf8a3e0e8vrvn4t8n9d2k7p"),
  status: "active",
  email: User.Email.make("ada@example.com"),
  emailVerifiedAt: now,
  profile: { fullName: "Ada Lovelace", birthDate },
  roles: ["customer", "teller"],
  kyc: { level: "basic", status: "approved" },
  createdAt: now,
  version: 3
}

test("an address has no character that is not seen: none hides in a mail, a terminal or another address", () => {
  for (const hidden of ["\u0000", "\u001b", "\u200b", "\u202e"])
    assert.ok(Result.isFailure(User.emailOf(`ada${hidden}@example.com`)), JSON.stringify(hidden))
  assert.ok(Result.isSuccess(User.emailOf("ada.lovelace+bank@example.com")))
})

test("data is kept for ten whole calendar years after the one of the closing, and no day longer", () => {
  fc.assert(
    fc.property(fc.date({ min: new Date("1970-01-01"), max: new Date("2500-12-31"), noInvalidDate: true }), (date) => {
      const until = new Date(User.retainedUntil(Instant.fromMillis(date.getTime())))
      assert.equal(until.toISOString(), `${date.getUTCFullYear() + 11}-01-01T00:00:00.000Z`)
    })
  )
})

test("a check counts for the name and the birth date that were checked, wherever the person lives", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength: 2 })
  fc.assert(
    fc.property(text, text, fc.boolean(), (before, after, moves) => {
      const user = { ...ada, profile: { fullName: before, birthDate } }
      const address = { line1: "1", city: "London", country: "GB" }
      const changed = User.withProfile(user, { fullName: after, birthDate, ...(moves ? { address } : {}) })
      assert.equal(changed.kyc.level, before === after ? "basic" : "none")
      assert.equal(changed.version, ada.version + 1)
    })
  )
  const { birthDate: _, ...rest } = { fullName: "Ada Lovelace", birthDate }
  assert.deepEqual(User.withProfile(ada, rest).kyc, { level: "none", status: "none" })
})

test("an erased user has ids and roles, and nothing that says who it was", () => {
  const { email: _, emailVerifiedAt: __, profile: ___, ...left } = ada
  assert.deepEqual(User.erased(ada), { ...left, status: "erased", kyc: { level: "none", status: "none" }, version: 4 })
})

test("a role that is missing among the new ones is lost, one that is added is not", () => {
  assert.equal(User.losesRole(ada, ["customer"]), true)
  assert.equal(User.losesRole(ada, ["teller", "customer", "auditor"]), false)
})

test("a check needs a name, a birth date and an address", () => {
  assert.deepEqual(User.missingForKyc(undefined), ["fullName", "birthDate", "address"])
  assert.deepEqual(User.missingForKyc(ada.profile), ["address"])
})
