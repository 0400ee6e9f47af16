import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { Instant } from "../calendar/index.ts"
import { UserId } from "../ids/index.ts"
import { Credentials } from "./index.ts"

const bare: Credentials.Credentials = {
  user: UserId.make("usr_01jdf8a3e0e8vrvn4t8n9d2k7p"),
  recoveryCodes: [],
  passkeys: [],
  identities: [],
  version: 1
}
const now = Instant.fromMillis(0)
const totp = { secret: "JBSWY3DP", confirmedAt: now, lastStep: 0 }
const passkey = (id: string) => ({ id, publicKey: "k", counter: 5, transports: [], name: "Phone", createdAt: now })

test("steps are taken in ascending order only, each once", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 40 }), (steps) => {
      const taken: Array<number> = []
      steps.reduce<Credentials.Credentials>(
        (credentials, step) => {
          const next = Credentials.takeStep(credentials, step)
          if (next !== undefined) taken.push(step)
          return next ?? credentials
        },
        { ...bare, totp }
      )
      assert.deepEqual(
        taken,
        [...new Set(taken)].toSorted((left, right) => left - right)
      )
      assert.equal(taken.at(-1), steps.length === 0 ? undefined : Math.max(...steps))
    })
  )
  assert.equal(Credentials.takeStep({ ...bare, totp }, undefined), undefined)
  assert.equal(Credentials.takeStep(bare, 1), undefined)
})

test("a recovery code is taken once, and every change is the next version", () => {
  const given = { ...bare, recoveryCodes: ["a", "b"] }
  const taken = Credentials.takeRecoveryCode(given, "a")
  assert.deepEqual(taken?.recoveryCodes, ["b"])
  assert.equal(taken?.version, 2)
  assert.equal(taken === undefined ? undefined : Credentials.takeRecoveryCode(taken, "a"), undefined)
})

test("recovery codes are read with or without hyphens, in any case, and with the letters that are taken for digits", () => {
  assert.equal(Credentials.recoveryCodeKey("o1il-ABCD"), Credentials.recoveryCodeKey("0111abcd"))
})

test("a factor counts once it is confirmed, and recovery codes are none by themselves", () => {
  const { confirmedAt: _, ...begun } = totp
  assert.deepEqual(Credentials.secondFactorsOf({ ...bare, totp: begun }), [])
  assert.deepEqual(Credentials.secondFactorsOf({ ...bare, recoveryCodes: ["a"] }), [])
  assert.deepEqual(Credentials.secondFactorsOf({ ...bare, totp, recoveryCodes: ["a"], passkeys: [passkey("p")] }), [
    "totp",
    "recovery",
    "passkey"
  ])
})

test("the counter of a passkey that was used never goes back, and the other passkeys stay as they are", () => {
  const used = Credentials.usePasskey({ ...bare, passkeys: [passkey("p"), passkey("q")] }, "p", 3, now)
  assert.deepEqual(used.passkeys, [{ ...passkey("p"), lastUsedAt: now }, passkey("q")])
})
