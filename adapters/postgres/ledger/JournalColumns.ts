/** The journal's rows as the columns of their tables. */
import type { Tree } from "../../../domain/proofs/index.ts"
import { column } from "../Columns.ts"
import { hexOf } from "../Uuid.ts"
import { type Rows, rowsOf } from "./BatchColumns.ts"
import type { JournalRow } from "./Journal.ts"

const literal = (bytes: Uint8Array): string => `'\\x${hexOf(bytes)}'`

/** The statement that adds a row to the journal of the ledger with this number. */
export const prepareJournal = (ledger: number): string =>
  `prepare journal (bigint, timestamptz, bigint, integer, bytea, bytea, bytea, bytea) as
    insert into ledger.batch (ledger_id, number, booked_at, first, transactions, leaves, content, root, hash)
    values (${ledger}, $1, $2, $3, $4, $5, $6, $7, $8)`

/** Adds the row to the journal. */
export const executeJournal = ({ number, bookedAt, first, transactions, ...row }: JournalRow): string => {
  const bytes = [row.leaves, row.content, row.root, row.hash].map(literal).join(", ")
  return `execute journal (${number}, '${new Date(bookedAt).toISOString()}', ${first}, ${transactions}, ${bytes})`
}

// As an element of an array literal, where a backslash is doubled.
const element = (bytes: Uint8Array): string => `"\\\\x${hexOf(bytes)}"`

/** Nodes of every eighth level. */
export const nodeRows = (): Rows<Tree.CompletedNode> => {
  const level = column("level", "smallint")
  const index = column("index", "bigint")
  const hash = column("hash", "bytea")
  return rowsOf([level, index, hash], (node) => {
    level.add(node.level)
    index.add(node.index)
    hash.add(element(node.hash))
  })
}
