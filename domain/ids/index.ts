/** The bank's ids, one branded kind each. Another context brands its own with `TypedId.schema`. */
import { Schema } from "effect"
import * as TypedId from "./TypedId.ts"

export { TypedId }

/** An account of a ledger. */
export const AccountId = TypedId.schema("acc").pipe(Schema.brand("AccountId"))
export type AccountId = typeof AccountId.Type

/** An atomic, balanced set of entries. */
export const TransactionId = TypedId.schema("txn").pipe(Schema.brand("TransactionId"))
export type TransactionId = typeof TransactionId.Type

/** A reservation of funds. */
export const HoldId = TypedId.schema("hold").pipe(Schema.brand("HoldId"))
export type HoldId = typeof HoldId.Type

/** A customer of the bank. */
export const CustomerId = TypedId.schema("cus").pipe(Schema.brand("CustomerId"))
export type CustomerId = typeof CustomerId.Type

/** A ledger: a tenant, a legal entity or a branch with a writer of its own. */
export const LedgerId = TypedId.schema("led").pipe(Schema.brand("LedgerId"))
export type LedgerId = typeof LedgerId.Type
