/** Bad requests as data: a good body with one bad value, and the field that the problem must name. */
import {
  amounts,
  type BadInput,
  type Body,
  currencies,
  dates,
  type Existing,
  hostile,
  ids,
  instants,
  metadatas,
  notText,
  show,
  texts,
  ulid,
  unknownFields,
  usd
} from "./badValues.fixture.ts"

/** Bad values at one field of an otherwise good body. */
const at = (
  method: string,
  path: string,
  good: Body,
  field: string,
  values: ReadonlyArray<unknown>,
  named = field,
  headers: Readonly<Record<string, string>> = {}
): ReadonlyArray<BadInput> =>
  values.map((value) => {
    const set = (inner: unknown, keys: ReadonlyArray<string>): unknown => {
      const [key, ...rest] = keys
      if (key === undefined) return value
      if (Array.isArray(inner)) return inner.map((each, index) => (String(index) === key ? set(each, rest) : each))
      const object: Body = typeof inner === "object" && inner !== null ? { ...inner } : {}
      return { ...object, [key]: set(object[key], rest) }
    }
    const body = set(good, field.split("."))
    return {
      name: `${method} ${path} with ${field} ${show(value)}`,
      method,
      path,
      sending: { body, headers },
      field: named
    }
  })

const without = (method: string, path: string, good: Body, field: string, headers = {}): BadInput => {
  const { [field]: _, ...body } = good
  return { name: `${method} ${path} without ${field}`, method, path, sending: { body, headers }, field }
}

const moneyAt = (method: string, path: string, good: Body, field: string): ReadonlyArray<BadInput> => [
  ...at(method, path, good, `${field}.amount`, [...amounts, ...hostile, true, null, [], {}]),
  ...at(method, path, good, `${field}.currency`, [...currencies, ...hostile, ...notText]),
  ...at(method, path, good, field, [5, 0, "5", "5.00 USD", null, true, [], ["1.00", "USD"]]),
  ...at(method, path, good, field, [{ amount: "1.00" }], `${field}.currency`),
  ...at(
    method,
    path,
    good,
    field,
    [{ currency: "USD" }, { amount: { amount: "1.00" }, currency: "USD" }],
    `${field}.amount`
  ),
  ...at(method, path, good, field, [{ ...usd, extra: 1 }], `${field}.extra`)
]

/** Wrong fields of batches: what is wrong alone is wrong as an item, and its index is named. */
const badBatches = ({ from, to }: Existing): ReadonlyArray<BadInput> => {
  const path = "/v1/transfers/batch"
  const item = { kind: "transfer", from, to, amount: usd }
  const batch = { mode: "independent", items: [item, { kind: "deposit", account: to, amount: usd }] }
  const dear = { ...item, amount: { amount: "99.00", currency: "USD" } }
  const linked = { ...batch, mode: "all_or_nothing" }
  return [
    ...at("POST", path, batch, "mode", ["All_or_nothing", "atomic", ...hostile, ...notText]),
    ...at(
      "POST",
      path,
      batch,
      "items",
      [...notText, "x"].filter((value) => !Array.isArray(value))
    ),
    ...at("POST", path, batch, "items", [[]]),
    ...at("POST", path, batch, "items", [Array.from({ length: 10_001 }, () => item)]),
    ...at("POST", path, linked, "items", [Array.from({ length: 1001 }, () => item)]),
    ...at("POST", path, linked, "items.1", [dear], "items.1.amount"),
    ...at("POST", path, batch, "items.1", [null, 5, "x", []]),
    ...at("POST", path, batch, "items.0.kind", ["journal", "Transfer", ...hostile, ...notText], "items.0"),
    ...at("POST", path, batch, "items.0.to", [...ids, from]),
    ...at("POST", path, batch, "items.1.account", [...ids, ...notText]),
    ...at("POST", path, batch, "items.1.from", [from]),
    ...at("POST", path, batch, "items.1.valueDate", dates),
    ...at("POST", path, batch, "items.1.extra", [1]),
    ...moneyAt("POST", path, batch, "items.0.amount"),
    ...["mode", "items"].map((field) => without("POST", path, batch, field))
  ]
}

