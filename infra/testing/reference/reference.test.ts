import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { compare, report } from "./compare.ts"
import { domainSubject } from "./DomainSubject.ts"
import { memorySubject } from "./long.ts"
import { observationOf, type Subject } from "./Observation.ts"
import { sequenceOf } from "./random.ts"
import { count, emptyTally, printed } from "./Tally.ts"
import type { Theme } from "./World.ts"

const seedFirst = 20_261_124

/** How many sequences of how many requests are about each theme. */
type Plan = ReadonlyArray<readonly [theme: Theme, sequences: number, length: number]>

const agrees = async (subject: Subject, plan: Plan) => {
  const tally = emptyTally()
  let seed = seedFirst
  for (const [theme, sequences, length] of plan) {
    for (let index = 0; index < sequences; index++) {
      const sequence = sequenceOf(seed, length, theme)
      count(tally, sequence)
      const found = await compare(sequence.steps, subject, observationOf(sequence.answers, sequence.model))
      if (found !== undefined) assert.fail(await report(seed, sequence.steps, subject, found))
      seed += 1
    }
  }
  console.log(`seeds ${seedFirst} to ${seed - 1}: ${printed(tally)}`)
  return tally
}

const atLeast = (counts: Readonly<Record<string, number>>, least: number): void => {
  for (const [name, number] of Object.entries(counts)) assert.ok(number >= least, `${name} occurred ${number} times`)
}

describe("the reference model of the ledger", () => {
  test("the rules answer 20,000 random requests as the model does, and every command and rejection is among them", async () => {
    const { commands, rejections, others } = await agrees(domainSubject, [
      ["everyday", 10, 1500],
      ["retries", 2, 1500],
      ["storm", 1, 1800],
      ["whales", 1, 600]
    ])
    assert.ok(others.requests >= 20_000)
    atLeast(commands, 300)
    atLeast(rejections, 20)
    atLeast({ retries: others.retries, conflicts: others.conflicts }, 200)
  })

  test("the ledger in memory answers thousands of random requests as the model does", async () => {
    const { commands, others } = await agrees(memorySubject, [
      ["everyday", 2, 1000],
      ["retries", 1, 1000],
      ["storm", 1, 1600]
    ])
    atLeast(commands, 50)
    atLeast({ retries: others.retries, conflicts: others.conflicts }, 100)
  })

  test("a ledger that forgets one rule is found, and the report is short", async () => {
    const forgetful: Subject = async (steps) => {
      const frozenNever = steps.map((step) =>
        step.command._tag === "ConfigureAccount"
          ? { ...step, command: { ...step.command, restriction: "none" as const } }
          : step
      )
      return domainSubject(frozenNever)
    }
    const { seed, steps } = sequenceOf(seedFirst, 1000, "everyday")
    const found = await compare(steps, forgetful)
    assert.ok(found !== undefined)
    assert.match(await report(seed, steps, forgetful, found), /shrunk to [1-9] of 1000 steps/)
  })

  test("the same seed gives the same sequence", () => {
    const [first, second] = [sequenceOf(7, 200), sequenceOf(7, 200)]
    assert.deepEqual(first.steps, second.steps)
    assert.notDeepEqual(first.steps, sequenceOf(8, 200).steps)
  })
})
