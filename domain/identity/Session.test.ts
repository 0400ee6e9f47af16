import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { Instant } from "../calendar/index.ts"
import { SessionId, UserId } from "../ids/index.ts"
import { Session } from "./index.ts"

const login = {
  id: SessionId.make("ses_01jdf8a3e0e8vrvn4t8n9d2k7p"),
  user: UserId.make("usr_01jdf8a3e0e8vrvn4t8n9d2k7p"),
  client: "bank-app"
}
const day = 86_400_000
const at = (millis: number) => Instant.fromMillis(millis)

test("a session ends after 14 days without use, and after 30 days however it is used", () => {
  const uses = fc.array(fc.integer({ min: 0, max: 40 * day }), { maxLength: 20 })
  fc.assert(
    fc.property(uses, (times) => {
      const started = Session.start({ ...login, methods: ["pwd"] }, at(0))
      const used = times
        .toSorted((left, right) => left - right)
        .reduce(
          (session, time) => (Session.isOpen(session, at(time)) ? Session.seen(session, at(time)) : session),
          started
        )
      assert.equal(used.expiresAt, Math.min(used.lastSeenAt + 14 * day, 30 * day))
      assert.ok(!Session.isOpen(used, used.expiresAt))
      assert.ok(Session.isOpen(used, at(used.expiresAt - 1)))
      assert.ok(!Session.isOpen({ ...used, revokedAt: at(1) }, at(1)))
    })
  )
})

test("a use that is told late takes nothing back", () => {
  const used = Session.seen(Session.start({ ...login, methods: ["pwd"] }, at(0)), at(day))
  assert.deepEqual(Session.seen(used, at(1)), used)
})

test("a password or another provider alone is one factor; a passkey, or a code besides, is two", () => {
  const assuranceBy = (methods: ReadonlyArray<Session.AuthenticationMethod>) =>
    Session.start({ ...login, methods }, at(0)).assurance
  assert.equal(assuranceBy(["pwd"]), "single")
  assert.equal(assuranceBy(["federated"]), "single")
  assert.equal(assuranceBy(["passkey"]), "mfa")
  assert.equal(assuranceBy(["pwd", "otp"]), "mfa")
  assert.equal(assuranceBy(["federated", "recovery"]), "mfa")
})

test("raising makes the proof fresh and the session no longer than it may last", () => {
  const started = Session.start({ ...login, methods: ["pwd"] }, at(0))
  const raised = Session.raise(started, "otp", at(20 * day))
  assert.equal(raised.assurance, "mfa")
  assert.equal(raised.authenticatedAt, 20 * day)
  assert.equal(raised.expiresAt, 30 * day)
  assert.deepEqual(Session.raise(raised, "otp", at(21 * day)).methods, ["pwd", "otp"])
})
