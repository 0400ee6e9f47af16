/** Counts of what was reached: places of faults, and what followed from them. */
import type { Kind } from "./Plan.ts"
import { className, phases, sides, type Trap, wheres } from "./Trap.ts"

/** What happened in runs besides faults; each must happen in a long series. */
const facts = [
  "takeovers with requests under way",
  "takeovers at the same time as another",
  "paused writers with requests under way that woke after a takeover",
  "killed writers with requests under way",
  "requests that a fenced writer refused",
  "requests sent again after no answer",
  "requests found done though nobody had said so",
  "answers to requests that had been given up",
  "rejections",
  "conflicts"
] as const
export type Fact = (typeof facts)[number]

export interface Tally {
  readonly runs: Map<Kind, number>
  /** By the class of the fault. */
  readonly classes: Map<string, number>
  /** By the message at which it struck. */
  readonly points: Map<string, number>
  readonly facts: Map<Fact, number>
}

export const emptyTally = (): Tally => ({ runs: new Map(), classes: new Map(), points: new Map(), facts: new Map() })

export const count = <K>(counts: Map<K, number>, key: K, by = 1): void =>
  void (by > 0 && counts.set(key, (counts.get(key) ?? 0) + by))

export const countSprung = (tally: Tally, trap: Trap, message: number, letter: string): void => {
  count(tally.classes, className(trap))
  const { fault, phase, from, where } = trap
  count(tally.points, `${fault} ${where} message ${message} (${letter}) of ${phase} from the ${from}`)
}

/** Runs from which on every class must have been reached. */
export const completeRuns = 500

const places = (fault: Trap["fault"], of: ReadonlyArray<Trap["phase"]>, from: ReadonlyArray<Trap["from"]>) =>
  of.flatMap((phase) => from.flatMap((side) => wheres.map((where) => className({ fault, phase, from: side, where }))))

const classesWanted: ReadonlyArray<string> = [
  ...places("cut", phases, sides),
  ...places("pause", ["append", "lookup"], sides),
  ...places("kill", ["append", "lookup"], sides),
  ...places("late", ["append"], ["writer"]),
  ...places("hole", ["append"], sides),
  // A takeover that is done, and its writer does not learn of it.
  className({ fault: "hole", phase: "takeover", from: "server", where: "before" }),
  className({ fault: "hole", phase: "takeover", from: "server", where: "within" })
]

/** Classes and facts that a complete series must have and this one lacks. */
export const missing = (tally: Tally): ReadonlyArray<string> => [
  ...classesWanted.filter((each) => !tally.classes.has(each)),
  ...facts.filter((each) => !tally.facts.has(each))
]

const lines = (counts: ReadonlyMap<string, number>): ReadonlyArray<string> =>
  [...counts].sort(([left], [right]) => (left < right ? -1 : 1)).map(([name, times]) => `  ${name}: ${times} times`)

/** The counts as text, a line each. */
export const printed = ({ runs, points, facts: happened }: Tally): string =>
  ["faults:", ...lines(points), "what happened:", ...lines(happened), "runs:", ...lines(runs)].join("\n")
