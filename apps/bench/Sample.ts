/** What one contender did in one round: only what was committed and acknowledged counts. */
export interface Sample {
  readonly committed: number
  readonly tps: number
  readonly latencyMsP50: number
  readonly latencyMsP99: number
}

/** The value below which the share `q` of the values lies (nearest rank); NaN of nothing. */
const quantile = (ascending: Float64Array, q: number): number =>
  ascending[Math.max(0, Math.ceil(q * ascending.length) - 1)] ?? Number.NaN

/** The middle value, or the mean of the two in the middle; NaN of nothing. */
export const median = (values: ReadonlyArray<number>): number => {
  const ascending = Float64Array.from(values).sort()
  const low = ascending[Math.floor((ascending.length - 1) / 2)] ?? Number.NaN
  const high = ascending[Math.floor(ascending.length / 2)] ?? Number.NaN
  return (low + high) / 2
}

/** A sample of `committed` transactions in `seconds`, with the time that each took. */
export const sampleOf = (committed: number, seconds: number, latenciesMs: ReadonlyArray<number>): Sample => {
  const ascending = Float64Array.from(latenciesMs).sort()
  return {
    committed,
    tps: committed / seconds,
    latencyMsP50: quantile(ascending, 0.5),
    latencyMsP99: quantile(ascending, 0.99)
  }
}
