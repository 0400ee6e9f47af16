import { Schema } from "effect"

/** Something stored that is not what was written: `place` names the row, `detail` what is wrong with it. */
export const Finding = Schema.Struct({ place: Schema.String, detail: Schema.String })
export type Finding = typeof Finding.Type

/** Takes findings, and says when there are so many that more would tell nothing new. */
export interface Findings {
  readonly add: (place: string, detail: string) => void
  readonly all: () => ReadonlyArray<Finding>
  readonly isFull: () => boolean
}

/** Findings that one verification reports at most. */
const reportedMax = 100

export const findings = (): Findings => {
  const found: Array<Finding> = []
  return {
    add: (place, detail) => {
      if (found.length < reportedMax) found.push({ place, detail })
    },
    all: () => found,
    isFull: () => found.length >= reportedMax
  }
}
