import { Result, Schema } from "effect"
import { Instant } from "../calendar/index.ts"
import { AccountId, CustomerId } from "../ids/index.ts"
import { Currency, Money } from "../money/index.ts"
import { type Account, AccountName, type Freeze, type Status } from "./Account.ts"
import { fromSequence } from "./AccountNumber.ts"
import { fromNumber } from "./Iban.ts"
import { ProductCode } from "./Product.ts"

/** Accounts in every status, for the tests of this context and of those that use it. */
export const usd = Currency.Code.make("USD")
export const eur = Currency.Code.make("EUR")
export const accountId = AccountId.make("acc_01jdf8a3e0e8vrvn4t8n9d2k7m")
export const otherAccountId = AccountId.make("acc_01jdf8a3e0e8vrvn4t8n9d2k7n")
export const owner = CustomerId.make("cus_01jdf8a3e0e8vrvn4t8n9d2k7p")
export const checking = ProductCode.make("checking")
export const savings = ProductCode.make("savings")
export const openedAt = Result.getOrThrow(Instant.fromText("2026-01-05T09:30:00.000Z"))
/** When the tests' commands happen: more than five years after opening, so that an account may even be escheated. */
export const now = Result.getOrThrow(Instant.fromText("2031-06-02T12:00:00.123Z"))
export const number = Result.getOrThrow(fromSequence(4711n))
export const iban = Result.getOrThrow(fromNumber({ country: "DE", bankCode: "50010517" }, number))
export const nameOf = Schema.decodeSync(AccountName)

const details = {
  id: accountId,
  owner,
  product: checking,
  currency: usd,
  number,
  iban,
  name: nameOf("Household"),
  overdraftLimit: Money.make(50_000n, usd),
  createdAt: openedAt,
  version: 7
}

/** An account frozen for `freeze`. */
export const frozenFor = (freeze: Freeze): Account => ({ ...details, status: "frozen", freeze })

/** An account of a status, in version 7. */
export const inStatus = (status: Status): Account => {
  switch (status) {
    case "frozen":
      return frozenFor("both")
    case "closing":
      return { ...details, status, sweepTo: otherAccountId }
    case "closed":
      return { ...details, status, closedAt: now, sweptTo: otherAccountId }
    default:
      return { ...details, status }
  }
}
