/** Transactions as the columns of their rows. */
import type { Transaction } from "../../../domain/ledger/index.ts"
import { column, quoted } from "../Columns.ts"
import { uuidOf } from "../Uuid.ts"
import type { Request } from "./Admission.ts"
import { type Rows, rowsOf } from "./BatchColumns.ts"

/** A transaction with what its row says besides it. */
export interface Placed {
  readonly transaction: Transaction.Transaction
  /** Its own UUID and those of its entries' accounts, as 32 hexadecimal digits. */
  readonly uuid: string
  readonly accounts: ReadonlyArray<string>
  /** Its place among the ledger's transactions, from 0. */
  readonly number: number
  /** The request that it is the whole answer to. */
  readonly request: Request | undefined
}

/** Is the transaction one row, without rows of its entries? */
export const isPair = ({ entries }: Transaction.Transaction): boolean => entries.length === 2

/** Has the transaction two entries, and none of the columns that most lack? */
export const isPlain = (transaction: Transaction.Transaction): boolean => {
  const { description, metadata, reverses, holdId } = transaction
  return (
    isPair(transaction) &&
    description === undefined &&
    metadata === undefined &&
    reverses === undefined &&
    holdId === undefined
  )
}

/** The columns that every transaction has of its own. */
const ownRows = (): Rows<Placed> => {
  const id = column("transaction_id", "uuid")
  const number = column("number", "bigint")
  const key = column("key", "uuid")
  const fingerprint = column("fingerprint", "uuid")
  return rowsOf([id, number, key, fingerprint], (placed) => {
    id.add(placed.uuid)
    number.add(placed.number)
    key.add(placed.request?.keyDigest)
    fingerprint.add(placed.request?.first.fingerprint)
  })
}

/** The two entries of a transaction that has two. */
const pairRows = (): Rows<Placed> => {
  const names = ["account_1", "account_2"].map((name) => column(name, "uuid"))
  const numbers = ["sequence_1", "sequence_2", "balance_1", "balance_2", "amount"].map((name) => column(name, "bigint"))
  const [account1, account2] = names
  const [sequence1, sequence2, balance1, balance2, amount] = numbers
  return rowsOf([...names, ...numbers], ({ transaction, accounts }) => {
    const [first, second] = isPair(transaction) ? transaction.entries : []
    account1?.add(first === undefined ? undefined : accounts[0])
    account2?.add(second === undefined ? undefined : accounts[1])
    sequence1?.add(first?.sequence)
    sequence2?.add(second?.sequence)
    balance1?.add(first?.balance.minor)
    balance2?.add(second?.balance.minor)
    amount?.add(first?.amount.minor)
  })
}

/** Plain transactions that are alike in what `sameOf` tells. */
export const plainRows = (): Rows<Placed> => {
  const [own, pair] = [ownRows(), pairRows()]
  return rowsOf([...own.columns, ...pair.columns], (placed) => {
    own.add(placed)
    pair.add(placed)
  })
}

/** The columns in which plain transactions are mostly alike, with their types. */
export const sameColumns = [
  ["kind", "ledger.transaction_kind"],
  ["value_date", "date"],
  ["side", "ledger.side"],
  ["currency", "text"]
] as const

/** What a plain transaction says in those columns. */
export const sameOf = ({ kind, valueDate, entries: [first] }: Transaction.Transaction): ReadonlyArray<string> => [
  kind,
  valueDate,
  first?.side ?? "",
  first?.amount.currency ?? ""
]

/** Transactions with all columns. */
export const transactionRows = (): Rows<Placed> => {
  const plain = plainRows()
  const same = sameColumns.map(([name, type]) => column(name, type))
  // Arrays of arrays must be rectangular, so these go as texts.
  const accounts = column("accounts", "text")
  const sequences = column("sequences", "text")
  const reverses = column("reverses", "uuid")
  const hold = column("hold_id", "uuid")
  const description = column("description", "text")
  const metadata = column("metadata", "json")
  const columns = [...plain.columns, ...same, accounts, sequences, reverses, hold, description, metadata]
  return rowsOf(columns, (placed) => {
    const { transaction } = placed
    const isList = !isPair(transaction)
    plain.add(placed)
    sameOf(transaction).forEach((value, index) => {
      const isOfPair = sameColumns[index]?.[0] === "side" || sameColumns[index]?.[0] === "currency"
      same[index]?.add(isOfPair && isList ? undefined : value)
    })
    accounts.add(isList ? quoted(`{${placed.accounts.join(",")}}`) : undefined)
    sequences.add(isList ? quoted(`{${transaction.entries.map(({ sequence }) => sequence).join(",")}}`) : undefined)
    reverses.add(transaction.reverses === undefined ? undefined : uuidOf(transaction.reverses))
    hold.add(transaction.holdId === undefined ? undefined : uuidOf(transaction.holdId))
    description.add(transaction.description === undefined ? undefined : quoted(transaction.description))
    metadata.add(transaction.metadata === undefined ? undefined : quoted(JSON.stringify(transaction.metadata)))
  })
}
