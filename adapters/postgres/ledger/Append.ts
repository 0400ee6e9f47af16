/**
 * A batch as one script, so one transaction and one round trip: the fence, then new and changed rows of the tables that the
 * batch has rows for, by prepared statements.
 *
 * Accounts and holds are changed only where they still are what the writer knows, and every change must find its row. Row
 * locks are taken in no promised order, which is safe because a ledger has one writer. Rows go in the order of their keys
 * where keys are scattered: neighbours in an index are then written together.
 */
import type { Instant } from "../../../domain/calendar/index.ts"
import type { TransactionId } from "../../../domain/ids/index.ts"
import type { Hold, Transaction } from "../../../domain/ledger/index.ts"
import { quotedLiteral } from "../Columns.ts"
import { uuidOf } from "../Uuid.ts"
import type { AccountCache, Change } from "./AccountCache.ts"
import type { Request } from "./Admission.ts"
import {
  answerRows,
  changedRows,
  type Decided,
  heldRows,
  legRows,
  newHoldRows,
  openedRows,
  overRows,
  postedRows,
  type Rows,
  wholeReceipt
} from "./BatchColumns.ts"
import { type Epoch, fence } from "./Epoch.ts"
import type { Journaled } from "./Journal.ts"
import { batchRows, nodeRows } from "./JournalColumns.ts"
import { isPair, isPlain, type Placed, plainRows, sameColumns, sameOf, transactionRows } from "./TransactionRows.ts"

/** Everything that a batch writes. */
export interface Appended {
  readonly bookedAt: Instant.Instant
  readonly decided: ReadonlyArray<Decided>
  readonly transactions: ReadonlyArray<Transaction.Transaction>
  /** UUIDs of the transactions, by their ids. */
  readonly uuids: ReadonlyMap<TransactionId, string>
  readonly accounts: ReadonlyArray<Change>
  readonly newHolds: ReadonlyArray<Hold.Hold>
  readonly changedHolds: ReadonlyArray<Hold.Hold>
}

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

const updatingAccounts = (ledger: number, rows: Table): string =>
  updating(`update ledger.account stored
    set ${rows.columns.slice(1, -1).map(({ name }) => `${name} = rows.${name}`)}
    from ${updated(ledger, rows)}
    where ${found("account_id")} and stored.version = rows.version_before`)

const updatingHolds = (ledger: number, rows: Table): string =>
  updating(`update ledger.hold stored set captured = rows.captured, status = rows.status from ${updated(ledger, rows)}
    where ${found("hold_id")} and stored.status = 'authorized'`)

// Arrays of arrays come as texts.
const cast = (name: string): string =>
  name === "accounts" ? "rows.accounts::uuid[]" : name === "sequences" ? "rows.sequences::bigint[]" : `rows.${name}`

/** Inserts transactions; the parameters after the columns are the time of booking and what is the same for all. */
const insertingTransactions = (ledger: number, rows: Table, same: ReadonlyArray<string> = []): string => {
  const after = rows.columns.length + 1
  const values = [
    ...rows.columns.map(({ name }) => cast(name)),
    ...["booked_at", ...same].map((_, at) => `$${after + at}`)
  ]
  return `insert into ledger.transaction (ledger_id, ${names(rows)}, ${["booked_at", ...same].join(", ")})
    select ${ledger}, ${values.join(", ")} from ${rowsOf(rows)}`
}

/** The tables of a batch but for its plain transactions, in the order in which they are written. */
const tablesOf = (uuids: Parameters<typeof answerRows>[0]) => ({
  transactions: transactionRows(),
  legs: legRows(),
  answers: answerRows(uuids),
  posted: overRows(postedRows()),
  changed: overRows(changedRows()),
  opened: openedRows(),
  new_holds: newHoldRows(uuids),
  changed_holds: heldRows(),
  journal: batchRows(),
  nodes: nodeRows()
})

type Tables = ReturnType<typeof tablesOf>

