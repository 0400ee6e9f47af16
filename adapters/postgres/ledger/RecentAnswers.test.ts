import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Result } from "effect"
import fc from "fast-check"
import { LedgerOverloaded } from "../../../application/ports/Ledger.ts"
import { recentAnswers } from "./RecentAnswers.ts"

const answer = Result.fail(new LedgerOverloaded({}))

describe("the answers that were given last", () => {
  test("are kept as they were last given, the last half of the room at least and never more than all of it", () => {
    const given = fc.array(fc.record({ digest: fc.nat({ max: 30 }).map(String), fingerprint: fc.string() }))
    fc.assert(
      fc.property(given, fc.integer({ min: 2, max: 20 }), (answers, max) => {
        const recent = recentAnswers(max)
        for (const { digest, fingerprint } of answers) recent.put(digest, { fingerprint, answer }, 1)
        const last = new Map(answers.map(({ digest, fingerprint }) => [digest, fingerprint]))
        const kept = [...last.keys()].filter((digest) => recent.get(digest) !== undefined)
        assert.ok(kept.length <= max)
        for (const digest of kept) assert.equal(recent.get(digest)?.fingerprint, last.get(digest))
        for (const { digest } of answers.slice(-Math.floor(max / 2))) assert.ok(kept.includes(digest))
      })
    )
  })

  test("count by their commands: one that is more than half of the room is not kept", () => {
    const recent = recentAnswers(10)
    recent.put("small", { fingerprint: "1", answer }, 4)
    recent.put("large", { fingerprint: "2", answer }, 6)
    assert.equal(recent.get("large"), undefined)
    recent.put("half", { fingerprint: "3", answer }, 5)
    assert.equal(recent.get("half")?.fingerprint, "3")
  })

  test("are none where there is no room", () => {
    const recent = recentAnswers(0)
    recent.put("one", { fingerprint: "1", answer }, 1)
    assert.equal(recent.get("one"), undefined)
  })
})
