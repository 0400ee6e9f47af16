/**
 * The life of an account as pure functions of the account, a command and the time. Each gives the next account and the
 * event to publish, or the first rejection, in the order that its comment lists.
 *
 *     submitted → approved → active → closing → closed
 *     active ↔ frozen          active → inactive → dormant → escheated
 *     inactive, dormant → active     closing → active     submitted, approved → closed
 *
 * Closing takes two steps because the money is in the ledger: `beginClosing` records the intent, the ledger sweeps the
 * balance and closes its own account or refuses to, and `completeClosing` or `abandonClosing` records which.
 */
import { Result } from "effect"
import { Instant } from "../calendar/index.ts"
import { Money } from "../money/index.ts"
import type { Account, Details, Status } from "./AccountState.ts"
import type * as Commands from "./Commands.ts"
import * as Events from "./Events.ts"
import * as Product from "./Product.ts"
import {
  AccountAlreadyClosed,
  ActivityTooRecent,
  type CommandName,
  IllegalStatusTransition,
  OverdraftLimitOutOfRange,
  OverdraftNotAllowed,
  SweepToSelf,
  VersionConflict
} from "./Rejections.ts"

export * from "./AccountName.ts"
export * from "./AccountState.ts"
export * from "./Rejections.ts"

/** An accepted command: the account after it and what happened. */
export interface Accepted {
  readonly account: Account
  readonly event: Events.AccountEvent
}

/** What every command on an account may be refused for, first wins. */
export type Refusal = VersionConflict | AccountAlreadyClosed | IllegalStatusTransition

/** The statuses in which each command has a meaning. */
const accepts: Readonly<Record<CommandName, ReadonlyArray<Status>>> = {
  approve: ["submitted"],
  activate: ["approved"],
  cancel: ["submitted", "approved"],
  freeze: ["active", "frozen"],
  unfreeze: ["frozen"],
  deactivate: ["active"],
  reactivate: ["inactive", "dormant"],
  markDormant: ["inactive"],
  escheat: ["dormant"],
  changeOverdraftLimit: ["submitted", "approved", "active", "frozen", "inactive"],
  rename: ["submitted", "approved", "active", "frozen", "inactive", "dormant", "closing"],
  beginClosing: ["active"],
  abandonClosing: ["closing"],
  completeClosing: ["closing"]
}

const admit = (account: Account, name: CommandName, command: Commands.Plain): Result.Result<void, Refusal> => {
  const { id: accountId, status: from, version: actual } = account
  const expected = command.expectedVersion
  if (expected !== undefined && expected !== actual) {
    return Result.fail(new VersionConflict({ accountId, expected, actual }))
  }
  if (from === "closed") return Result.fail(new AccountAlreadyClosed({ accountId }))
  return accepts[name].includes(from)
    ? Result.succeed(undefined)
    : Result.fail(new IllegalStatusTransition({ accountId, from, command: name }))
}

/** The account's details in its next version, without what belongs to its status. */
const next = (account: Account): Details => ({
  id: account.id,
  owner: account.owner,
  product: account.product,
  currency: account.currency,
  number: account.number,
  ...(account.iban === undefined ? {} : { iban: account.iban }),
  ...(account.name === undefined ? {} : { name: account.name }),
  overdraftLimit: account.overdraftLimit,
  createdAt: account.createdAt,
  version: account.version + 1
})

const stamp = (account: Details, occurredAt: Instant.Instant) => ({
  accountId: account.id,
  owner: account.owner,
  version: account.version,
  occurredAt
})

type OverdraftRefusal = Money.CurrencyMismatch | OverdraftLimitOutOfRange | OverdraftNotAllowed

const checkOverdraft = (
  product: Product.Product,
  currency: Account["currency"],
  limit: Money.Money
): Result.Result<Money.Money, OverdraftRefusal> => {
  if (limit.currency !== currency) {
    return Result.fail(new Money.CurrencyMismatch({ expected: currency, actual: limit.currency }))
  }
  if (limit.minor < 0n || limit.minor > Money.amountMinorMax) {
    return Result.fail(new OverdraftLimitOutOfRange({ limit, max: Money.make(Money.amountMinorMax, currency) }))
  }
  return limit.minor > 0n && !product.overdraftAllowed
    ? Result.fail(new OverdraftNotAllowed({ product: product.code }))
    : Result.succeed(limit)
}

/** What an account is not opened for. */
export type OpeningRefusal = Product.UnknownProduct | Product.CurrencyNotOffered | OverdraftRefusal

/**
 * Opens an account, submitted and in version 1.
 *
 * Errors, first wins: UnknownProduct, CurrencyNotOffered, CurrencyMismatch, OverdraftLimitOutOfRange,
 * OverdraftNotAllowed.
 */
