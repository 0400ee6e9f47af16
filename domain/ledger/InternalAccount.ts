import { AccountId, TypedId } from "../ids/index.ts"
import { type Currency, Money } from "../money/index.ts"
import type { OpenAccount } from "./Command.ts"
import type { Side } from "./Side.ts"

/** The bank's own positions that customers' money moves against: cash at hand and nostro, and settlement in transit. */
export type Role = "cash" | "settlement"

const normalSide: Record<Role, Side> = { cash: "debit", settlement: "credit" }

/**
 * The id of the bank's own account for a role and currency, the same in every installation: a version 8 UUID
 * (RFC 9562 §5.8) whose last six bytes spell three letters of the role and the currency's three.
 */
export const internalAccountId = (role: Role, currency: Currency.Code): AccountId => {
  const bytes = new Uint8Array(16)
  bytes[6] = 0x80
  bytes[8] = 0x80
  const letters = `${role.slice(0, 3)}${currency}`
  for (let index = 0; index < 6; index++) bytes[10 + index] = letters.charCodeAt(index)
  return AccountId.make(TypedId.fromBytes("acc", bytes))
}

/** The command that opens that account; opening it again is refused by the ledger and harmless. */
export const openInternal = (role: Role, currency: Currency.Code): OpenAccount => ({
  _tag: "OpenAccount",
  accountId: internalAccountId(role, currency),
  kind: "internal",
  currency,
  normalSide: normalSide[role],
  overdraftLimit: Money.zero(currency),
  revision: 0
})