/** The script that makes a session ready to run those of batches. */
export const prepareAppend = (ledger: number): string => {
  const tables = tablesOf({ account: uuidOf, transaction: uuidOf })
  const plain = plainRows()
  const same = sameColumns.map(([name]) => name)
  const sameTypes = sameColumns.map(([, type]) => type).join(", ")
  const inserted = (name: keyof Tables, table: string, order?: string): string =>
    `prepare ${name} (${types(tables[name])}) as ${inserting(ledger, table, tables[name], order)}`
  const changed = (name: keyof Tables, updating: typeof updatingHolds): string =>
    `prepare ${name} (${types(tables[name])}) as ${updating(ledger, tables[name])}`
  return [
    `prepare plain (${types(plain)}, timestamptz, ${sameTypes}) as ${insertingTransactions(ledger, plain, same)}`,
    `prepare transactions (${types(tables.transactions)}, timestamptz)
      as ${insertingTransactions(ledger, tables.transactions)}`,
    inserted("legs", "leg", "account_id, sequence"),
    inserted("answers", "answer", "key"),
    changed("posted", updatingAccounts),
    changed("changed", updatingAccounts),
    inserted("opened", "account"),
    inserted("new_holds", "hold"),
    changed("changed_holds", updatingHolds),
    inserted("journal", "batch"),
    inserted("nodes", "node")
  ].join(";\n")
}

const executed = (name: string, { columns }: Table, more: ReadonlyArray<string> = []): string =>
  `execute ${name} (${[...columns.map(({ literal }) => literal()), ...more].map(quotedLiteral).join(", ")})`

/** The requests that a transaction is the whole answer to. */
const answeredBy = (decided: ReadonlyArray<Decided>): ReadonlyMap<Transaction.Transaction, Request> => {
  const requests = new Map<Transaction.Transaction, Request>()
  for (const each of decided) {
    const transaction = wholeReceipt(each)
    if (transaction !== undefined) requests.set(transaction, each.request)
  }
  return requests
}

/** Plain transactions that are alike go together, as long as they are of few sorts. */
const sortsMax = 8

interface Sort {
  readonly same: ReadonlyArray<string>
  readonly rows: Rows<Placed>
}

const sorting = (others: Rows<Placed>) => {
  const sorts = new Map<string, Sort>()
  const sortOf = (transaction: Transaction.Transaction): Sort | undefined => {
    const same = sameOf(transaction)
    const name = same.join(" ")
    const known = sorts.get(name)
    if (known !== undefined || sorts.size === sortsMax) return known
    const sort = { same, rows: plainRows() }
    sorts.set(name, sort)
    return sort
  }
  return {
    sorts,
    add: (placed: Placed): void => {
      const sort = isPlain(placed.transaction) ? sortOf(placed.transaction) : undefined
      const rows = sort?.rows ?? others
      rows.add(placed)
    }
  }
}

/** The script of the batch as the next of this epoch, with what it adds to the journal. */
export const append = (epoch: Epoch, { row, nodes }: Journaled, batch: Appended, cache: AccountCache): string => {
  const uuids = {
    account: cache.uuid,
    transaction: (id: TransactionId): string => batch.uuids.get(id) ?? uuidOf(id)
  }
  const tables = tablesOf(uuids)
  const plain = sorting(tables.transactions)
  const requests = answeredBy(batch.decided)
  batch.transactions.forEach((transaction, index) => {
    const uuid = uuids.transaction(transaction.id)
    const accounts = transaction.entries.map(({ accountId }) => uuids.account(accountId))
    plain.add({ transaction, uuid, accounts, number: row.first + index, request: requests.get(transaction) })
    if (isPair(transaction)) return
    for (const [place, entry] of transaction.entries.entries())
      tables.legs.add({ entry, account: accounts[place] ?? "", transaction: uuid })
  })
  for (const each of batch.decided) if (wholeReceipt(each) === undefined) tables.answers.add(each)
  for (const change of batch.accounts)
    if (change.difference === "opened") tables.opened.add(change.after)
    else tables[change.difference].add(change)
  for (const hold of batch.newHolds) tables.new_holds.add(hold)
  for (const hold of batch.changedHolds) tables.changed_holds.add(hold)
  tables.journal.add(row)
  for (const node of nodes) tables.nodes.add(node)
  const bookedAt = new Date(batch.bookedAt).toISOString()
  const statements = [fence(epoch, row)]
  for (const { rows, same } of plain.sorts.values()) statements.push(executed("plain", rows, [bookedAt, ...same]))
  for (const [name, rows] of Object.entries(tables))
    if (rows.count() > 0) statements.push(executed(name, rows, name === "transactions" ? [bookedAt] : []))
  return statements.join(";\n")
}
