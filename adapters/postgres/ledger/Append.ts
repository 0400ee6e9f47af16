/**
 * Writes a decided batch: one statement, so one transaction and one round trip.
 *
 * Its phases, all or none: the fence (an update of the ledger's row: a takeover waits for the batch, or the batch fails); inserts of transactions, entries, answers, new accounts and holds; updates of accounts and holds, each by its
 * primary key and, for accounts, by the version the writer knows; the check that every update found its row. Row locks
 * are taken in the order of the batch, which is safe because a ledger has one writer.
 *
 * A statement names only the tables that a batch has rows for; about a dozen shapes are prepared on the connection.
 */
import type { Instant } from "../../../domain/calendar/index.ts"
import type { AccountId, LedgerId, TransactionId } from "../../../domain/ids/index.ts"
import type { Hold, Transaction } from "../../../domain/ledger/index.ts"
import { uuidOf } from "../Uuid.ts"
import type { CachedAccount, Change } from "./AccountCache.ts"
import {
  answerColumns,
  type Columns,
  type Decided,
  entryColumns,
  heldColumns,
  isPlain,
  linkColumns,
  newAccountColumns,
  newHoldColumns,
  outcomeColumns,
  postedColumns,
  stateColumns,
  transactionColumns,
  wholeReceipt
} from "./BatchColumns.ts"

/** Everything that a batch writes. */
export interface Appended {
  readonly bookedAt: Instant.Instant
  readonly decided: ReadonlyArray<Decided>
  readonly transactions: ReadonlyArray<Transaction.Transaction>
  readonly accounts: ReadonlyArray<Change>
  readonly newHolds: ReadonlyArray<Hold.Hold>
  readonly changedHolds: ReadonlyArray<Hold.Hold>
}

/** A statement with its parameters. */
export interface Statement {
  readonly text: string
  readonly parameters: ReadonlyArray<string>
}

/** Rows for one table, as one common table expression. Updates must find all their rows. */
interface Part {
  readonly name: string
  readonly rows: number
  readonly columns: Columns
  readonly sql: (source: string) => string
  readonly isUpdate: boolean
}

/** `booked_at` is the same for a batch's transactions. */
const inserted = (name: string, table: string, rows: number, columns: Columns, isBooked = false): Part => ({
  name,
  rows,
  columns,
  sql: (source) => {
    const names = columns.map(([column]) => column).join(", ")
    return isBooked
      ? `insert into ledger.${table} (ledger_id, booked_at, ${names}) select $1, $4::timestamptz, rows.* from ${source}`
      : `insert into ledger.${table} (ledger_id, ${names}) select $1, rows.* from ${source}`
  },
  isUpdate: false
})

const updatedAccounts = (name: string, rows: number, columns: Columns): Part => ({
  name,
  rows,
  columns,
  sql: (source) => {
    const set = columns.slice(2).map(([column]) => `${column} = rows.${column}`)
    return `update ledger.account stored set version = rows.known + 1, ${set.join(", ")} from ${source}
      where stored.ledger_id = $1 and stored.account_id = rows.account_id and stored.version = rows.known returning 1`
  },
  isUpdate: true
})

const updatedHolds = (name: string, rows: number, columns: Columns): Part => ({
  name,
  rows,
  columns,
  sql: (source) => `update ledger.hold stored set captured = rows.captured, status = rows.status from ${source}
    where stored.ledger_id = $1 and stored.hold_id = rows.hold_id and stored.status = 'authorized' returning 1`,
  isUpdate: true
})

/** Did nothing change but what is posted? Most accounts of most batches: fewer columns are sent and compared. */
const isPosted = (before: CachedAccount, { account, short }: CachedAccount): boolean =>
  before.account.pendingDebits === account.pendingDebits &&
  before.account.pendingCredits === account.pendingCredits &&
  before.account.openHolds === account.openHolds &&
  before.account.overdraftLimit === account.overdraftLimit &&
  before.account.restriction === account.restriction &&
  before.account.revision === account.revision &&
  before.account.closed === account.closed &&
  before.short === short

