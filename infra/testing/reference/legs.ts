/** Dice legs of transactions: plain, netting, of several currencies, wide, unbalanced, and at the limit of 64 bits. */
import type { AccountId } from "../../../domain/ids/index.ts"
import { Command, opposite, type Side } from "../../../domain/ledger/index.ts"
import { type Currency, Money } from "../../../domain/money/index.ts"
import {
  anyAccount,
  availableOf,
  currencies,
  currencyFor,
  magnitude,
  minorOf,
  openIds,
  roomOf,
  usd,
  type World
} from "./World.ts"

type Legs = ReadonlyArray<Command.Leg>

const leg = (accountId: AccountId, side: Side, minor: bigint, currency: Currency.Code): Command.Leg => ({
  accountId,
  side,
  amount: Money.make(minor, currency)
})

const pair = (from: AccountId, to: AccountId, minor: bigint, currency: Currency.Code): Legs => [
  leg(from, "debit", minor, currency),
  leg(to, "credit", minor, currency)
]

const transfer = (world: World): Legs => {
  const from = anyAccount(world)
  const currency = currencyFor(world, from)
  return pair(from, anyAccount(world, currency), minorOf(world, availableOf(world, from)), currency)
}

const deposit = (world: World): Legs => {
  const to = anyAccount(world, undefined, (each) => each.kind === "customer")
  const currency = currencyFor(world, to)
  const from = anyAccount(world, currency, (each) => each.kind === "internal")
  return pair(from, to, magnitude(world.random, 8), currency)
}

/** One account against several, or several entries of few accounts that net out in part. */
const split = (world: World, parts: number): Legs => {
  const { random } = world
  const hub = anyAccount(world)
  const currency = currencyFor(world, hub)
  const side = random.pick<Side>(["debit", "credit"])
  const shares = Array.from({ length: parts }, () => magnitude(random, 5))
  const legs = shares.map((minor) => leg(anyAccount(world, currency), opposite(side), minor, currency))
  const sum = shares.reduce((total, minor) => total + minor, 0n)
  return random.chance(50) ? [leg(hub, side, sum, currency), ...legs] : [...legs, leg(hub, side, sum, currency)]
}

const exchange = (world: World): Legs => {
  const { random } = world
  const [sold, bought] = [random.pick(currencies), random.pick(currencies)]
  const [from, to] = [anyAccount(world, sold), anyAccount(world, bought)]
  const paid = minorOf(world, availableOf(world, from))
  return [
    ...pair(from, anyAccount(world, sold), paid, sold),
    ...pair(anyAccount(world, bought), to, magnitude(random, 6), bought)
  ]
}

const unbalanced = (world: World): Legs => {
  const legs = world.random.chance(50) ? transfer(world) : exchange(world)
  const wrong = world.random.below(legs.length)
  return legs.map((each, index) => {
    if (index !== wrong) return each
    const minor = each.amount.minor === 1n ? 2n : each.amount.minor - 1n
    return { ...each, amount: Money.make(minor, each.amount.currency) }
  })
}

const least = (left: bigint, right: bigint): bigint => {
  if (left < right) return left
  return right
}

/** Legs of at most the largest amount that sum to `total`. */
const fill = (id: AccountId, side: Side, total: bigint, currency: Currency.Code): Array<Command.Leg> => {
  const legs: Array<Command.Leg> = []
  for (let left = total; left > 0n; left -= Money.amountMinorMax) {
    legs.push(leg(id, side, least(left, Money.amountMinorMax), currency))
  }
  return legs
}

/** As much as one transaction can move, or just what brings an account to the limit of 64 bits, or one unit beyond. */
const brim = (world: World): Legs => {
  const { random } = world
  // It takes 9,224 of the largest amounts to fill one side of one account, so one account gets most of them.
  const from = random.chance(85) ? openIds(world)[0] : undefined
  const [debited, currency] = from === undefined ? [anyAccount(world), usd] : [from, currencyFor(world, from)]
  const to = anyAccount(world, currency)
  const most = Money.amountMinorMax * BigInt(Command.legsMax / 2)
  const rooms = [roomOf(world, debited, "debit"), roomOf(world, to, "credit")]
  const room = rooms.reduce(least, most)
  const wanted = room === most ? most - BigInt(random.below(1000)) : room + BigInt(random.below(2))
  const total = wanted < 1n ? 1n : least(wanted, most)
  return [...fill(debited, "debit", total, currency), ...fill(to, "credit", total, currency)]
}

/** The legs of a random transaction: 2 to 500 of them. */
export const randomLegs = (world: World): Legs => {
  const { random, theme } = world
  const isWhale = theme === "whales"
  const shape = random.weighted(
    { transfer: 40, deposit: 25, itself: 2, split: 8, wide: 1, exchange: 8, unbalanced: 4, brim: isWhale ? 60 : 0 },
    "transfer"
  )
  switch (shape) {
    case "transfer":
      return transfer(world)
    case "deposit":
      return deposit(world)
    case "itself": {
      const id = anyAccount(world)
      return pair(id, id, minorOf(world, availableOf(world, id)), currencyFor(world, id))
    }
    case "split":
      return split(world, 2 + random.below(5))
    case "wide":
      return split(world, 10 + random.below(Command.legsMax - 10))
    case "exchange":
      return exchange(world)
    case "unbalanced":
      return unbalanced(world)
    case "brim":
      return brim(world)
  }
}
