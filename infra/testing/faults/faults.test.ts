import assert from "node:assert/strict"
import { randomInt } from "node:crypto"
import { test } from "node:test"
import { runFaults } from "./faults.ts"
import { printed } from "./Tally.ts"

// Another one each time: a failure says its seed and run, which `npm run faults -- --seed N --run N` repeats.
const seed = randomInt(1_000_000)
const runs = [...Array(24).keys()]

test("nothing is lost, doubled or done by a fenced writer in 24 runs of takeovers, cuts, pauses and kills", {
  timeout: 120_000
}, async () => {
  console.log(`seed ${seed}`)
  const tally = await runFaults({ seed, runs, atOnce: 2 }, console.log)
  const struck = (word: string): number =>
    [...tally.classes].reduce((sum, [name, times]) => (name.startsWith(word) ? sum + times : sum), 0)
  for (const fault of ["cut", "pause", "late", "kill"])
    assert.ok(struck(fault) > 0, `no ${fault} happened\n${printed(tally)}`)
  for (const fact of ["takeovers with requests under way", "requests that a fenced writer refused"] as const)
    assert.ok((tally.facts.get(fact) ?? 0) > 0, `no ${fact}\n${printed(tally)}`)
})
