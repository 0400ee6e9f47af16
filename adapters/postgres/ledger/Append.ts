/**
 * Writes a decided batch: one statement, so one transaction and one round trip.
 *
 * Its phases, all or none: the fence (an update of the ledger's row: a takeover waits for the batch, or the batch fails);
 * inserts of transactions, entries, answers, new accounts and holds; updates of accounts and holds, each by its primary
 * key and, for accounts, by the version the writer knows; the check that every update found its row. Row locks are taken
 * in no promised order, which is safe because a ledger has one writer.
 *
 * Rows go in the order of their keys, where keys are scattered: neighbours in an index are then written together. A
 * statement names only the tables that a batch has rows for; about a dozen shapes are prepared on the connection.
 */
import type { Instant } from "../../../domain/calendar/index.ts"
import type { TransactionId } from "../../../domain/ids/index.ts"
import type { Hold, Transaction } from "../../../domain/ledger/index.ts"
import type { Column } from "../Columns.ts"
import { uuidOf } from "../Uuid.ts"
import type { AccountCache, Change } from "./AccountCache.ts"
import {
  answerRows,
  changedRows,
  type Decided,
  entryRows,
  heldRows,
  linkedRows,
  newHoldRows,
  openedRows,
  postedRows,
  type Rows,
  toldRows,
  transactionRows,
  wholeReceipt
} from "./BatchColumns.ts"
import type { Epoch } from "./Epoch.ts"

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

/** A statement with its parameters. */
export interface Statement {
  readonly text: string
  readonly parameters: ReadonlyArray<string>
}

/** The rows of one table, as one common table expression. Updates must find all their rows. */
interface Part {
  readonly name: string
  readonly rows: number
  readonly columns: ReadonlyArray<Column>
  readonly sql: (source: string) => string
  readonly isUpdate: boolean
}

const names = (columns: ReadonlyArray<Column>): string => columns.map(({ name }) => name).join(", ")

const inserted = (name: string, table: string, { columns, count }: Rows<never>, order?: string): Part => ({
  name,
  rows: count(),
  columns,
  sql: (source) =>
    `insert into ledger.${table} (ledger_id, ${names(columns)})
      select $1, rows.* from ${source} ${order === undefined ? "" : `order by ${order}`}`,
  isUpdate: false
})

/** `booked_at` is the same for all of a batch; the places of entries come as texts. */
const insertedTransactions = (name: string, { columns, count }: Rows<never>): Part => ({
  name,
  rows: count(),
  columns,
  sql: (source) => {
    const values = columns.map((each) => {
      const value = `rows.${each.name}`
      return each.name === "accounts" ? `${value}::uuid[]` : each.name === "sequences" ? `${value}::bigint[]` : value
    })
    return `insert into ledger.transaction (ledger_id, booked_at, ${names(columns)})
      select $1, $4::timestamptz, ${values.join(", ")} from ${source}`
  },
  isUpdate: false
})

const updatedAccounts = (name: string, { columns, count }: Rows<never>): Part => ({
  name,
  rows: count(),
  columns,
  sql: (source) => {
    const set = columns.slice(1).map((each) => `${each.name} = rows.${each.name}`)
    return `update ledger.account stored set ${set.join(", ")}
      from (select * from ${source} order by rows.account_id) rows
      where stored.ledger_id = $1 and stored.account_id = rows.account_id and stored.version = rows.version - 1
      returning 1`
  },
  isUpdate: true
})

const updatedHolds = (name: string, { columns, count }: Rows<never>): Part => ({
  name,
  rows: count(),
  columns,
  sql: (source) => `update ledger.hold stored set captured = rows.captured, status = rows.status from ${source}
    where stored.ledger_id = $1 and stored.hold_id = rows.hold_id and stored.status = 'authorized' returning 1`,
  isUpdate: true
})

/** Has the transaction none of the columns that most lack? */
const isPlain = ({ description, metadata, reverses, holdId }: Transaction.Transaction): boolean =>
  description === undefined && metadata === undefined && reverses === undefined && holdId === undefined

const partsOf = (batch: Appended, cache: AccountCache): ReadonlyArray<Part> => {
  const uuids = {
    account: cache.uuid,
    transaction: (id: TransactionId): string => batch.uuids.get(id) ?? uuidOf(id)
  }
  const [transactions, linked, entries] = [transactionRows(), linkedRows(), entryRows()]
  for (const transaction of batch.transactions) {
    const uuid = uuids.transaction(transaction.id)
    const accounts = transaction.entries.map((entry) => {
      const account = uuids.account(entry.accountId)
      entries.add({ entry, account, transaction: uuid })
      return account
    })
    const rows = isPlain(transaction) ? transactions : linked
    rows.add({ transaction, uuid, accounts })
  }
  const [answers, told] = [answerRows(uuids), toldRows(uuids)]
  for (const each of batch.decided) (wholeReceipt(each) === undefined ? told : answers).add(each)
  const accounts = { opened: openedRows(), posted: postedRows(), changed: changedRows() }
  for (const { difference, after } of batch.accounts) accounts[difference].add(after)
  const [newHolds, changedHolds] = [newHoldRows(uuids), heldRows()]
  for (const hold of batch.newHolds) newHolds.add(hold)
  for (const hold of batch.changedHolds) changedHolds.add(hold)
  return [
    insertedTransactions("transactions", transactions),
    insertedTransactions("linked", linked),
    inserted("entries", "entry", entries, "rows.account_id, rows.sequence"),
    inserted("answers", "answer", answers, "rows.key"),
    inserted("told", "answer", told, "rows.key"),
    updatedAccounts("posted", accounts.posted),
    updatedAccounts("changed", accounts.changed),
    inserted("opened", "account", accounts.opened),
    inserted("held", "hold", newHolds),
    updatedHolds("unheld", changedHolds)
  ].filter(({ rows }) => rows > 0)
}

/** The statement that writes the batch as the next of this epoch, after `batches` others of the ledger. */
export const append = ({ ledger, epoch, batches }: Epoch, batch: Appended, cache: AccountCache): Statement => {
  const parts = partsOf(batch, cache)
  const updates = parts.filter(({ isUpdate }) => isUpdate)
  const parameters = [String(ledger), String(epoch), String(batches), new Date(batch.bookedAt).toISOString()]
  parameters.push(String(updates.reduce((rows, part) => rows + part.rows, 0)))
  const expressions = parts.map(({ name, columns, sql }) => {
    const arrays = columns.map(({ type, literal }) => `$${parameters.push(literal())}::${type}[]`)
    return `${name} as (${sql(`unnest(${arrays.join(", ")}) rows (${names(columns)})`)})`
  })
  const counts = ["0", ...updates.map(({ name }) => `(select count(*) from ${name})`)].join(" + ")
  return {
    // The fourth parameter is named even where no transaction uses it: each parameter must have a type.
    text: `with ${expressions.join(",\n")}
      select ledger.fence($1::integer, $2::bigint, $3::bigint), ledger.expect_rows(${counts}, $5::bigint)
      where $4::timestamptz is not null`,
    parameters
  }
}
