import { Schema } from "effect"
import { Transaction } from "../../domain/ledger/index.ts"

const { accountId, side, amount } = Transaction.Entry.fields

/** An entry as every party to a transaction may see it: without the balance of the account, which is its owner's. */
export const EntryView = Schema.Struct({ accountId, side, amount })

/** A transaction as every party to it may see it. */
export const TransactionView = Schema.Struct({
  ...Transaction.Transaction.fields,
  entries: Schema.Array(EntryView)
})
export type TransactionView = typeof TransactionView.Type

/** The view of a transaction. */
export const transactionView = (transaction: Transaction.Transaction): TransactionView => ({
  ...transaction,
  entries: transaction.entries.map(({ accountId, side, amount }) => ({ accountId, side, amount }))
})
