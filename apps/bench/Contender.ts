import type { Sample } from "./Sample.ts"

/** Something that is measured. */
export interface Contender {
  readonly name: string
  /** What is done before each measurement and not measured. */
  readonly prepare: () => Promise<void>
  /** Runs for about `seconds` and answers after its last commit. Throws where an answer was not the right one. */
  readonly run: (seconds: number) => Promise<Sample>
}

/** Something that must be true of what was stored. */
export interface Check {
  readonly what: string
  readonly holds: boolean
}
