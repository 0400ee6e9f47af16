/** Which accounts transfers are between. */
import type { Dice } from "./Dice.ts"

/**
 * Any two accounts alike; or by Zipf's law with s = 1, where the account of rank n is chosen 1/n times as often as that
 * of rank 1; or account 0 and any other.
 */
export type Spread = "uniform" | "zipf" | "hot"

/** Two different accounts by number, as who pays and who is paid. */
export type Pair = readonly [from: number, to: number]

/** Ranks from 0 to below `count`, by Zipf's law with s = 1. Takes 8 bytes a rank, and log2(count) steps a choice. */
export const zipf = (count: number): ((roll: Dice) => number) => {
  const upTo = new Float64Array(count)
  let sum = 0
  for (let rank = 0; rank < count; rank++) {
    sum += 1 / (rank + 1)
    upTo[rank] = sum
  }
  return (roll) => {
    const chance = (roll(2 ** 32) / 2 ** 32) * sum
    let low = 0
    let high = count - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((upTo[middle] ?? 0) > chance) high = middle
      else low = middle + 1
    }
    return low
  }
}

const choices = (
  count: number,
  spread: Spread
): readonly [one: (roll: Dice) => number, rest: (roll: Dice) => number] => {
  switch (spread) {
    case "uniform":
      return [(roll) => roll(count), (roll) => roll(count - 1)]
    case "zipf":
      return [zipf(count), zipf(count - 1)]
    case "hot":
      return [() => 0, (roll) => roll(count - 1)]
  }
}

/** Chooses pairs of `count` accounts, at least two; the second is chosen like the first, among the others. */
export const pairs = (count: number, spread: Spread): ((roll: Dice) => Pair) => {
  const [choose, chooseOther] = choices(count, spread)
  return (roll) => {
    const one = choose(roll)
    const rank = chooseOther(roll)
    const other = rank < one ? rank : rank + 1
    return roll(2) === 0 ? [one, other] : [other, one]
  }
}
