import { stripVTControlCharacters } from "node:util"

/** How many tests of a run passed, failed and were skipped. */
export interface Tally {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** Adds tallies up. */
export const total = (tallies: ReadonlyArray<Tally>): Tally =>
  tallies.reduce(
    (sum, each) => ({
      passed: sum.passed + each.passed,
      failed: sum.failed + each.failed,
      skipped: sum.skipped + each.skipped
    }),
    { passed: 0, failed: 0, skipped: 0 }
  )

/** The closing line of a run; skipped tests are named only when there are some. */
export const closingLine = ({ passed, failed, skipped }: Tally): string =>
  `${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`

/** A run that ended badly without a failed test to show for it, or without any test, counts as one failure. */
const settle = (code: number, tally: Tally): Tally =>
  tally.failed === 0 && (code !== 0 || tally.passed === 0) ? { ...tally, failed: 1 } : tally

const lastNumber = (output: string, pattern: RegExp): number => Number([...output.matchAll(pattern)].at(-1)?.[1] ?? 0)

/** Reads the summary that `bun test` prints: ` 4 pass`, ` 1 skip`, ` 2 fail`; a file that does not load is a fail. */
export const tallyBun = (code: number, output: string): Tally => {
  const text = stripVTControlCharacters(output)
  return settle(code, {
    passed: lastNumber(text, /^ *(\d+) pass$/gmu),
    failed: lastNumber(text, /^ *(\d+) fail$/gmu),
    skipped: lastNumber(text, /^ *(\d+) skip$/gmu) + lastNumber(text, /^ *(\d+) todo$/gmu)
  })
}

/** Reads the summary of Node's spec reporter: `ℹ pass 4`, `ℹ fail 2`, `ℹ cancelled 0`, `ℹ skipped 1`. */
export const tallyNode = (code: number, output: string): Tally => {
  const text = stripVTControlCharacters(output)
  return settle(code, {
    passed: lastNumber(text, /^ℹ pass (\d+)$/gmu),
    failed: lastNumber(text, /^ℹ fail (\d+)$/gmu) + lastNumber(text, /^ℹ cancelled (\d+)$/gmu),
    skipped: lastNumber(text, /^ℹ skipped (\d+)$/gmu) + lastNumber(text, /^ℹ todo (\d+)$/gmu)
  })
}

/**
 * Reads the JUnit report of `deno test`, whose printed summary counts a `describe` as a test. A case is a describe when
 * another case's name continues its own: `a`, `a > one`.
 */
export const tallyDeno = (code: number, junit: string): Tally => {
  const cases = [...junit.matchAll(/<testcase name="([^"]*)"[^>]*?(?:\/>|>(.*?)<\/testcase>)/gsu)].map((match) => ({
    name: match[1] ?? "",
    body: match[2] ?? ""
  }))
  const parents = new Set(
    cases.flatMap(({ name }) => {
      const parts = name.split(" &gt; ")
      return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join(" &gt; "))
    })
  )
  const leaves = cases.filter(({ name }) => !parents.has(name))
  const failed = leaves.filter(({ body }) => /<(failure|error)\b/u.test(body)).length
  const skipped = leaves.filter(({ body }) => /<skipped\b/u.test(body)).length
  return settle(code, { passed: leaves.length - failed - skipped, failed, skipped })
}
