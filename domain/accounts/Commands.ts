import { Schema } from "effect"
import { Instant } from "../calendar/index.ts"
import { AccountId, CustomerId } from "../ids/index.ts"
import { Currency } from "../money/index.ts"
import { AccountName } from "./AccountName.ts"
import { AccountNumber } from "./AccountNumber.ts"
import { Freeze, OverdraftLimit, Version } from "./AccountState.ts"
import { Iban } from "./Iban.ts"
import { ProductCode } from "./Product.ts"

// The version that the caller has read (If-Match). Without it the command applies to whatever version there is.
const versioned = { expectedVersion: Schema.optionalKey(Version) }

/** Opens an account, with the product's default where there is no `overdraftLimit`. */
export const Open = Schema.Struct({
  id: AccountId,
  owner: CustomerId,
  product: ProductCode,
  currency: Currency.Code,
  number: AccountNumber,
  iban: Schema.optionalKey(Iban),
  name: Schema.optionalKey(AccountName),
  overdraftLimit: Schema.optionalKey(OverdraftLimit)
})
export type Open = typeof Open.Type

/** A command that says nothing but itself: approve, activate, cancel, unfreeze, reactivate, abandon or complete closing. */
export const Plain = Schema.Struct(versioned)
export type Plain = typeof Plain.Type

export const FreezeAccount = Schema.Struct({ ...versioned, freeze: Freeze })
export type FreezeAccount = typeof FreezeAccount.Type

/** Deactivate, mark dormant or escheat; `lastActivityAt` is when the customer, not the bank, last used the account. */
export const Lapse = Schema.Struct({ ...versioned, lastActivityAt: Instant.Instant })
export type Lapse = typeof Lapse.Type

export const ChangeOverdraftLimit = Schema.Struct({ ...versioned, overdraftLimit: OverdraftLimit })
export type ChangeOverdraftLimit = typeof ChangeOverdraftLimit.Type

/** A null `name` removes the name. */
export const Rename = Schema.Struct({ ...versioned, name: Schema.NullOr(AccountName) })
export type Rename = typeof Rename.Type

/** `sweepTo` takes the balance; an account without balance needs none. */
export const BeginClosing = Schema.Struct({ ...versioned, sweepTo: Schema.optionalKey(AccountId) })
export type BeginClosing = typeof BeginClosing.Type
