import { Schema } from "effect"
import { Instant } from "../calendar/index.ts"
import { AccountId, HoldId } from "../ids/index.ts"
import { Money } from "../money/index.ts"
import { Description, Metadata } from "./Transaction.ts"

/** authorized → captured | released | expired; a hold captured in parts stays authorized until it is used up. */
export const HoldStatus = Schema.Literals(["authorized", "captured", "released", "expired"])
export type HoldStatus = typeof HoldStatus.Type

/**
 * A reservation of `amount` from the debit account for the credit account. `captured` never exceeds `amount` (INV-7);
 * without `expiresAt` it stands until captured or released.
 */
export const Hold = Schema.Struct({
  id: HoldId,
  debitAccountId: AccountId,
  creditAccountId: AccountId,
  amount: Money.Money,
  captured: Money.Money,
  status: HoldStatus,
  authorizedAt: Instant.Instant,
  expiresAt: Schema.optionalKey(Instant.Instant),
  description: Schema.optionalKey(Description),
  metadata: Schema.optionalKey(Metadata)
})
export type Hold = typeof Hold.Type

/** Minor units that the hold still reserves; zero once it has ended. */
export const remaining = (hold: Hold): bigint =>
  hold.status === "authorized" ? hold.amount.minor - hold.captured.minor : 0n

/** Has the hold's time run out at `now`, whether or not anything has recorded that yet? */
export const isDue = (hold: Hold, now: Instant.Instant): boolean =>
  hold.status === "authorized" && hold.expiresAt !== undefined && hold.expiresAt <= now
