import type { AccountId } from "../../../domain/ids/index.ts"
import { LedgerAccount } from "../../../domain/ledger/index.ts"
import { Currency, Money } from "../../../domain/money/index.ts"
import type { Dice } from "./Dice.ts"
import * as Model from "./Model.ts"
import { accountId } from "./Step.ts"

/**
 * What a sequence is about. `everyday`: all commands; `retries`: many requests sent again; `whales`: the bank's own
 * accounts at the limit of 64 bits; `storm`: more holds than any sweep takes at once, expiring together.
 */
export type Theme = "everyday" | "retries" | "whales" | "storm"

/** Where a sequence draws its accounts and amounts from. */
export interface World {
  readonly random: Dice
  readonly theme: Theme
  readonly model: Model.Model
  /** The numbers of the accounts in use now: a window that moves on, because closed accounts stay closed. */
  readonly numbers: ReadonlyArray<number>
}

export const usd = Currency.Code.make("USD")
export const currencies = [usd, Currency.Code.make("JPY"), Currency.Code.make("EUR")] as const

/** What the account of a number most often is, so that most accounts of most transactions go together. */
export const likely = (theme: Theme, number: number) => {
  const kind: LedgerAccount.Kind =
    theme === "whales" ? (number === 3 ? "customer" : "internal") : number % 3 === 0 ? "internal" : "customer"
  const debitNormal = kind === "internal" ? number % 2 === 0 : number % 8 === 5
  const currency = theme !== "whales" && number % 7 === 2 ? currencies[1] : number % 7 === 4 ? currencies[2] : usd
  return { kind, currency, normalSide: debitNormal ? "debit" : "credit" } as const
}

/** An account id that no sequence opens. */
export const strangerId = (random: Dice): AccountId => accountId(1_000_000 + random.below(3))

/** The ids of the world's accounts that exist and, as far as `matches` says, fit. */
export const openIds = (
  { model, numbers }: World,
  matches: (settings: Model.Settings) => boolean = () => true
): ReadonlyArray<AccountId> =>
  numbers.map(accountId).filter((id) => {
    const settings = model.accounts.get(id)
    return settings !== undefined && matches(settings)
  })

/** An account of the world: nearly always one that exists and is not closed, fits and is in the currency. */
export const anyAccount = (
  world: World,
  currency?: Currency.Code,
  matches: (each: Model.Settings) => boolean = () => true
): AccountId => {
  const { random } = world
  if (random.chance(1.5)) return strangerId(random)
  if (random.chance(4)) return accountId(random.anyOf(world.numbers) ?? 0)
  const sameCurrency = (each: Model.Settings): boolean => currency === undefined || each.currency === currency
  const fitting = openIds(world, (each) => !each.closed && sameCurrency(each) && matches(each))
  return random.anyOf(fitting) ?? random.anyOf(openIds(world, sameCurrency)) ?? strangerId(random)
}

/** The currency that belongs to the account, rarely another. */
export const currencyFor = ({ random, model }: World, id: AccountId): Currency.Code =>
  random.chance(2) ? random.pick(currencies) : (model.accounts.get(id)?.currency ?? usd)

/** What the account has available, at least nothing. */
export const availableOf = ({ model }: World, id: AccountId): bigint => {
  const account = Model.accountOf(model, id)
  return account === undefined ? 0n : Model.availableOf(account)
}

/** How much the account's turnover on a side may still grow. */
export const roomOf = ({ model }: World, id: AccountId, side: "debit" | "credit"): bigint => {
  const account = Model.accountOf(model, id)
  if (account === undefined) return 0n
  return LedgerAccount.balanceMinorMax - (side === "debit" ? account.postedDebits : account.postedCredits)
}

const clamp = (minor: bigint): bigint => (minor < 1n ? 1n : minor > Money.amountMinorMax ? Money.amountMinorMax : minor)

/** From 1 to below 10^digits minor units, every order of magnitude as likely. */
export const magnitude = (random: Dice, digits: number): bigint =>
  1n + BigInt(random.below(10 ** (1 + random.below(digits)) - 1))

/** Minor units that a command may move: of any size, and often just what `hint` says, one more or one less. */
export const minorOf = ({ random, theme }: World, hint: bigint): bigint => {
  const digits = theme === "storm" ? 1 : 6
  const choice = random.weighted(
    { any: 45, exact: 12, over: 8, under: 8, half: 15, huge: theme === "whales" ? 60 : 3 },
    "any"
  )
  switch (choice) {
    case "any":
      return magnitude(random, digits)
    case "exact":
      return clamp(hint)
    case "over":
      return clamp(hint + 1n)
    case "under":
      return clamp(hint - 1n)
    case "half":
      return clamp(hint / 2n)
    case "huge":
      return Money.amountMinorMax - BigInt(random.below(3))
  }
}
