import { Schema } from "effect"
import { Instant } from "../calendar/index.ts"
import { AccountId, CustomerId } from "../ids/index.ts"
import { Currency, Money } from "../money/index.ts"
import { AccountName } from "./AccountName.ts"
import { AccountNumber } from "./AccountNumber.ts"
import { Iban } from "./Iban.ts"
import { ProductCode } from "./Product.ts"

/** What a freeze refuses: money going out, money coming in, or either. */
export const Freeze = Schema.Literals(["debits", "credits", "both"])
export type Freeze = typeof Freeze.Type

/** Counts the commands that an account accepted; opening it is version 1. */
export const Version = Schema.Int.check(Schema.isGreaterThanOrEqualTo(1))

/** How far an account may be overdrawn: 0 to {@link Money.amountMinorMax} minor units, else an issue at `["amount"]`. */
export const OverdraftLimit = Money.Money.check(
  Schema.makeFilter((limit: Money.Money) =>
    limit.minor >= 0n && limit.minor <= Money.amountMinorMax
      ? undefined
      : { path: ["amount"], issue: "Expected an amount of zero or more, within what the bank books" }
  )
)

const details = {
  id: AccountId,
  owner: CustomerId,
  product: ProductCode,
  currency: Currency.Code,
  number: AccountNumber,
  iban: Schema.optionalKey(Iban),
  name: Schema.optionalKey(AccountName),
  overdraftLimit: OverdraftLimit,
  createdAt: Instant.Instant,
  version: Version
}

const Details = Schema.Struct(details)

/** What an account has in every status. */
export type Details = typeof Details.Type

/** The statuses that carry nothing more. */
const plainStatuses = ["submitted", "approved", "active", "inactive", "dormant", "escheated"] as const

/** Every status of an account. */
export const Status = Schema.Literals([...plainStatuses, "frozen", "closing", "closed"])
export type Status = typeof Status.Type

/**
 * A customer's account of a product, as the accounts context knows it; its entries and balances are the ledger's.
 *
 * A status carries what only it has: `freeze` while frozen; `sweepTo`, the account that takes the balance, while
 * closing; `closedAt` and `sweptTo` once closed. An account opened by a bank whose country has no IBAN has none.
 */
export const Account = Schema.Union([
  Schema.Struct({ ...details, status: Schema.Literals(plainStatuses) }),
  Schema.Struct({ ...details, status: Schema.Literal("frozen"), freeze: Freeze }),
  Schema.Struct({ ...details, status: Schema.Literal("closing"), sweepTo: Schema.optionalKey(AccountId) }),
  Schema.Struct({
    ...details,
    status: Schema.Literal("closed"),
    closedAt: Instant.Instant,
    sweptTo: Schema.optionalKey(AccountId)
  })
]).check(
  Schema.makeFilter((account) =>
    account.overdraftLimit.currency === account.currency
      ? undefined
      : { path: ["overdraftLimit", "currency"], issue: `Expected the account's currency, ${account.currency}` }
  )
)
export type Account = typeof Account.Type

/**
 * What the ledger must refuse on the account, whoever asks: everything before it is active and after its end, debits
 * while dormant, the frozen side while frozen. While closing only credits, for the sweep is a debit.
 */
export const restriction = (account: Account): "none" | Freeze => {
  switch (account.status) {
    case "submitted":
    case "approved":
    case "closed":
    case "escheated":
      return "both"
    case "active":
    case "inactive":
      return "none"
    case "dormant":
      return "debits"
    case "closing":
      return "credits"
    case "frozen":
      return account.freeze
  }
}
