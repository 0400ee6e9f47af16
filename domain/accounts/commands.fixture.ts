import { Result } from "effect"
import type { Instant } from "../calendar/index.ts"
import { Money } from "../money/index.ts"
import * as Account from "./Account.ts"
import * as Example from "./examples.ts"
import * as Product from "./Product.ts"

const { now, usd } = Example

/** An overdraft limit of the examples. */
export const limit = (minor: bigint, currency = usd) => Money.make(minor, currency)

interface Options {
  readonly expectedVersion?: number
  readonly to?: typeof Example.accountId
  readonly overdraftLimit?: Money.Money
  readonly lastActivityAt?: Instant.Instant
  readonly products?: Product.Catalogue
}

/** Runs a command by name, with fields that every account of the examples accepts unless `options` say otherwise. */
export const run = (
  account: Account.Account,
  name: Account.CommandName,
  options: Options = {}
): Result.Result<Account.Accepted, Account.Rejection> => {
  const { expectedVersion, to = Example.otherAccountId, products = Product.builtIn } = options
  const plain = expectedVersion === undefined ? {} : { expectedVersion }
  const lapse = { ...plain, lastActivityAt: options.lastActivityAt ?? Example.openedAt }
  switch (name) {
    case "approve":
      return Account.approve(account, plain, now)
    case "activate":
      return Account.activate(account, plain, now)
    case "cancel":
      return Account.cancel(account, plain, now)
    case "freeze":
      return Account.freeze(account, { ...plain, freeze: "debits" }, now)
    case "unfreeze":
      return Account.unfreeze(account, plain, now)
    case "deactivate":
      return Account.deactivate(account, lapse, now, products)
    case "reactivate":
      return Account.reactivate(account, plain, now)
    case "markDormant":
      return Account.markDormant(account, lapse, now, products)
    case "escheat":
      return Account.escheat(account, lapse, now, products)
    case "changeOverdraftLimit": {
      const overdraftLimit = options.overdraftLimit ?? limit(100n)
      return Account.changeOverdraftLimit(account, { ...plain, overdraftLimit }, now, products)
    }
    case "rename":
      return Account.rename(account, { ...plain, name: Example.nameOf("Rent") }, now)
    case "beginClosing":
      return Account.beginClosing(account, { ...plain, sweepTo: to }, now)
    case "abandonClosing":
      return Account.abandonClosing(account, plain, now)
    case "completeClosing":
      return Account.completeClosing(account, plain, now)
  }
}

/** How a command ended: accepted, or the rejection's tag. */
export const tagOf = (result: Result.Result<unknown, Account.Rejection>): string =>
  Result.isSuccess(result) ? "accepted" : result.failure._tag

export const names = Account.CommandName.literals
export const statuses = Account.Status.literals
