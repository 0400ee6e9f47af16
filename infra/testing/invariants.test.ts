import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { test } from "node:test"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../../", import.meta.url))

/** The strings of a folder's tests and suites that begin with invariants: the names of tests, written out or in a table. */
const named = (folder: string): ReadonlyArray<string> =>
  readdirSync(`${root}${folder}`, { recursive: true, encoding: "utf8" })
    .filter((file) => /(\.test|Specs)\.ts$/u.test(file))
    .flatMap((file) => readFileSync(`${root}${folder}/${file}`, "utf8").match(/["'`]INV-\d+[^"'`]*["'`]/gu) ?? [])

test("every invariant of domain/README.md is named by a test", () => {
  const invariants = readFileSync(`${root}domain/README.md`, "utf8").match(/^\| INV-\d+/gm) ?? []
  assert.ok(invariants.length >= 41)
  const names = [...named("domain"), ...named("adapters/contract")]
  const missing = invariants
    .map((line) => line.slice(2))
    .filter((invariant) => !names.some((name) => new RegExp(`${invariant}\\b`).test(name)))
  assert.deepEqual(missing, [])
})
