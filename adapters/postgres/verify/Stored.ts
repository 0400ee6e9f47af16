/** Transactions as they are stored, put together from raw rows; what cannot be read as one is told instead of thrown. */
import { Instant, LocalDate } from "../../../domain/calendar/index.ts"
import { Transaction } from "../../../domain/ledger/index.ts"
import { Currency, Money } from "../../../domain/money/index.ts"
import { Leaf } from "../../../domain/proofs/index.ts"
import { oneOf, optionalText, type Row, textOf } from "../Fields.ts"
import { accountId, holdId, transactionId } from "../Uuid.ts"
import { nativeSha256 } from "./Sha256.ts"

/** One entry, with what its account's row says. */
export interface StoredEntry {
  readonly account: string
  readonly side: string
  readonly amount: bigint
  readonly sequence: bigint
  readonly balance: bigint
  readonly normalSide: string
}

export interface Stored {
  readonly uuid: string
  readonly number: bigint
  readonly key: string | undefined
  readonly fingerprint: string | undefined
  readonly bookedAt: string
  readonly entries: ReadonlyArray<StoredEntry>
  /** The hash of its leaf, or why it has none. */
  readonly leaf: Uint8Array | string
}

const bigint = (row: Row, name: string): bigint => {
  const value = row[name]
  return typeof value === "bigint" ? value : 0n
}

const leafOf = (rows: ReadonlyArray<Row>, head: Row): Uint8Array | string => {
  const booked = Number(textOf(head, "booked_at"))
  const valueDate = textOf(head, "value_date")
  if (!Number.isSafeInteger(booked)) return `was booked at ${booked} ms, which is no whole number`
  if (!LocalDate.isLocalDate(valueDate)) return `has the value date ${valueDate}`
  const entries: Array<Leaf.Content["entries"][number]> = []
  for (const row of rows) {
    if (row.account_id === null) return "has no entries"
    const currency = optionalText(row, "currency")
    if (row.belongs !== true) return `names entry ${row.sequence} of ${textOf(row, "account_id")}, which is not its own`
    if (currency === undefined || !Currency.isCode(currency)) return "has an entry of an account without a currency"
    if (row.foreign_currency === true) return "is not in the currency of its accounts"
    entries.push({
      accountId: accountId(textOf(row, "account_id")),
      side: oneOf(row, "side", ["debit", "credit"]),
      amount: Money.make(bigint(row, "amount"), currency)
    })
  }
  const [description, metadata] = [optionalText(head, "description"), optionalText(head, "metadata")]
  const [reverses, hold] = [optionalText(head, "reverses"), optionalText(head, "hold_id")]
  return Leaf.hashOf(
    {
      id: transactionId(textOf(head, "transaction_id")),
      kind: oneOf(head, "kind", Transaction.TransactionKind.literals),
      bookedAt: Instant.fromMillis(booked),
      valueDate,
      ...(description === undefined ? {} : { description }),
      ...(metadata === undefined ? {} : { metadata: JSON.parse(metadata) }),
      ...(reverses === undefined ? {} : { reverses: transactionId(reverses) }),
      ...(hold === undefined ? {} : { holdId: holdId(hold) }),
      entries
    },
    nativeSha256
  )
}

const readable = (rows: ReadonlyArray<Row>, head: Row): Uint8Array | string => {
  try {
    return leafOf(rows, head)
  } catch (error) {
    return `cannot be read: ${error instanceof Error ? error.message : String(error)}`
  }
}

const storedOf = (rows: ReadonlyArray<Row>, head: Row): Stored => ({
  uuid: textOf(head, "transaction_id"),
  number: bigint(head, "number"),
  key: optionalText(head, "key"),
  fingerprint: optionalText(head, "fingerprint"),
  bookedAt: textOf(head, "booked_at"),
  entries: rows.flatMap((row) =>
    row.account_id === null
      ? []
      : {
          account: textOf(row, "account_id"),
          side: optionalText(row, "side") ?? "",
          amount: bigint(row, "amount"),
          sequence: bigint(row, "sequence"),
          balance: bigint(row, "balance"),
          normalSide: optionalText(row, "normal_side") ?? ""
        }
  ),
  leaf: readable(rows, head)
})

/** The transactions of rows that come by transaction and position. */
export const storedTransactions = (rows: ReadonlyArray<Row>): ReadonlyArray<Stored> => {
  const byId = new Map<string, [Row, ...Array<Row>]>()
  for (const row of rows) {
    const uuid = textOf(row, "transaction_id")
    const known = byId.get(uuid)
    if (known === undefined) byId.set(uuid, [row])
    else known.push(row)
  }
  return Array.from(byId.values(), (of) => storedOf(of, of[0]))
}
