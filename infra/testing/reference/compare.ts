import { canonical } from "./canonical.ts"
import type { Observation, Subject } from "./Observation.ts"
import { expectedOf } from "./Observation.ts"
import type { Step } from "./Step.ts"

/** Where a ledger does not do what the model does. `index` is the step, or -1 for what it holds at the end. */
export interface Difference {
  readonly index: number
  readonly what: string
  readonly expected: string
  readonly actual: string
}

/** Runs of the subject that shrinking may cost. */
const shrinkRunsMax = 600

/** And how long it may take. */
const shrinkMillisMax = 60_000

/** Steps of a shrunk sequence that a report prints, the last ones. */
const stepsPrintedMax = 25

const absent = "(nothing)"

const firstDifference = (expected: Observation, actual: Observation): Difference | undefined => {
  for (let index = 0; index < Math.max(expected.answers.length, actual.answers.length); index++) {
    const [wanted = absent, given = absent] = [expected.answers[index], actual.answers[index]]
    if (wanted !== given) return { index, what: "answer", expected: wanted, actual: given }
  }
  for (const what of new Set([...expected.state.keys(), ...actual.state.keys()])) {
    const [wanted = absent, given = absent] = [expected.state.get(what), actual.state.get(what)]
    if (wanted !== given) return { index: -1, what, expected: wanted, actual: given }
  }
  return undefined
}

/** The first difference between what is expected and the subject on these steps; one that crashes differs, too. */
export const compare = async (
  steps: ReadonlyArray<Step>,
  subject: Subject,
  expected = expectedOf(steps)
): Promise<Difference | undefined> => {
  try {
    return firstDifference(expected, await subject(steps))
  } catch (error) {
    const actual = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return { index: -1, what: "crash", expected: "no crash", actual }
  }
}

/** The steps up to the first difference, without those that it does not need: a short sequence that still differs. */
export const shrink = async (steps: ReadonlyArray<Step>, subject: Subject): Promise<ReadonlyArray<Step>> => {
  const found = await compare(steps, subject)
  let current = found === undefined || found.index < 0 ? steps : steps.slice(0, found.index + 1)
  const started = performance.now()
  let runs = 0
  for (let size = Math.ceil(current.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let start = current.length - size; start > -size; start -= size) {
      const shorter = [...current.slice(0, Math.max(0, start)), ...current.slice(start + size)]
      if (shorter.length === current.length) continue
      if (runs === shrinkRunsMax || performance.now() - started > shrinkMillisMax) return current
      runs += 1
      if ((await compare(shorter, subject)) !== undefined) current = shorter
    }
  }
  return current
}

/** Text for people about a difference: seed, step, both results, and a short sequence that shows it. */
export const report = async (seed: number, steps: ReadonlyArray<Step>, subject: Subject, found: Difference) => {
  const short = await shrink(steps, subject)
  const again = await compare(short, subject)
  const lines = short
    .map(({ key, command, occasion }, index) => `  ${index}. at ${occasion.now} ${key}: ${canonical(command)}`)
    .slice(-stepsPrintedMax)
  return [
    `seed ${seed}, step ${found.index}, ${found.what}`,
    `model:  ${found.expected}`,
    `ledger: ${found.actual}`,
    `shrunk to ${short.length} of ${steps.length} steps:`,
    ...lines,
    `  differs at step ${again?.index}, ${again?.what}`,
    `  model:  ${again?.expected}`,
    `  ledger: ${again?.actual}`
  ].join("\n")
}
