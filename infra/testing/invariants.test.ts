import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { test } from "node:test"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../../", import.meta.url))

const testNames = (folder: string): ReadonlyArray<string> =>
  readdirSync(`${root}${folder}`, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) => readFileSync(`${root}${folder}/${file}`, "utf8").match(/\btest\(\s*["'`][^\n]+/g) ?? [])

test("every invariant of domain/README.md is named by a test", () => {
  const invariants = readFileSync(`${root}domain/README.md`, "utf8").match(/^\| INV-\d+/gm) ?? []
  assert.ok(invariants.length >= 41)
  const names = [...testNames("domain"), ...testNames("adapters/contract")]
  const missing = invariants
    .map((line) => line.slice(2))
    .filter((invariant) => !names.some((name) => new RegExp(`${invariant}\\b`).test(name)))
  assert.deepEqual(missing, [])
})