const partition = <A>(
  rows: ReadonlyArray<A>,
  is: (row: A) => boolean
): readonly [ReadonlyArray<A>, ReadonlyArray<A>] => {
  const [yes, no]: [Array<A>, Array<A>] = [[], []]
  for (const row of rows) (is(row) ? yes : no).push(row)
  return [yes, no]
}

const partsOf = (batch: Appended): ReadonlyArray<Part> => {
  const { transactions, accounts, decided, newHolds, changedHolds } = batch
  const transactionUuids = new Map<TransactionId, string>(transactions.map(({ id }) => [id, uuidOf(id)]))
  const accountUuids = new Map<AccountId, string>(accounts.map(({ after }) => [after.account.id, after.uuid]))
  const transactionUuid = (id: TransactionId): string => transactionUuids.get(id) ?? uuidOf(id)
  const accountUuid = (id: AccountId): string => accountUuids.get(id) ?? uuidOf(id)

  const [plainTransactions, linked] = partition(transactions, isPlain)
  const [whole, told] = partition(decided, (each) => wholeReceipt(each) !== undefined)
  const [known, opened] = partition(accounts, ({ before }) => before !== undefined)
  const [posted, changed] = partition(known, ({ before, after }) => before !== undefined && isPosted(before, after))
  const entries = transactions.reduce((count, each) => count + each.entries.length, 0)

  const parts: Array<Part> = []
  const add = (rows: number, part: () => Part): void => {
    if (rows > 0) parts.push(part())
  }
  add(plainTransactions.length, () =>
    inserted(
      "transactions",
      "transaction",
      plainTransactions.length,
      transactionColumns(plainTransactions, transactionUuid),
      true
    )
  )
  add(linked.length, () =>
    inserted(
      "linked",
      "transaction",
      linked.length,
      [...transactionColumns(linked, transactionUuid), ...linkColumns(linked)],
      true
    )
  )
  add(entries, () => inserted("entries", "entry", entries, entryColumns(transactions, transactionUuid, accountUuid)))
  add(whole.length, () => inserted("answers", "answer", whole.length, answerColumns(whole, transactionUuid)))
  add(told.length, () =>
    inserted("told", "answer", told.length, [...answerColumns(told, transactionUuid), ...outcomeColumns(told)])
  )
  add(posted.length, () => updatedAccounts("posted", posted.length, postedColumns(posted)))
  add(changed.length, () =>
    updatedAccounts("changed", changed.length, [...postedColumns(changed), ...stateColumns(changed)])
  )
  add(opened.length, () => inserted("opened", "account", opened.length, newAccountColumns(opened)))
  add(newHolds.length, () => inserted("held", "hold", newHolds.length, newHoldColumns(newHolds)))
  add(changedHolds.length, () => updatedHolds("unheld", changedHolds.length, heldColumns(changedHolds)))
  return parts
}

/** The statement that writes the batch as the next of this epoch, after `batches` others of the ledger. */
export const append = (ledgerId: LedgerId, epoch: bigint, batches: bigint, batch: Appended): Statement => {
  const parts = partsOf(batch)
  const updates = parts.filter(({ isUpdate }) => isUpdate)
  const parameters = [uuidOf(ledgerId), String(epoch), String(batches), new Date(batch.bookedAt).toISOString()]
  parameters.push(String(updates.reduce((rows, part) => rows + part.rows, 0)))
  const expressions = parts.map(({ name, columns, sql }) => {
    const arrays = columns.map(([, type, literal]) => `$${parameters.push(literal)}::${type}[]`)
    return `${name} as (${sql(`unnest(${arrays.join(", ")}) rows (${columns.map(([column]) => column).join(", ")})`)})`
  })
  const counts = ["0", ...updates.map(({ name }) => `(select count(*) from ${name})`)].join(" + ")
  return {
    // The fourth parameter is named even where no transaction uses it: each parameter must have a type.
    text: `with ${expressions.join(",\n")}
      select ledger.fence($1::uuid, $2::bigint, $3::bigint), ledger.expect_rows(${counts}, $5::bigint)
      where $4::timestamptz is not null`,
    parameters
  }
}
