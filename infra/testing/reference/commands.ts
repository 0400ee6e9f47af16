/** Dice commands, most of them sensible, each rule's border hit often. */
import { Instant, LocalDate } from "../../../domain/calendar/index.ts"
import type { HoldId, TransactionId } from "../../../domain/ids/index.ts"
import type { Command, Transaction } from "../../../domain/ledger/index.ts"
import { Money } from "../../../domain/money/index.ts"
import type { Dice } from "./Dice.ts"
import { randomLegs } from "./legs.ts"
import * as Model from "./Model.ts"
import { accountId, holdId, linkedMax, transactionId } from "./Step.ts"
import {
  anyAccount,
  availableOf,
  currencies,
  currencyFor,
  likely,
  magnitude,
  minorOf,
  openIds,
  roomOf,
  type World
} from "./World.ts"

const millisPerDay = 86_400_000

const texts = ["rent", "Café ☕ 10:30", "", "ünï — cøde", "x".repeat(140)] as const

const memo = (random: Dice) => ({
  ...(random.chance(20) ? { description: random.pick(texts) } : {}),
  ...(random.chance(15) ? { metadata: { order: String(random.below(5)), channel: random.pick(["web", "pos"]) } } : {})
})

const dated = (random: Dice, now: Instant.Instant) =>
  random.chance(15) ? { valueDate: LocalDate.addDays(LocalDate.fromInstant(now), random.below(800) - 400) } : {}

const overdraft = (random: Dice): bigint => random.pick([0n, 0n, magnitude(random, 6), Money.amountMinorMax])

const openAccount = (world: World): Command.OpenAccount => {
  const { random, model, numbers, theme } = world
  const fresh = numbers.filter((number) => !model.accounts.has(accountId(number)))
  const number = (random.chance(85) ? random.anyOf(fresh) : undefined) ?? random.anyOf(numbers) ?? 0
  const usual = likely(theme, number)
  const currency = random.chance(3) ? random.pick(currencies) : usual.currency
  return {
    _tag: "OpenAccount",
    accountId: accountId(number),
    kind: random.chance(3) ? random.pick(["customer", "internal"]) : usual.kind,
    currency,
    normalSide: random.chance(3) ? random.pick(["debit", "credit"]) : usual.normalSide,
    overdraftLimit: Money.make(random.chance(60) ? 0n : overdraft(random), currency),
    revision: random.below(3)
  }
}

const revisionFor = ({ random, model }: World, id: Command.ConfigureAccount["accountId"]): number =>
  (model.accounts.get(id)?.revision ?? 0) + random.pick([-1, 0, 1, 1, 1, 2])

const configureAccount = (world: World): Command.ConfigureAccount => {
  const { random } = world
  const id = anyAccount(world)
  return {
    _tag: "ConfigureAccount",
    accountId: id,
    overdraftLimit: Money.make(overdraft(random), currencyFor(world, id)),
    restriction: random.chance(world.theme === "whales" ? 98 : 60)
      ? "none"
      : random.pick(["none", "debits", "credits", "both"]),
    revision: revisionFor(world, id)
  }
}

const closeAccount = (world: World): Command.CloseAccount => {
  const { random, numbers } = world
  const oldest = accountId(numbers[0] ?? 0)
  const id = random.chance(40) && openIds(world).includes(oldest) ? oldest : anyAccount(world)
  const currency = currencyFor(world, id)
  const sweepTo = random.chance(4) ? id : random.chance(10) ? anyAccount(world) : anyAccount(world, currency)
  return {
    _tag: "CloseAccount",
    accountId: id,
    revision: revisionFor(world, id),
    ...(random.chance(25) ? {} : { sweepTo })
  }
}

const kinds = ["transfer", "deposit", "withdrawal", "journal"] as const

const post = (world: World, now: Instant.Instant): Command.Post => ({
  _tag: "Post",
  kind: world.random.pick(kinds),
  legs: randomLegs(world),
  ...dated(world.random, now),
  ...memo(world.random)
})

const authorize = (world: World, now: Instant.Instant, stormAt: Instant.Instant): Command.Authorize => {
  const { random, theme } = world
  const isStorm = theme === "storm"
  const from = anyAccount(world, undefined, (each) => !isStorm || each.kind === "internal")
  const currency = currencyFor(world, from)
  const to = anyAccount(world, currency, (each) => each.id !== from || random.chance(10))
  const hint = theme === "whales" ? roomOf(world, from, "debit") : availableOf(world, from)
  const soon = [1 + random.below(10_000), 1 + random.below(4 * millisPerDay), -random.below(2)] as const
  const expiresAt = isStorm
    ? stormAt
    : Instant.addMillis(now, random.chance(90) ? random.pick(soon) : 30 * millisPerDay)
  return {
    _tag: "Authorize",
    debitAccountId: from,
    creditAccountId: to,
    amount: Money.make(minorOf(world, hint), currency),
    ...(random.chance(isStorm ? 3 : 40) ? {} : { expiresAt }),
    ...memo(random)
  }
}

