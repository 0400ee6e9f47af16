import type { Measured, Round } from "./Rounds.ts"
import { median } from "./Sample.ts"

/** Which contenders the others are compared with, as columns. */
export interface Baseline {
  readonly title: string
  readonly name: string
}

const whole = (value: number): string => Math.round(value).toLocaleString("en-US")
const digits = (value: number): string => (value >= 100 ? whole(value) : value.toFixed(value >= 10 ? 1 : 2))

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
  baselines: ReadonlyArray<Baseline>
): string => {
  const each = (name: string, value: (sample: Measured, round: Round) => number | undefined): ReadonlyArray<number> =>
    rounds.flatMap((round) => {
      const sample = round.get(name)
      const found = sample === undefined ? undefined : value(sample, round)
      return found === undefined ? [] : [found]
    })
  const ratio = (baseline: string) => (sample: Measured, round: Round) => {
    const of = round.get(baseline)
    return of === undefined ? undefined : sample.tps / of.tps
  }
  const head = [
    "contender",
    "tps",
    "p50 ms",
    "p99 ms",
    ...baselines.map(({ title }) => `× ${title}`),
    "WAL bytes per transaction"
  ]
  const lines = names.map((name) => [
    name,
    spread(
      each(name, ({ tps }) => tps),
      whole
    ),
    spread(
      each(name, ({ latencyMsP50 }) => latencyMsP50),
      digits
    ),
    spread(
      each(name, ({ latencyMsP99 }) => latencyMsP99),
      digits
    ),
    ...baselines.map((baseline) => spread(each(name, ratio(baseline.name)), digits)),
    spread(
      each(name, ({ walBytesPerTransaction }) => walBytesPerTransaction),
      whole
    )
  ])
  return [row(head), row(head.map((_, index) => (index === 0 ? "---" : "---:"))), ...lines.map(row)].join("\n")
}
