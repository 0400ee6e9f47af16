/** Accounts as rows: a column for each field, and back through the account's own schema. */

import { Result } from "effect"
import { decoder } from "../../../application/wire/index.ts"
import { Account } from "../../../domain/accounts/index.ts"
import { Instant } from "../../../domain/calendar/index.ts"
import { Currency, Money } from "../../../domain/money/index.ts"
import { bigintOf, intOf, optionalText, type Row, textOf } from "../Fields.ts"
import { millis } from "../Sql.ts"
import { accountId, customerId, uuidOf } from "../Uuid.ts"

export const accountColumns = `account_id, owner, version, ${millis("created_at")}, product, currency, number, iban, name,
  overdraft_limit, status, frozen_for, sweep_to, ${millis("closed_at")}, swept_to`

const decode = decoder(Account.Account)

const overdraftLimit = (row: Row) => {
  const currency = textOf(row, "currency")
  if (!Currency.isCode(currency)) throw new TypeError(`column currency holds ${currency}`)
  return { amount: Money.toDecimal(Money.make(bigintOf(row, "overdraft_limit"), currency)), currency }
}

const instant = (row: Row, name: string): string => Instant.toText(Instant.fromMillis(intOf(row, name)))

/** The field under its own name, or nothing where the column is null. */
const optional = <Name extends string, A>(name: Name, value: A | undefined): { readonly [K in Name]?: A } | object =>
  value === undefined ? {} : { [name]: value }

const optionalAccount = (row: Row, name: string) => {
  const uuid = optionalText(row, name)
  return uuid === undefined ? undefined : accountId(uuid)
}

export const accountOf = (row: Row): Account.Account => {
  const decoded = decode({
    id: accountId(textOf(row, "account_id")),
    owner: customerId(textOf(row, "owner")),
    version: intOf(row, "version"),
    createdAt: instant(row, "created_at"),
    product: textOf(row, "product"),
    currency: textOf(row, "currency"),
    number: textOf(row, "number"),
    overdraftLimit: overdraftLimit(row),
    status: textOf(row, "status"),
    ...optional("iban", optionalText(row, "iban")),
    ...optional("name", optionalText(row, "name")),
    ...optional("freeze", optionalText(row, "frozen_for")),
    ...optional("sweepTo", optionalAccount(row, "sweep_to")),
    ...optional("closedAt", row.closed_at === null ? undefined : instant(row, "closed_at")),
    ...optional("sweptTo", optionalAccount(row, "swept_to"))
  })
  // A row that is no account is a bug.
  return Result.getOrThrow(decoded)
}

type Field = string | number | null

/** What a new version may change: version, name, overdraft_limit, status, frozen_for, sweep_to, closed_at, swept_to. */
export const changingFields = (account: Account.Account): ReadonlyArray<Field> => [
  account.version,
  account.name ?? null,
  String(account.overdraftLimit.minor),
  account.status,
  account.status === "frozen" ? account.freeze : null,
  account.status === "closing" && account.sweepTo !== undefined ? uuidOf(account.sweepTo) : null,
  account.status === "closed" ? Instant.toText(account.closedAt) : null,
  account.status === "closed" && account.sweptTo !== undefined ? uuidOf(account.sweptTo) : null
]

/** What never changes (INV-16): account_id, owner, created_at, product, currency, number, iban. */
export const fixedFields = (account: Account.Account): ReadonlyArray<Field> => [
  uuidOf(account.id),
  uuidOf(account.owner),
  Instant.toText(account.createdAt),
  account.product,
  account.currency,
  account.number,
  account.iban ?? null
]
