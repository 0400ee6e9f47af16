/** Chance that is the same in every run: whole numbers from 0 to below `bound`. */
export type Dice = (bound: number) => number

/** Dice of a seed (mulberry32, public domain); good enough to choose accounts, and cheap. */
export const dice = (seed: number): Dice => {
  let state = seed | 0
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound)
  }
}
