import assert from "node:assert/strict"
import { test } from "node:test"
import { Result } from "effect"
import * as fc from "fast-check"
import { Password, User } from "./index.ts"

const ada = { email: User.Email.make("Ada.Byron@example.com"), name: "Ada Lovelace" }

const reasonOf = (password: string): string => {
  const checked = Password.check(password, ada)
  return Result.isFailure(checked) ? checked.failure.reason : "taken"
}

test("length is counted in code points, and nothing else is asked of the characters", () => {
  assert.equal(reasonOf("aaaaaaaaaaa"), "too_short")
  assert.equal(reasonOf("aaaaaaaaaaaa"), "taken")
  assert.equal(reasonOf("🐿".repeat(12)), "taken")
  assert.equal(reasonOf("🐿".repeat(11)), "too_short")
  assert.equal(reasonOf("a".repeat(128)), "taken")
  assert.equal(reasonOf("a".repeat(129)), "too_long")
})

test("the user's own address and name are not in it, in whichever case", () => {
  assert.equal(reasonOf("i am ADA.BYRON today"), "contains_email")
  assert.equal(reasonOf("miss LoveLace 1815"), "contains_name")
  assert.equal(reasonOf("canada is a country"), "taken")
})

test("a password that is typed composed and one that is typed decomposed are one", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", minLength: 12, maxLength: 100 }), (text) => {
      assert.equal(Password.normalized(text.normalize("NFC")), Password.normalized(text.normalize("NFD")))
      assert.equal(Password.normalized(Password.normalized(text)), Password.normalized(text))
    })
  )
})
