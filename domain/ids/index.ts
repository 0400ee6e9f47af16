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

/** A person who logs in: a customer, or one of the bank's staff. */
export const UserId = TypedId.schema("usr").pipe(Schema.brand("UserId"))
export type UserId = typeof UserId.Type

/** A login of a user on one device. */
export const SessionId = TypedId.schema("ses").pipe(Schema.brand("SessionId"))
export type SessionId = typeof SessionId.Type

/** What one customer may do with another's accounts. */
export const DelegationId = TypedId.schema("dlg").pipe(Schema.brand("DelegationId"))
export type DelegationId = typeof DelegationId.Type

/** A request that a second person decides on. */
export const ApprovalId = TypedId.schema("apr").pipe(Schema.brand("ApprovalId"))
export type ApprovalId = typeof ApprovalId.Type
