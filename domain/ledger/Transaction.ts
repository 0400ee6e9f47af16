import { Schema } from "effect"
import { Instant, LocalDate } from "../calendar/index.ts"
import { AccountId, HoldId, TransactionId } from "../ids/index.ts"
import { Money } from "../money/index.ts"
import { Side } from "./Side.ts"

/** What a transaction is for, as reports and statements name it. */
export const TransactionKind = Schema.Literals([
  "deposit",
  "withdrawal",
  "transfer",
  "journal",
  "capture",
  "reversal",
  "closing"
])
export type TransactionKind = typeof TransactionKind.Type

/** Free text for people, shown on statements: at most 140 characters (ISO 20022 Max140Text), none of them control. */
export const Description = Schema.String.check(
  Schema.isMaxCodePoints(140),
  Schema.isPattern(/^[^\p{Cc}\p{Cs}]*$/u, { message: "Expected text without control characters" })
)

/** Free data for programs: at most 20 keys of 1–40 letters, digits, `_`, `.` or `-`, values of at most 500 characters. */
export const Metadata = Schema.Record(
  Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_.-]{1,40}$/u)),
  Schema.String.check(
    Schema.isMaxCodePoints(500),
    Schema.isPattern(/^[^\0\p{Cs}]*$/u, { message: "Expected text without NUL or lone surrogates" })
  )
).check(Schema.isMaxProperties(20))
export type Metadata = typeof Metadata.Type

/**
 * One debit or credit of one account. `amount` is positive; `sequence` numbers the account's entries from 1 without a
 * gap; `balance` is the account's posted balance right after, on its normal side.
 */
export const Entry = Schema.Struct({
  accountId: AccountId,
  side: Side,
  amount: Money.Money,
  sequence: Schema.Int,
  balance: Money.Money
})
export type Entry = typeof Entry.Type

// What a transaction says of all its entries, in the order in which it is written.
const head = {
  kind: TransactionKind,
  bookedAt: Instant.Instant,
  valueDate: LocalDate.LocalDate,
  description: Schema.optionalKey(Description),
  metadata: Schema.optionalKey(Metadata),
  reverses: Schema.optionalKey(TransactionId),
  holdId: Schema.optionalKey(HoldId)
}

/**
 * An atomic, balanced, immutable set of entries (INV-1). `bookedAt` is when it was recorded, `valueDate` when it counts
 * for interest; `reverses` names the transaction that this one corrects and `holdId` the hold that it captured.
 */
export const Transaction = Schema.Struct({
  id: TransactionId,
  ...head,
  entries: Schema.Array(Entry)
})
export type Transaction = typeof Transaction.Type

/** An entry as an account's history shows it: the entry with the head of its transaction. */
export const BookedEntry = Schema.Struct({
  ...Entry.fields,
  transactionId: TransactionId,
  ...head
})
export type BookedEntry = typeof BookedEntry.Type

/** The transaction's entries, each as its account's history shows it. */
export const bookedEntries = (transaction: Transaction): ReadonlyArray<BookedEntry> => {
  const { id, entries, ...head } = transaction
  return entries.map((entry) => ({ ...entry, ...head, transactionId: id }))
}