export const open = (
  command: Commands.Open,
  now: Instant.Instant,
  products: Product.Catalogue = Product.builtIn
): Result.Result<Accepted, OpeningRefusal> =>
  Result.gen(function* () {
    const product = yield* Product.find(products, command.product)
    const currency = yield* Product.offeredIn(product, command.currency)
    const overdraftLimit = yield* checkOverdraft(
      product,
      currency,
      command.overdraftLimit ?? Product.defaultOverdraftLimit(product, currency)
    )
    const opened = {
      product: command.product,
      currency,
      number: command.number,
      ...(command.iban === undefined ? {} : { iban: command.iban }),
      ...(command.name === undefined ? {} : { name: command.name }),
      overdraftLimit
    }
    const { id, owner } = command
    const account: Account = { ...opened, id, owner, createdAt: now, version: 1, status: "submitted" }
    return { account, event: Events.AccountOpened.make({ ...stamp(account, now), ...opened }) }
  })

type Decided<E = never> = Result.Result<Accepted, Refusal | E>

/** Approves an application: submitted → approved. Errors: {@link Refusal}. */
export const approve = (account: Account, command: Commands.Plain, now: Instant.Instant): Decided =>
  Result.map(admit(account, "approve", command), () => {
    const approved: Account = { ...next(account), status: "approved" }
    return { account: approved, event: Events.AccountApproved.make(stamp(approved, now)) }
  })

/** Puts an account into use, once the ledger has its account: approved → active. Errors: {@link Refusal}. */
export const activate = (account: Account, command: Commands.Plain, now: Instant.Instant): Decided =>
  Result.map(admit(account, "activate", command), () => {
    const active: Account = { ...next(account), status: "active" }
    return { account: active, event: Events.AccountActivated.make(stamp(active, now)) }
  })

/** Gives up an account that never held money: submitted, approved → closed. Errors: {@link Refusal}. */
export const cancel = (account: Account, command: Commands.Plain, now: Instant.Instant): Decided =>
  Result.map(admit(account, "cancel", command), () => {
    const closed: Account = { ...next(account), status: "closed", closedAt: now }
    return { account: closed, event: Events.AccountCancelled.make(stamp(closed, now)) }
  })

/** Freezes an account, or changes what a freeze refuses: active, frozen → frozen. Errors: {@link Refusal}. */
export const freeze = (account: Account, command: Commands.FreezeAccount, now: Instant.Instant): Decided =>
  Result.map(admit(account, "freeze", command), () => {
    const frozen: Account = { ...next(account), status: "frozen", freeze: command.freeze }
    return { account: frozen, event: Events.AccountFrozen.make({ ...stamp(frozen, now), freeze: command.freeze }) }
  })

/** Ends a freeze: frozen → active. Errors: {@link Refusal}. */
export const unfreeze = (account: Account, command: Commands.Plain, now: Instant.Instant): Decided =>
  Result.map(admit(account, "unfreeze", command), () => {
    const active: Account = { ...next(account), status: "active" }
    return { account: active, event: Events.AccountUnfrozen.make(stamp(active, now)) }
  })

/** Puts an account back into use at the customer's wish: inactive, dormant → active. Errors: {@link Refusal}. */
export const reactivate = (account: Account, command: Commands.Plain, now: Instant.Instant): Decided =>
  Result.map(admit(account, "reactivate", command), () => {
    const active: Account = { ...next(account), status: "active" }
    return { account: active, event: Events.AccountReactivated.make(stamp(active, now)) }
  })

type Lapsed = Decided<Product.UnknownProduct | ActivityTooRecent>

type Period = "inactiveAfterDays" | "dormantAfterDays" | "escheatAfterDays"

const waited = (
  account: Account,
  { lastActivityAt }: Commands.Lapse,
  now: Instant.Instant,
  products: Product.Catalogue,
  period: Period
): Result.Result<void, Product.UnknownProduct | ActivityTooRecent> =>
  Result.flatMap(Product.find(products, account.product), (product) => {
    const millis = Math.min(lastActivityAt + product[period] * Instant.millisPerDay, Instant.millisMax)
    const earliest = Instant.fromMillis(millis)
    return now < earliest
      ? Result.fail(new ActivityTooRecent({ accountId: account.id, lastActivityAt, earliest }))
      : Result.succeed(undefined)
  })

/**
 * Marks an account that its customer has not used for the product's first period: active → inactive.
 *
 * Errors, first wins: those of {@link Refusal}, UnknownProduct, ActivityTooRecent.
 */
export const deactivate = (
  account: Account,
  command: Commands.Lapse,
  now: Instant.Instant,
  products: Product.Catalogue = Product.builtIn
): Lapsed =>
  Result.gen(function* () {
    yield* admit(account, "deactivate", command)
    yield* waited(account, command, now, products, "inactiveAfterDays")
    const inactive: Account = { ...next(account), status: "inactive" }
    return { account: inactive, event: Events.AccountDeactivated.make(stamp(inactive, now)) }
  })

