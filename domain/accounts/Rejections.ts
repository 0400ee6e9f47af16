import { Schema } from "effect"
import { Instant } from "../calendar/index.ts"
import { AccountId } from "../ids/index.ts"
import { Money } from "../money/index.ts"
import { Status, Version } from "./AccountState.ts"
import { CurrencyNotOffered, ProductCode, UnknownProduct } from "./Product.ts"

/** The commands on an account that exists. */
export const CommandName = Schema.Literals([
  "approve",
  "activate",
  "cancel",
  "freeze",
  "unfreeze",
  "deactivate",
  "reactivate",
  "markDormant",
  "escheat",
  "changeOverdraftLimit",
  "rename",
  "beginClosing",
  "abandonClosing",
  "completeClosing"
])
export type CommandName = typeof CommandName.Type

/** The account has changed since the caller read it. */
export class VersionConflict extends Schema.TaggedError<VersionConflict>()("VersionConflict", {
  accountId: AccountId,
  expected: Version,
  actual: Version
}) {}

/** The account is closed, for good. */
export class AccountAlreadyClosed extends Schema.TaggedError<AccountAlreadyClosed>()("AccountAlreadyClosed", {
  accountId: AccountId
}) {}

/** The command has no meaning in the status the account has. */
export class IllegalStatusTransition extends Schema.TaggedError<IllegalStatusTransition>()("IllegalStatusTransition", {
  accountId: AccountId,
  from: Status,
  command: CommandName
}) {}

/** The product has no overdraft, so its limit can only be zero. */
export class OverdraftNotAllowed extends Schema.TaggedError<OverdraftNotAllowed>()("OverdraftNotAllowed", {
  product: ProductCode
}) {}

/** An overdraft limit is negative or above `max`. */
export class OverdraftLimitOutOfRange extends Schema.TaggedError<OverdraftLimitOutOfRange>()(
  "OverdraftLimitOutOfRange",
  { limit: Money.Money, max: Money.Money }
) {}

/** The customer's last activity is too recent: the command is possible from `earliest` on. */
export class ActivityTooRecent extends Schema.TaggedError<ActivityTooRecent>()("ActivityTooRecent", {
  accountId: AccountId,
  lastActivityAt: Instant.Instant,
  earliest: Instant.Instant
}) {}

/** An account cannot be swept to itself. */
export class SweepToSelf extends Schema.TaggedError<SweepToSelf>()("SweepToSelf", { accountId: AccountId }) {}

/** Every reason for which the accounts context turns a well-formed command down. */
export const Rejection = Schema.Union([
  VersionConflict,
  AccountAlreadyClosed,
  IllegalStatusTransition,
  UnknownProduct,
  CurrencyNotOffered,
  Money.CurrencyMismatch,
  OverdraftLimitOutOfRange,
  OverdraftNotAllowed,
  ActivityTooRecent,
  SweepToSelf
])
export type Rejection = typeof Rejection.Type
