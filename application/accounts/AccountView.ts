import { Effect, Schema } from "effect"
import { Account, AccountNumber, Iban, Product } from "../../domain/accounts/index.ts"
import { Instant } from "../../domain/calendar/index.ts"
import { AccountId, CustomerId } from "../../domain/ids/index.ts"
import { LedgerAccount } from "../../domain/ledger/index.ts"
import { Currency, Money } from "../../domain/money/index.ts"
import { Ledger } from "../ports/Ledger.ts"

/**
 * An account as its owner sees it: what the accounts context knows, with the ledger's balances. `freeze`, `sweepTo`,
 * `sweptTo` and `closedAt` are there in the statuses that have them.
 */
export const AccountView = Schema.Struct({
  id: AccountId,
  owner: CustomerId,
  product: Product.ProductCode,
  currency: Currency.Code,
  number: AccountNumber.AccountNumber,
  iban: Schema.optionalKey(Iban.Iban),
  name: Schema.optionalKey(Account.AccountName),
  status: Account.Status,
  freeze: Schema.optionalKey(Account.Freeze),
  sweepTo: Schema.optionalKey(AccountId),
  sweptTo: Schema.optionalKey(AccountId),
  closedAt: Schema.optionalKey(Instant.Instant),
  overdraftLimit: Money.Money,
  balances: LedgerAccount.Balances,
  createdAt: Instant.Instant,
  version: Account.Version
})
export type AccountView = typeof AccountView.Type

const nothing = (currency: Currency.Code): LedgerAccount.Balances => ({
  posted: Money.zero(currency),
  pending: Money.zero(currency),
  available: Money.zero(currency)
})

/** The view of an account that has just been opened: nothing posted, the overdraft limit available. */
export const openedView = (account: Account.Account): AccountView => ({
  ...account,
  balances: { ...nothing(account.currency), available: account.overdraftLimit }
})

/** The views of accounts, in their order, with one look into the ledger for all of them. */
export const accountViews = Effect.fn("accounts.views")(function* (accounts: ReadonlyArray<Account.Account>) {
  const ledger = yield* Ledger
  const known = new Map((yield* ledger.accounts(accounts.map(({ id }) => id))).map((each) => [each.id, each]))
  return accounts.map((account): AccountView => {
    const inLedger = known.get(account.id)
    const balances = inLedger === undefined ? nothing(account.currency) : LedgerAccount.balances(inLedger)
    return { ...account, balances }
  })
})

/** The view of one account. */
export const accountView = Effect.fn("accounts.view")(function* (account: Account.Account) {
  const [view] = yield* accountViews([account])
  return view ?? openedView(account)
})
