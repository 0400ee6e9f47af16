/** A seeded generator of numbers: the same seed gives the same numbers everywhere. Not for secrets. */
export interface Dice {
  /** A whole number from 0 to `bound` − 1; `bound` is at most 2^32. */
  readonly below: (bound: number) => number
  /** True in `percent` of 100 cases. */
  readonly chance: (percent: number) => boolean
  readonly pick: <A>(items: readonly [A, ...Array<A>]) => A
  /** One of any number of items; undefined for none. */
  readonly anyOf: <A>(items: ReadonlyArray<A>) => A | undefined
  /** A name, by weights that need not sum to anything. */
  readonly weighted: <A extends string>(weights: Readonly<Record<A, number>>, first: NoInfer<A>) => A
}

/** Mulberry32 (Tommy Ettinger): a Weyl sequence of period 2^32 through a mixing function. */
export const diceOf = (seed: number): Dice => {
  let state = seed >>> 0
  const word = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const below = (bound: number): number => Math.floor((word() / 2 ** 32) * bound)
  return {
    below,
    chance: (percent) => below(10_000) < percent * 100,
    pick: (items) => items[below(items.length)] ?? items[0],
    anyOf: (items) => items[below(items.length)],
    weighted: (weights, first) => {
      let sum = 0
      for (const name in weights) sum += weights[name]
      let left = below(sum)
      for (const name in weights) {
        left -= weights[name]
        if (left < 0) return name
      }
      return first
    }
  }
}
