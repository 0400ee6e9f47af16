/**
 * A batch as one script, so one transaction and one round trip: the copy of its transactions, the fence, then new and
 * changed rows of the tables that the batch has rows for, by prepared statements.
 *
 * The copy comes before the fence. Its data is what the server may have to wait for, and while it does, it has locked
 * nothing that another writer needs: a transaction's id is its own, where keys of other tables are the next writer's, too.
 *
 * Accounts and holds are changed only where they still are what the writer knows, and every change must find its row. Row
 * locks are taken in no promised order, which is safe because a ledger has one writer. Rows go in the order of their keys
 * where keys are scattered: neighbours in an index are then written together.
 */
import { quotedLiteral } from "../Columns.ts"
import type { Appended } from "./Appended.ts"
import {
  answerRows,
  changedRows,
  heldRows,
  legRows,
  newHoldRows,
  openedRows,
  overRows,
  postedRows,
  type Rows
} from "./BatchColumns.ts"
import { type Epoch, fence } from "./Epoch.ts"
import type { Journaled } from "./Journal.ts"
import { executeJournal, nodeRows, prepareJournal } from "./JournalColumns.ts"
import { copyTransactions, isPair, transactionRows } from "./TransactionRows.ts"

type Table = Pick<Rows<never>, "columns" | "count">

const names = ({ columns }: Table): string => columns.map(({ name }) => name).join(", ")
const types = ({ columns }: Table): string => columns.map(({ type }) => `${type}[]`).join(", ")

/** The rows of the statement's parameters. Unnested side by side in a select they need not be stored in between. */
const rowsOf = ({ columns }: Table, order?: string): string =>
  `(select ${columns.map(({ name, type }, index) => `unnest($${index + 1}::${type}[]) as ${name}`).join(", ")}
    ${order === undefined ? "" : `order by ${order}`}) rows`

const inserting = (ledger: number, table: string, rows: Table, order?: string): string =>
  `insert into ledger.${table} (ledger_id, ${names(rows)}) select ${ledger}, rows.* from ${rowsOf(rows, order)}`

/** An update that fails unless it finds every row. */
const updating = (update: string): string =>
  `with found as (${update} returning 1)
    select ledger.expect_rows((select count(*) from found), cardinality($1::uuid[]))`

/**
 * Finds a row by the key that `rows` names, one index search each. It says `= any (array[…])` because the planner can join
 * by an equality in either order, and would read the whole table for each row if it plans while the table is small.
 */
const found = (key: string): string =>
  `stored.ledger_id = any (array[rows.ledger_id]) and stored.${key} = any (array[rows.${key}])`

const updated = (ledger: number, rows: Table): string =>
  `(select ${ledger} as ledger_id, rows.* from ${rowsOf(rows, rows.columns[0]?.name)} offset 0) rows`

/** The number of the last transaction, up to which rows of accounts count all: they are the accounts after the batch. */
const countedTo = ({ columns }: Table): string => `$${columns.length + 1}::bigint`

const openingAccounts = (ledger: number, rows: Table): string =>
  `insert into ledger.account (ledger_id, counted_to, ${names(rows)})
    select ${ledger}, ${countedTo(rows)}, rows.* from ${rowsOf(rows)}`

const updatingAccounts = (ledger: number, rows: Table): string =>
  updating(`update ledger.account stored
    set counted_to = ${countedTo(rows)}, ${rows.columns.slice(1, -1).map(({ name }) => `${name} = rows.${name}`)}
    from ${updated(ledger, rows)}
    where ${found("account_id")} and stored.version = rows.version_before`)

const updatingHolds = (ledger: number, rows: Table): string =>
  updating(`update ledger.hold stored set captured = rows.captured, status = rows.status from ${updated(ledger, rows)}
    where ${found("hold_id")} and stored.status = 'authorized'`)

/** The tables of a batch but for its transactions, in the order in which they are written. */
const tablesOf = () => ({
  legs: legRows(),
  answers: answerRows(),
  posted: overRows(postedRows()),
  changed: overRows(changedRows()),
  opened: openedRows(),
  new_holds: newHoldRows(),
  changed_holds: heldRows(),
  nodes: nodeRows()
})

type Tables = ReturnType<typeof tablesOf>

/**
 * The script that makes a session ready to run those of batches. Each statement takes the columns of its rows and, whether it
 * needs it or not, the number of the last transaction.
 */
export const prepareAppend = (ledger: number): string => {
  const tables = tablesOf()
  const prepared = (name: keyof Tables, statement: string): string =>
    `prepare ${name} (${types(tables[name])}, bigint) as ${statement}`
  const inserted = (name: keyof Tables, table: string, order?: string): string =>
    prepared(name, inserting(ledger, table, tables[name], order))
  return [
    inserted("legs", "leg", "account_id, sequence"),
    inserted("answers", "answer", "key"),
    prepared("posted", updatingAccounts(ledger, tables.posted)),
    prepared("changed", updatingAccounts(ledger, tables.changed)),
    prepared("opened", openingAccounts(ledger, tables.opened)),
    inserted("new_holds", "hold"),
    prepared("changed_holds", updatingHolds(ledger, tables.changed_holds)),
    prepareJournal(ledger),
    inserted("nodes", "node")
  ].join(";\n")
}

/** Runs one of those statements with these rows. */
export const executed = (name: string, rows: Table, numberLast: number): string =>
  `execute ${name} (${rows.columns.map(({ literal }) => quotedLiteral(literal())).join(", ")}, ${numberLast})`

/** A batch as it goes to the server: a script, and the data of the copies it begins with. */
export interface Script {
  readonly text: string
  readonly copies: ReadonlyArray<Uint8Array>
}

/** The batch as the next of this epoch, with what it adds to the journal. */
export const append = (epoch: Epoch, { row, nodes }: Journaled, batch: Appended): Script => {
  const tables = tablesOf()
  const transactions = transactionRows(epoch.ledger, batch.transactions.length)
  const { answers } = batch
  batch.transactions.forEach((transaction, index) => {
    transactions.add({ transaction, number: row.first + index, request: answers.wholly[index] })
    if (isPair(transaction)) return
    for (const entry of transaction.entries) tables.legs.add({ entry, transaction: transaction.id })
  })
  for (const each of answers.otherwise) tables.answers.add(each)
  for (const change of batch.accounts)
    if (change.difference === "opened") tables.opened.add(change.after)
    else tables[change.difference].add(change)
  for (const hold of batch.newHolds) tables.new_holds.add(hold)
  for (const hold of batch.changedHolds) tables.changed_holds.add(hold)
  for (const node of nodes) tables.nodes.add(node)
  const statements = [fence(epoch, row), executeJournal(row)]
  const numberLast = row.first + batch.transactions.length - 1
  for (const [name, rows] of Object.entries(tables))
    if (rows.count() > 0) statements.push(executed(name, rows, numberLast))
  if (batch.transactions.length === 0) return { text: statements.join(";\n"), copies: [] }
  return { text: [copyTransactions, ...statements].join(";\n"), copies: [transactions.end()] }
}
