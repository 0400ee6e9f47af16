import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { Instant } from "../calendar/index.ts"
import { Lockout } from "./index.ts"

const at = (millis: number) => Instant.fromMillis(millis)

test("what is free does not wait, and each failure more waits as long as the ones before or longer, within the bounds", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 1, max: 300 }), (count, free) => {
      const wait = Lockout.waitMillis(count, free)
      if (count < free) assert.equal(wait, 0)
      else assert.ok(wait >= Lockout.waitMillisMin && wait <= Lockout.waitMillisMax)
      assert.ok(Lockout.waitMillis(count + 1, free) >= wait)
    })
  )
})

test("a wait ends after exactly its time", () => {
  const failures = { count: Lockout.freeOfOwn + 3, lastAt: at(1000) }
  assert.equal(Lockout.remainingMillis(failures, Lockout.freeOfOwn, at(1000)), 8000)
  assert.equal(Lockout.remainingMillis(failures, Lockout.freeOfOwn, at(8999)), 1)
  assert.equal(Lockout.remainingMillis(failures, Lockout.freeOfOwn, at(9000)), 0)
})

test("a known device shares no count with anyone else's attempts", () => {
  const source = fc.oneof(fc.ipV4(), fc.ipV6()).map(Lockout.sourceOf)
  const other = fc.record({ user: fc.string(), source, device: fc.option(fc.string()) })
  fc.assert(
    fc.property(source, fc.string(), other, (own, user, stranger) => {
      const known = Lockout.boundsOf({ user, source: own, device: "mine" })
      const { own: theirs, wide } = Lockout.boundsOf({ ...stranger, device: stranger.device ?? undefined })
      fc.pre(stranger.device !== "mine")
      assert.deepEqual(known.wide, [])
      assert.ok(![theirs, ...wide].some(({ name }) => name === known.own.name))
    })
  )
})

test("all addresses of an IPv6 subscriber are one source, however they are written", () => {
  fc.assert(
    fc.property(fc.ipV6(), fc.ipV6(), (left, right) => {
      const [prefix] = Lockout.sourceOf(left).split("::/64")
      assert.equal(Lockout.sourceOf(`${prefix}:1:2:3:4`), Lockout.sourceOf(left))
      assert.equal(
        Lockout.sourceOf(left) === Lockout.sourceOf(right),
        Lockout.sourceOf(right).startsWith(`${prefix}::`)
      )
    })
  )
  assert.equal(Lockout.sourceOf("2001:db8::1"), "2001:db8:0:0::/64")
  assert.equal(Lockout.sourceOf("2001:0DB8:0:0:ffff::2%eth0"), "2001:db8:0:0::/64")
  assert.equal(Lockout.sourceOf("::ffff:192.0.2.1"), "192.0.2.1")
  assert.equal(Lockout.sourceOf("192.0.2.1"), "192.0.2.1")
  assert.equal(Lockout.sourceOf(undefined), "unknown")
})

test("attempts at once that are more than are free are overtaken, one after another is not", () => {
  assert.equal(Lockout.isOvertaken(0, 5, 5), false)
  assert.equal(Lockout.isOvertaken(0, 6, 5), true)
  assert.equal(Lockout.isOvertaken(8, 9, 5), false)
  assert.equal(Lockout.isOvertaken(8, 10, 5), true)
})
