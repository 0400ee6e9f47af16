/** Delegations as rows: a column for each field, and back through the delegation's own schema. */

import { Schema } from "effect"
import { Instant } from "../../../domain/calendar/index.ts"
import { Delegation } from "../../../domain/identity/index.ts"
import { TypedId } from "../../../domain/ids/index.ts"
import { Currency, Money } from "../../../domain/money/index.ts"
import { bigintOf, intOf, optionalText, type Row, textOf } from "../Fields.ts"
import type { Parameter } from "../Postgres.ts"
import { millis } from "../Sql.ts"
import { accountId, customerId, uuidOf } from "../Uuid.ts"

export const delegationColumns = `delegation_id, grantor, grantee, account, kind, access_right, amount_max,
  amount_currency, ${millis("starts_at")}, ${millis("ends_at")}, ${millis("revoked_at")}`

const decodeDelegation = Schema.decodeUnknownSync(Schema.toType(Delegation.Delegation), { onExcessProperty: "error" })

const amountMaxOf = (row: Row) => {
  const currency = optionalText(row, "amount_currency")
  if (currency === undefined) return {}
  if (!Currency.isCode(currency)) throw new TypeError(`column amount_currency holds ${currency}`)
  return { amountMax: Money.make(bigintOf(row, "amount_max"), currency) }
}

const optionalInstant = (row: Row, name: string, field: string): object =>
  row[name] === null ? {} : { [field]: Instant.fromMillis(intOf(row, name)) }

export const delegationOf = (row: Row): Delegation.Delegation => {
  const account = optionalText(row, "account")
  return decodeDelegation({
    id: TypedId.fromUuid("dlg", textOf(row, "delegation_id")),
    grantor: customerId(textOf(row, "grantor")),
    grantee: customerId(textOf(row, "grantee")),
    ...(account === undefined ? {} : { account: accountId(account) }),
    kind: row.kind,
    right: row.access_right,
    ...amountMaxOf(row),
    startsAt: Instant.fromMillis(intOf(row, "starts_at")),
    ...optionalInstant(row, "ends_at", "endsAt"),
    ...optionalInstant(row, "revoked_at", "revokedAt")
  })
}

/** delegation_id, grantor, grantee, account, kind, access_right, amount_max, amount_currency, starts_at, ends_at. */
export const fixedFields = (delegation: Delegation.Delegation): ReadonlyArray<Parameter> => [
  uuidOf(delegation.id),
  uuidOf(delegation.grantor),
  uuidOf(delegation.grantee),
  delegation.account === undefined ? null : uuidOf(delegation.account),
  delegation.kind,
  delegation.right,
  delegation.amountMax === undefined ? null : String(delegation.amountMax.minor),
  delegation.amountMax?.currency ?? null,
  Instant.toText(delegation.startsAt),
  delegation.endsAt === undefined ? null : Instant.toText(delegation.endsAt)
]
