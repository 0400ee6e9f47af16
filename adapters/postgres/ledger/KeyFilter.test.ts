import assert from "node:assert/strict"
import { hash } from "node:crypto"
import { describe, test } from "node:test"
import fc from "fast-check"
import { digestDigits, keyFilter } from "./KeyFilter.ts"

/** Digests of the numbers from one to before another: the same in each run. */
const digests = (from: number, to: number): ReadonlyArray<string> =>
  Array.from({ length: to - from }, (_, at) => hash("sha256", `key ${from + at}`, "hex").slice(0, digestDigits))

const countHeld = (filter: ReturnType<typeof keyFilter>, keys: ReadonlyArray<string>): number =>
  keys.reduce((held, key) => held + (filter.add(key) ? 1 : 0), 0)

describe("the filter of stored keys", () => {
  test("holds every key that was added, alone or in the midst of others", () => {
    const key = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString("hex"))
    fc.assert(
      fc.property(fc.array(key, { maxLength: 200 }), (keys) => {
        const filter = keyFilter(1000)
        filter.complete()
        const joined = keys.join("")
        for (let at = 0; at < joined.length; at += digestDigits) filter.add(joined, at)
        assert.equal(countHeld(filter, keys), keys.length)
      })
    )
  })

  test("holds all of them when it has grown, and takes less than one new key of a hundred for a stored one", () => {
    const filter = keyFilter(1_000_000, 500)
    filter.complete()
    const stored = digests(0, 40_000)
    const mistaken = countHeld(filter, stored)
    assert.ok(mistaken < 400, `${mistaken} of 40,000 keys were held before they were added`)
    assert.equal(countHeld(filter, stored), stored.length)
    const fresh = countHeld(filter, digests(50_000, 90_000))
    assert.ok(fresh > 0 && fresh < 400, `${fresh} of 40,000 new keys are taken for stored ones`)
  })

  test("may hold every key until it is complete, and tells then also of those that were added before", () => {
    const filter = keyFilter(1000)
    const [before, after] = [digests(0, 100), digests(100, 200)]
    assert.equal(countHeld(filter, before), 100)
    filter.complete()
    assert.equal(countHeld(filter, before), 100)
    assert.ok(countHeld(filter, after) < 10)
  })

  test("may hold every key when it has got more than it has room for", () => {
    const filter = keyFilter(1000)
    filter.complete()
    assert.ok(countHeld(filter, digests(0, 1000)) < 10)
    countHeld(filter, digests(1000, 1100))
    assert.equal(countHeld(filter, digests(2000, 3000)), 1000)
    const none = keyFilter(0)
    none.complete()
    assert.equal(countHeld(none, digests(0, 100)), 100)
  })
})