/** Wrong fields of bodies. */
export const badFields = ({ from, to, hold, transaction }: Existing): ReadonlyArray<BadInput> => {
  const transfer = { from, to, amount: usd }
  const cash = { amount: usd }
  const leg = (accountId: string, side: string) => ({ accountId, side, amount: usd })
  const journal = { entries: [leg(from, "debit"), leg(to, "credit")] }
  const deposits = `/v1/accounts/${from}/deposits`
  const opening = { product: "checking", currency: "USD" }
  const edit = { "If-Match": "*" }
  const holds = { from, to, amount: usd }
  const captures = `/v1/holds/${hold}/captures`
  return [
    ...moneyAt("POST", "/v1/transfers", transfer, "amount"),
    ...at("POST", "/v1/transfers", transfer, "from", [...ids, ...hostile, ...notText]),
    ...at("POST", "/v1/transfers", transfer, "to", [...ids, ...hostile, ...notText, from]),
    ...at("POST", "/v1/transfers", transfer, "valueDate", [...dates, ...hostile, ...notText]),
    ...at("POST", "/v1/transfers", transfer, "description", texts),
    ...metadatas.flatMap(([value, field]) => at("POST", "/v1/transfers", transfer, "metadata", [value], field)),
    ...unknownFields.flatMap((field) => at("POST", "/v1/transfers", transfer, field, ["x"])),
    ...["from", "to", "amount"].map((field) => without("POST", "/v1/transfers", transfer, field)),
    ...badBatches({ from, to, hold, transaction }),
    ...at("POST", deposits, cash, "amount.amount", amounts),
    ...at("POST", deposits, cash, "account", [to, from, null]),
    ...at("POST", `/v1/accounts/${from}/withdrawals`, cash, "amount.amount", amounts),
    ...at(
      "POST",
      `/v1/accounts/${from}/withdrawals`,
      cash,
      "amount",
      [{ amount: "1.00", currency: "EUR" }],
      "amount.currency"
    ),
    ...at("POST", "/v1/transactions", journal, "entries", [
      ...notText.filter((value) => value !== null),
      null,
      [],
      [leg(from, "debit")]
    ]),
    ...at("POST", "/v1/transactions", journal, "entries", [Array.from({ length: 501 }, () => leg(from, "debit"))]),
    ...at("POST", "/v1/transactions", journal, "entries", [[leg(from, "debit"), leg(to, "debit")]]),
    ...at("POST", "/v1/transactions", journal, "entries.0", [null, 5, "x", []]),
    ...at("POST", "/v1/transactions", journal, "entries.0.side", ["Debit", "DEBIT", "dr", "", "dеbit", ...notText]),
    ...at("POST", "/v1/transactions", journal, "entries.1.accountId", [...ids, ...notText]),
    ...at("POST", "/v1/transactions", journal, "entries.1.amount.amount", amounts),
    ...at("POST", "/v1/transactions", journal, "entries.1.extra", [1]),
    ...at("POST", `/v1/transactions/${transaction}/reversals`, { amount: usd }, "amount.amount", ["0", "1e3", 5]),
    ...at("POST", `/v1/transactions/${transaction}/reversals`, {}, "transaction", [transaction]),
    ...at("POST", "/v1/holds", holds, "expiresAt", [...instants, ...hostile, ...notText]),
    ...at("POST", "/v1/holds", holds, "to", [from, ...ids]),
    ...at("POST", captures, {}, "keepRest", ["true", "", 0, 1, null, [], {}]),
    ...at("POST", captures, {}, "amount", [{ amount: "99.00", currency: "USD" }, "1.00", 1]),
    ...at("POST", `/v1/holds/${hold}/release`, {}, "amount", [usd]),
    ...at("POST", "/v1/accounts", opening, "product", [
      "Checking",
      "x y",
      "gold",
      "-a",
      "a".repeat(33),
      ...hostile,
      ...notText
    ]),
    ...at("POST", "/v1/accounts", opening, "currency", [...currencies, ...notText]),
    ...at("POST", "/v1/accounts", opening, "owner", [
      `acc_${ulid}`,
      ...ids.filter((id) => !id.startsWith("cus_")),
      ...hostile,
      ...notText
    ]),
    ...at("POST", "/v1/accounts", { ...opening, overdraftLimit: usd }, "overdraftLimit.amount", ["-1.00", "1e3", 5]),
    ...at("POST", "/v1/accounts", { ...opening, product: "savings" }, "overdraftLimit", [usd]),
    ...at(
      "PATCH",
      `/v1/accounts/${from}`,
      {},
      "name",
      ["", " x", "x".repeat(101), "a\u0000", "\u202ex", "\ud800", 5, true, [], {}],
      "name",
      edit
    ),
    ...at("PATCH", `/v1/accounts/${from}`, { name: "x" }, "expectedVersion", [1, "1"], "expectedVersion", edit),
    without("PATCH", `/v1/accounts/${from}`, {}, "name", edit),
    ...at(
      "PUT",
      `/v1/accounts/${from}/overdraft-limit`,
      {},
      "overdraftLimit.amount",
      ["1.00"],
      "overdraftLimit.currency",
      edit
    ),
    ...at(
      "PUT",
      `/v1/accounts/${from}/overdraft-limit`,
      {},
      "overdraftLimit",
      [5, "5", null, []],
      "overdraftLimit",
      edit
    ),
    ...at("POST", `/v1/accounts/${from}/freeze`, {}, "freeze", ["all", "none", "Debits", "", 5, null, ["debits"]]),
    ...at("POST", `/v1/accounts/${from}/unfreeze`, {}, "freeze", ["debits"]),
    ...at("POST", `/v1/accounts/${from}/close`, {}, "sweepTo", [...ids, ...notText, from])
  ]
}
