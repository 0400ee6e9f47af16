import type { Costs, Measured, Round } from "./Rounds.ts"
import { median } from "./Sample.ts"

/** A column of figures: of each contender one a round, or none. */
export interface Column {
  readonly title: string
  readonly value: (sample: Measured, name: string, round: Round) => number | undefined
  readonly format: (value: number) => string
}

const whole = (value: number): string => Math.round(value).toLocaleString("en-US")
const digits = (value: number): string => (value >= 100 ? whole(value) : value.toFixed(value >= 10 ? 1 : 2))

/** How many a second, and how long each took. */
export const rates = (title: string): ReadonlyArray<Column> => [
  { title, value: ({ tps }) => tps, format: whole },
  { title: "p50 ms", value: ({ latencyMsP50 }) => latencyMsP50, format: digits },
  { title: "p99 ms", value: ({ latencyMsP99 }) => latencyMsP99, format: digits }
]

/** How many a second, and how long each took, where that is less than a millisecond. */
export const ratesMicros = (title: string): ReadonlyArray<Column> => [
  { title, value: ({ tps }) => tps, format: whole },
  { title: "p50 µs", value: ({ latencyMsP50 }) => latencyMsP50 * 1000, format: digits },
  { title: "p99 µs", value: ({ latencyMsP99 }) => latencyMsP99 * 1000, format: digits }
]

/** How many times as many a second as the contender that `baseline` names for this one, in the same round. */
export const ratio = (title: string, baseline: (name: string) => string | undefined): Column => ({
  title: `× ${title}`,
  value: ({ tps }, name, round) => {
    const of = round.get(baseline(name) ?? "")
    return of === undefined ? undefined : tps / of.tps
  },
  format: digits
})

/** What each transaction cost. */
export const cost = (title: string, of: keyof Costs): Column => ({
  title,
  value: ({ costs }) => costs[of],
  format: whole
})

/** The median of the rounds, and from the least to the greatest. */
const spread = (values: ReadonlyArray<number>, format: (value: number) => string): string =>
  values.length === 0
    ? "–"
    : `${format(median(values))} (${format(Math.min(...values))}–${format(Math.max(...values))})`

const row = (cells: ReadonlyArray<string>): string => `| ${cells.join(" | ")} |`

/** A markdown table: medians and ranges over the rounds; each ratio is taken within a round first. */
export const table = (
  names: ReadonlyArray<string>,
  rounds: ReadonlyArray<Round>,
  columns: ReadonlyArray<Column>
): string => {
  const cell = (name: string, { value, format }: Column): string => {
    const values = rounds.flatMap((round) => {
      const sample = round.get(name)
      return sample === undefined ? [] : [value(sample, name, round)]
    })
    return spread(
      values.filter((each) => each !== undefined),
      format
    )
  }
  const head = ["contender", ...columns.map(({ title }) => title)]
  const lines = names.map((name) => [name, ...columns.map((column) => cell(name, column))])
  return [row(head), row(head.map((_, index) => (index === 0 ? "---" : "---:"))), ...lines.map(row)].join("\n")
}
