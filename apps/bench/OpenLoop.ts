/**
 * An open loop: requests arrive at a fixed rate, whether or not others were answered, and a latency counts from the time
 * at which its request was to arrive. So a server that stalls is charged for everybody who had to wait meanwhile.
 */

/** When requests are to arrive, in milliseconds since the start. */
export interface Arrivals {
  /** How many there are in all. */
  readonly count: number
  /** When the n-th arrives; the first at 0. */
  readonly atMs: (n: number) => number
  /** How many have arrived by then. */
  readonly by: (elapsedMs: number) => number
}

/** Arrivals at even distances, for so many seconds. */
export const arrivals = (perSecond: number, seconds: number): Arrivals => {
  const count = Math.ceil(perSecond * seconds)
  return {
    count,
    atMs: (n) => (n * 1000) / perSecond,
    by: (elapsedMs) => Math.min(count, Math.floor((elapsedMs * perSecond) / 1000) + 1)
  }
}