/**
 * Stops debits of an account unused for the product's second period: inactive → dormant.
 *
 * Errors, first wins: those of {@link Refusal}, UnknownProduct, ActivityTooRecent.
 */
export const markDormant = (
  account: Account,
  command: Commands.Lapse,
  now: Instant.Instant,
  products: Product.Catalogue = Product.builtIn
): Lapsed =>
  Result.gen(function* () {
    yield* admit(account, "markDormant", command)
    yield* waited(account, command, now, products, "dormantAfterDays")
    const dormant: Account = { ...next(account), status: "dormant" }
    return { account: dormant, event: Events.AccountBecameDormant.make(stamp(dormant, now)) }
  })

/**
 * Hands an account unused for the product's third period over to the state, for good: dormant → escheated.
 *
 * Errors, first wins: those of {@link Refusal}, UnknownProduct, ActivityTooRecent.
 */
export const escheat = (
  account: Account,
  command: Commands.Lapse,
  now: Instant.Instant,
  products: Product.Catalogue = Product.builtIn
): Lapsed =>
  Result.gen(function* () {
    yield* admit(account, "escheat", command)
    yield* waited(account, command, now, products, "escheatAfterDays")
    const escheated: Account = { ...next(account), status: "escheated" }
    return { account: escheated, event: Events.AccountEscheated.make(stamp(escheated, now)) }
  })

/**
 * Sets how far the account may be overdrawn, in any status from submitted to frozen or inactive. A limit below what is
 * overdrawn already is allowed: it stops further debits.
 *
 * Errors, first wins: those of {@link Refusal}, UnknownProduct, CurrencyMismatch, OverdraftLimitOutOfRange,
 * OverdraftNotAllowed.
 */
export const changeOverdraftLimit = (
  account: Account,
  command: Commands.ChangeOverdraftLimit,
  now: Instant.Instant,
  products: Product.Catalogue = Product.builtIn
): Decided<Product.UnknownProduct | OverdraftRefusal> =>
  Result.gen(function* () {
    yield* admit(account, "changeOverdraftLimit", command)
    const product = yield* Product.find(products, account.product)
    const to = yield* checkOverdraft(product, account.currency, command.overdraftLimit)
    const changed: Account = { ...account, version: account.version + 1, overdraftLimit: to }
    const event = Events.OverdraftLimitChanged.make({ ...stamp(changed, now), from: account.overdraftLimit, to })
    return { account: changed, event }
  })

/** Gives the account another name, or none, in any status but closed and escheated. Errors: {@link Refusal}. */
export const rename = (account: Account, command: Commands.Rename, now: Instant.Instant): Decided =>
  Result.map(admit(account, "rename", command), () => {
    const { name: _, ...nameless } = account
    const version = account.version + 1
    const renamed: Account = { ...nameless, version, ...(command.name === null ? {} : { name: command.name }) }
    return { account: renamed, event: Events.AccountRenamed.make({ ...stamp(renamed, now), name: command.name }) }
  })

/**
 * Records that the account is to be closed and where its balance goes: active → closing.
 *
 * Errors, first wins: those of {@link Refusal}, SweepToSelf.
 */
export const beginClosing = (
  account: Account,
  command: Commands.BeginClosing,
  now: Instant.Instant
): Decided<SweepToSelf> =>
  Result.flatMap(admit(account, "beginClosing", command), () => {
    if (command.sweepTo === account.id) return Result.fail(new SweepToSelf({ accountId: account.id }))
    const target = command.sweepTo === undefined ? {} : { sweepTo: command.sweepTo }
    const closing: Account = { ...next(account), status: "closing", ...target }
    return Result.succeed({
      account: closing,
      event: Events.AccountClosing.make({ ...stamp(closing, now), ...target })
    })
  })

/** Takes the intent back, after the ledger refused to close: closing → active. Errors: {@link Refusal}. */
export const abandonClosing = (account: Account, command: Commands.Plain, now: Instant.Instant): Decided =>
  Result.map(admit(account, "abandonClosing", command), () => {
    const active: Account = { ...next(account), status: "active" }
    return { account: active, event: Events.AccountClosingAbandoned.make(stamp(active, now)) }
  })

/**
 * Closes an account for good, after the ledger has swept its balance and closed its own: closing → closed.
 *
 * Errors: {@link Refusal}.
 */
export const completeClosing = (account: Account, command: Commands.Plain, now: Instant.Instant): Decided =>
  Result.map(admit(account, "completeClosing", command), () => {
    const sweepTo = account.status === "closing" ? account.sweepTo : undefined
    const target = sweepTo === undefined ? {} : { sweptTo: sweepTo }
    const closed: Account = { ...next(account), status: "closed", closedAt: now, ...target }
    return { account: closed, event: Events.AccountClosed.make({ ...stamp(closed, now), ...target }) }
  })
