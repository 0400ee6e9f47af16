import assert from "node:assert/strict"
import { test } from "node:test"
import { createDatabase } from "../postgres.ts"
import { domainSubject } from "./DomainSubject.ts"
import { memorySubject, postgresSubject, runLong } from "./long.ts"
import type { Subject } from "./Observation.ts"
import { printed } from "./Tally.ts"

const agree = async (subject: Subject, commands: number, seed: number): Promise<void> => {
  const { tally, differs } = await runLong(subject, commands, seed, console.log)
  console.log(`from seed ${seed}: ${printed(tally)}`)
  assert.ok(!differs)
}

const newSeed = (): number => crypto.getRandomValues(new Uint32Array(1))[0] ?? 0

test("the rules answer 100,000 requests of new seeds as the model does", () => agree(domainSubject, 100_000, newSeed()))

test("the ledger in memory answers 50,000 requests of new seeds as the model does", () =>
  agree(memorySubject, 50_000, newSeed()))

test("the ledger in PostgreSQL answers 6,000 requests as the model does", async () => {
  const database = await createDatabase()
  try {
    await agree(postgresSubject(database.url), 6000, 1)
  } finally {
    await database.drop()
  }
})
