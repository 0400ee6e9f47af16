import { Schema } from "effect"
import { Instant } from "../calendar/index.ts"
import { AccountId, CustomerId } from "../ids/index.ts"
import { Currency, Money } from "../money/index.ts"
import { AccountName } from "./AccountName.ts"
import { AccountNumber } from "./AccountNumber.ts"
import { Freeze, Version } from "./AccountState.ts"
import { Iban } from "./Iban.ts"
import { ProductCode } from "./Product.ts"

// `version` is the account's version after the event, so that the events of an account can be put in order and a
// repeated one recognized.
const stamp = { accountId: AccountId, owner: CustomerId, version: Version, occurredAt: Instant.Instant }

/** A customer applied for an account; it waits for approval. */
export const AccountOpened = Schema.TaggedStruct("AccountOpened", {
  ...stamp,
  product: ProductCode,
  currency: Currency.Code,
  number: AccountNumber,
  iban: Schema.optionalKey(Iban),
  name: Schema.optionalKey(AccountName),
  overdraftLimit: Money.Money
})
export const AccountApproved = Schema.TaggedStruct("AccountApproved", stamp)
export const AccountActivated = Schema.TaggedStruct("AccountActivated", stamp)
/** The account was given up before it became active. */
export const AccountCancelled = Schema.TaggedStruct("AccountCancelled", stamp)
export const AccountFrozen = Schema.TaggedStruct("AccountFrozen", { ...stamp, freeze: Freeze })
export const AccountUnfrozen = Schema.TaggedStruct("AccountUnfrozen", stamp)
export const AccountDeactivated = Schema.TaggedStruct("AccountDeactivated", stamp)
export const AccountReactivated = Schema.TaggedStruct("AccountReactivated", stamp)
export const AccountBecameDormant = Schema.TaggedStruct("AccountBecameDormant", stamp)
export const AccountEscheated = Schema.TaggedStruct("AccountEscheated", stamp)
export const OverdraftLimitChanged = Schema.TaggedStruct("OverdraftLimitChanged", {
  ...stamp,
  from: Money.Money,
  to: Money.Money
})
/** `name` is null when the name was removed. */
export const AccountRenamed = Schema.TaggedStruct("AccountRenamed", { ...stamp, name: Schema.NullOr(AccountName) })
/** The ledger is to sweep the balance to `sweepTo` and close its account. */
export const AccountClosing = Schema.TaggedStruct("AccountClosing", {
  ...stamp,
  sweepTo: Schema.optionalKey(AccountId)
})
/** The ledger refused to close its account; it is in use again. */
export const AccountClosingAbandoned = Schema.TaggedStruct("AccountClosingAbandoned", stamp)
export const AccountClosed = Schema.TaggedStruct("AccountClosed", { ...stamp, sweptTo: Schema.optionalKey(AccountId) })

/** Everything that can happen to an account. */
export const AccountEvent = Schema.Union([
  AccountOpened,
  AccountApproved,
  AccountActivated,
  AccountCancelled,
  AccountFrozen,
  AccountUnfrozen,
  AccountDeactivated,
  AccountReactivated,
  AccountBecameDormant,
  AccountEscheated,
  OverdraftLimitChanged,
  AccountRenamed,
  AccountClosing,
  AccountClosingAbandoned,
  AccountClosed
]).pipe(Schema.toTaggedUnion("_tag"))
export type AccountEvent = typeof AccountEvent.Type
