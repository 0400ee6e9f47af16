/** The journal's rows as the columns of their tables. */
import type { Tree } from "../../../domain/proofs/index.ts"
import { column } from "../Columns.ts"
import { hexOf } from "../Uuid.ts"
import { type Rows, rowsOf } from "./BatchColumns.ts"
import type { JournalRow } from "./Journal.ts"

// As an element of an array literal, where a backslash is doubled.
const bytea = (bytes: Uint8Array): string => `"\\\\x${hexOf(bytes)}"`

export const batchRows = (): Rows<JournalRow> => {
  const number = column("number", "bigint")
  const bookedAt = column("booked_at", "timestamptz")
  const first = column("first", "bigint")
  const transactions = column("transactions", "integer")
  const leaves = column("leaves", "bytea")
  const content = column("content", "bytea")
  const root = column("root", "bytea")
  const hash = column("hash", "bytea")
  return rowsOf([number, bookedAt, first, transactions, leaves, content, root, hash], (row) => {
    number.add(row.number)
    bookedAt.add(new Date(row.bookedAt).toISOString())
    first.add(row.first)
    transactions.add(row.transactions)
    leaves.add(bytea(row.leaves))
    content.add(bytea(row.content))
    root.add(bytea(row.root))
    hash.add(bytea(row.hash))
  })
}

/** Nodes of every eighth level. */
export const nodeRows = (): Rows<Tree.CompletedNode> => {
  const level = column("level", "smallint")
  const index = column("index", "bigint")
  const hash = column("hash", "bytea")
  return rowsOf([level, index, hash], (node) => {
    level.add(node.level)
    index.add(node.index)
    hash.add(bytea(node.hash))
  })
}
