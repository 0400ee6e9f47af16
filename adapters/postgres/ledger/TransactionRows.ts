/** Transactions as the rows of a binary COPY. */
import type { Transaction } from "../../../domain/ledger/index.ts"
import { type CopyBinary, copyBinary } from "../CopyBinary.ts"
import { uuidOf } from "../Uuid.ts"
import type { Request } from "./Admission.ts"

/** A transaction with what its row says besides it. */
export interface Placed {
  readonly transaction: Transaction.Transaction
  /** Its place among the ledger's transactions, from 0. */
  readonly number: number
  /** The request that it is the whole answer to. */
  readonly request: Request | undefined
}

/** Is the transaction one row, without rows of its entries? */
export const isPair = ({ entries }: Transaction.Transaction): boolean => entries.length === 2

const headColumns = ["ledger_id", "transaction_id", "number", "booked_at", "value_date", "kind"]
const answerColumns = ["key", "fingerprint"]
const entryNames = ["account_1", "account_2", "sequence_1", "sequence_2", "balance_1", "balance_2"]
const pairColumns = [...entryNames, "amount", "side", "currency"]
const listColumns = ["accounts", "sequences"]
const rareColumns = ["reverses", "hold_id", "description", "metadata"]
const columns = [...headColumns, ...answerColumns, ...pairColumns, ...listColumns, ...rareColumns]

/** What a row takes at most, as long as it has none of the columns that most lack. */
const bytesOfRow = 384

/** The statement that takes the rows. */
export const copyTransactions = `copy ledger.transaction (${columns.join(", ")}) from stdin binary`

const nulls = (copy: CopyBinary, count: number): void => {
  for (let left = count; left > 0; left--) copy.null()
}

const optionalId = (copy: CopyBinary, id: string | undefined): void => {
  if (id === undefined) copy.null()
  else copy.id(id)
}

const optionalText = (copy: CopyBinary, text: string | undefined): void => {
  if (text === undefined) copy.null()
  else copy.text(text)
}

const answer = (copy: CopyBinary, request: Request | undefined): void => {
  if (request === undefined) nulls(copy, answerColumns.length)
  else {
    copy.uuid(request.keyDigest)
    copy.uuid(request.first.fingerprint)
  }
}

const entries = (copy: CopyBinary, [first, second, ...more]: ReadonlyArray<Transaction.Entry>): void => {
  if (first === undefined || second === undefined || more.length > 0) {
    nulls(copy, pairColumns.length)
    return
  }
  copy.id(first.accountId)
  copy.id(second.accountId)
  copy.int8(first.sequence)
  copy.int8(second.sequence)
  copy.int8(first.balance.minor)
  copy.int8(second.balance.minor)
  copy.int8(first.amount.minor)
  copy.text(first.side)
  copy.text(first.amount.currency)
}

const lists = (copy: CopyBinary, transaction: Transaction.Transaction): void => {
  if (isPair(transaction)) nulls(copy, listColumns.length)
  else {
    copy.uuids(transaction.entries.map(({ accountId }) => uuidOf(accountId)))
    copy.int8s(transaction.entries.map(({ sequence }) => sequence))
  }
}

const rare = (copy: CopyBinary, transaction: Transaction.Transaction): void => {
  const { reverses, holdId, description, metadata } = transaction
  optionalId(copy, reverses)
  optionalId(copy, holdId)
  optionalText(copy, description)
  optionalText(copy, metadata === undefined ? undefined : JSON.stringify(metadata))
}

/** Rows of a ledger's transactions, for about `count` of them. */
export const transactionRows = (ledger: number, count: number) => {
  const copy = copyBinary(columns.length, count * bytesOfRow)
  return {
    add: ({ transaction, number, request }: Placed): void => {
      copy.row()
      copy.int4(ledger)
      copy.id(transaction.id)
      copy.int8(number)
      copy.timestamptz(transaction.bookedAt)
      copy.date(transaction.valueDate)
      copy.text(transaction.kind)
      answer(copy, request)
      entries(copy, transaction.entries)
      lists(copy, transaction)
      rare(copy, transaction)
    },
    end: copy.end
  }
}