/** The last so many keys of a map, newest last. */
const lastKeys = <K>(map: ReadonlyMap<K, unknown>, count: number): ReadonlyArray<K> => [...map.keys()].slice(-count)

/**
 * The index of a step that made no such thing, or maybe did, and never one still to come: a ledger chooses its own ids, so
 * that a retry of what named the future would be sent with another id than at first.
 */
const strayIndex = ({ random, model }: World): number =>
  random.chance(50) ? 900_000 : random.below(Math.max(1, model.answers.size))

const anyHold = (world: World): HoldId => {
  const { random, model } = world
  const recent = lastKeys(model.holds, 200)
  const open = recent.filter((id) => model.holds.get(id)?.status === "authorized")
  if (random.chance(4)) return holdId(strayIndex(world))
  return (random.chance(80) ? random.anyOf(open) : undefined) ?? random.anyOf(recent) ?? holdId(900_000)
}

const capture = (world: World, now: Instant.Instant): Command.Capture => {
  const { random, model } = world
  const id = anyHold(world)
  const hold = model.holds.get(id)
  const rest = hold === undefined ? 1n : hold.amount.minor - hold.captured.minor
  const currency = random.chance(4) || hold === undefined ? random.pick(currencies) : hold.amount.currency
  return {
    _tag: "Capture",
    holdId: id,
    keepRest: random.chance(50),
    ...(random.chance(40) ? {} : { amount: Money.make(minorOf(world, rest), currency) }),
    ...dated(random, now),
    ...memo(random)
  }
}

const anyTransaction = (world: World): TransactionId => {
  const { random, model } = world
  const recent = lastKeys(model.transactions, 60)
  if (random.chance(4)) return transactionId(strayIndex(world))
  const reversed = recent.map((id) => model.transactions.get(id)?.reverses).filter((id) => id !== undefined)
  return (random.chance(25) ? random.anyOf(reversed) : undefined) ?? random.anyOf(recent) ?? transactionId(900_000)
}

const restOf = ({ model }: World, original: Transaction.Transaction | undefined): bigint => {
  const whole = original?.entries[0]?.amount.minor ?? 1n
  return original === undefined ? whole : whole - Model.reversedOf(model, original.id)
}

const reverse = (world: World, now: Instant.Instant): Command.Reverse => {
  const { random, model } = world
  const id = anyTransaction(world)
  const original = model.transactions.get(id)
  const usual = original?.entries[0]?.amount.currency
  const currency = usual === undefined || random.chance(4) ? random.pick(currencies) : usual
  return {
    _tag: "Reverse",
    transactionId: id,
    ...(random.chance(45) ? {} : { amount: Money.make(minorOf(world, restOf(world, original)), currency) }),
    ...dated(random, now),
    ...memo(random)
  }
}

type Times = readonly [now: Instant.Instant, stormAt: Instant.Instant]

const linkable = (world: World, [now, stormAt]: Times): Command.Linkable => {
  const tag = world.random.weighted({ Post: 60, Authorize: 14, Capture: 12, Release: 4, Reverse: 10 }, "Post")
  switch (tag) {
    case "Post":
      return post(world, now)
    case "Authorize":
      return authorize(world, now, stormAt)
    case "Capture":
      return capture(world, now)
    case "Release":
      return { _tag: "Release", holdId: anyHold(world) }
    case "Reverse":
      return reverse(world, now)
  }
}

/** Mostly few, so that often all are accepted; all made up before any is done, so that they get in each other's way. */
const linked = (world: World, times: Times): Command.Linked => {
  const { random } = world
  const length = 1 + random.below(random.chance(90) ? 4 : linkedMax)
  return { _tag: "Linked", commands: Array.from({ length }, () => linkable(world, times)) }
}

/** A random command. `stormAt` is when the holds of a storm expire. */
export const randomCommand = (world: World, now: Instant.Instant, stormAt: Instant.Instant): Command.Command => {
  const { theme, random, numbers } = world
  const isYoung = openIds(world).length < numbers.length / 2
  const tag = random.weighted(
    {
      OpenAccount: isYoung ? 60 : 5,
      ConfigureAccount: 6,
      // The few accounts that come to the limit of 64 bits take the whole sequence to get there.
      CloseAccount: theme === "whales" ? 0 : 4,
      Post: 40,
      Authorize: theme === "storm" ? 600 : 15,
      Capture: 14,
      Release: 4,
      Reverse: 12,
      Linked: theme === "whales" ? 2 : 12
    },
    "Post"
  )
  switch (tag) {
    case "OpenAccount":
      return openAccount(world)
    case "ConfigureAccount":
      return configureAccount(world)
    case "CloseAccount":
      return closeAccount(world)
    case "Post":
      return post(world, now)
    case "Authorize":
      return authorize(world, now, stormAt)
    case "Capture":
      return capture(world, now)
    case "Release":
      return { _tag: "Release", holdId: anyHold(world) }
    case "Reverse":
      return reverse(world, now)
    case "Linked":
      return linked(world, [now, stormAt])
  }
}
