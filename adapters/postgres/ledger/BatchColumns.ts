/** A decided batch as the columns of its rows. */
import { Result, Schema } from "effect"
import type { Instant } from "../../../domain/calendar/index.ts"
import type { AccountId, TransactionId } from "../../../domain/ids/index.ts"
import { type Hold, Receipt, Rejection, type Transaction } from "../../../domain/ledger/index.ts"
import { nullable, plain, texts } from "../Columns.ts"
import { uuidOf } from "../Uuid.ts"
import type { Change } from "./AccountCache.ts"
import type { Request } from "./Admission.ts"

/** A command's outcome, to be stored under its key. */
export interface Decided {
  readonly request: Request
  readonly outcome: Result.Result<Receipt.Receipt, Rejection.Rejection>
}

/** The columns of one table: their names, the types of their elements, and their values as array literals. */
export type Columns = ReadonlyArray<readonly [name: string, type: string, literal: string]>

/** The UUID of an id that occurs often. */
export type UuidOf<Id extends string> = (id: Id) => string

const ids = (values: ReadonlyArray<string>): string => plain(values.map(uuidOf))
const optionalIds = (values: ReadonlyArray<string | undefined>): string =>
  nullable(values.map((id) => (id === undefined ? undefined : uuidOf(id))))
const json = (value: unknown): string | undefined => (value === undefined ? undefined : JSON.stringify(value))
const timestamp = (instant: Instant.Instant): string => new Date(instant).toISOString()

/** Has the transaction none of the columns that most lack? */
export const isPlain = ({ description, metadata, reverses, holdId }: Transaction.Transaction): boolean =>
  description === undefined && metadata === undefined && reverses === undefined && holdId === undefined

export const transactionColumns = (
  rows: ReadonlyArray<Transaction.Transaction>,
  uuid: UuidOf<TransactionId>
): Columns => [
  ["transaction_id", "uuid", plain(rows.map(({ id }) => uuid(id)))],
  ["value_date", "date", plain(rows.map(({ valueDate }) => valueDate))],
  ["kind", "ledger.transaction_kind", plain(rows.map(({ kind }) => kind))]
]

const memoColumns = (
  rows: ReadonlyArray<{ readonly description?: string; readonly metadata?: Transaction.Metadata }>
): Columns => [
  ["description", "text", texts(rows.map(({ description }) => description))],
  ["metadata", "json", texts(rows.map(({ metadata }) => json(metadata)))]
]

export const linkColumns = (rows: ReadonlyArray<Transaction.Transaction>): Columns => [
  ["reverses", "uuid", optionalIds(rows.map(({ reverses }) => reverses))],
  ["hold_id", "uuid", optionalIds(rows.map(({ holdId }) => holdId))],
  ...memoColumns(rows)
]

export const entryColumns = (
  transactions: ReadonlyArray<Transaction.Transaction>,
  uuid: UuidOf<TransactionId>,
  accountUuid: UuidOf<AccountId>
): Columns => {
  const columns: ReadonlyArray<Array<string | number | bigint>> = [[], [], [], [], [], [], []]
  const [accounts = [], sequences = [], amounts = [], balances = [], transactionIds = [], positions = [], sides = []] =
    columns
  for (const { id, entries } of transactions) {
    const transactionId = uuid(id)
    entries.forEach(({ accountId, sequence, amount, balance, side }, position) => {
      accounts.push(accountUuid(accountId))
      sequences.push(sequence)
      amounts.push(amount.minor)
      balances.push(balance.minor)
      transactionIds.push(transactionId)
      positions.push(position)
      sides.push(side)
    })
  }
  return [
    ["account_id", "uuid", plain(accounts)],
    ["sequence", "bigint", plain(sequences)],
    ["amount", "bigint", plain(amounts)],
    ["balance", "bigint", plain(balances)],
    ["transaction_id", "uuid", plain(transactionIds)],
    ["position", "smallint", plain(positions)],
    ["side", "ledger.side", plain(sides)]
  ]
}

const encodeReceipt = Schema.encodeSync(Receipt.Receipt)
const encodeRejection = Schema.encodeSync(Rejection.Rejection)

/** The id of the transaction that is the whole receipt; undefined for any other receipt and for a rejection. */
export const wholeReceipt = ({ outcome }: Decided): Transaction.Transaction | undefined =>
  Result.isSuccess(outcome) && outcome.success._tag === "TransactionPosted" && outcome.success.hold === undefined
    ? outcome.success.transaction
    : undefined

const transactionOf = ({ outcome }: Decided): TransactionId | undefined =>
  Result.isSuccess(outcome) && "transaction" in outcome.success ? outcome.success.transaction?.id : undefined

export const answerColumns = (rows: ReadonlyArray<Decided>, uuid: UuidOf<TransactionId>): Columns => [
  ["key", "uuid", plain(rows.map(({ request }) => request.keyDigest))],
  [
    "transaction_id",
    "uuid",
    nullable(
      rows.map((row) => {
        const id = transactionOf(row)
        return id === undefined ? undefined : uuid(id)
      })
    )
  ],
  // Two backslashes: the array literal takes one of them.
  ["fingerprint", "bytea", plain(rows.map(({ request }) => `"\\\\x${request.first.fingerprint}"`))]
]

export const outcomeColumns = (rows: ReadonlyArray<Decided>): Columns => [
  [
    "receipt",
    "json",
    texts(rows.map(({ outcome }) => (Result.isSuccess(outcome) ? json(encodeReceipt(outcome.success)) : undefined)))
  ],
  [
    "rejection",
    "json",
    texts(rows.map(({ outcome }) => (Result.isFailure(outcome) ? json(encodeRejection(outcome.failure)) : undefined)))
  ]
]

export const postedColumns = (rows: ReadonlyArray<Change>): Columns => [
  ["account_id", "uuid", plain(rows.map(({ after }) => after.uuid))],
  ["known", "bigint", plain(rows.map(({ after }) => after.version - 1))],
  ["sequence", "bigint", plain(rows.map(({ after }) => after.account.sequence))],
  ["posted_debits", "bigint", plain(rows.map(({ after }) => after.account.postedDebits))],
  ["posted_credits", "bigint", plain(rows.map(({ after }) => after.account.postedCredits))]
]

export const stateColumns = (rows: ReadonlyArray<Change>): Columns => [
  ["pending_debits", "bigint", plain(rows.map(({ after }) => after.account.pendingDebits))],
  ["pending_credits", "bigint", plain(rows.map(({ after }) => after.account.pendingCredits))],
  ["overdraft_limit", "bigint", plain(rows.map(({ after }) => after.account.overdraftLimit))],
  ["revision", "bigint", plain(rows.map(({ after }) => after.account.revision))],
  ["open_holds", "integer", plain(rows.map(({ after }) => after.account.openHolds))],
  ["restriction", "ledger.restriction", plain(rows.map(({ after }) => after.account.restriction))],
  ["closed", "boolean", plain(rows.map(({ after }) => after.account.closed))],
  ["short", "boolean", plain(rows.map(({ after }) => after.short))]
]

export const newAccountColumns = (rows: ReadonlyArray<Change>): Columns => [
  ...postedColumns(rows).filter(([name]) => name !== "known"),
  ...stateColumns(rows),
  ["version", "bigint", plain(rows.map(({ after }) => after.version))],
  ["opened_at", "timestamptz", plain(rows.map(({ after }) => timestamp(after.account.openedAt)))],
  ["kind", "ledger.account_kind", plain(rows.map(({ after }) => after.account.kind))],
  ["normal_side", "ledger.side", plain(rows.map(({ after }) => after.account.normalSide))],
  ["currency", "text", plain(rows.map(({ after }) => after.account.currency))]
]

export const heldColumns = (rows: ReadonlyArray<Hold.Hold>): Columns => [
  ["hold_id", "uuid", ids(rows.map(({ id }) => id))],
  ["captured", "bigint", plain(rows.map(({ captured }) => captured.minor))],
  ["status", "ledger.hold_status", plain(rows.map(({ status }) => status))]
]

export const newHoldColumns = (rows: ReadonlyArray<Hold.Hold>): Columns => [
  ...heldColumns(rows),
  ["debit_account_id", "uuid", ids(rows.map(({ debitAccountId }) => debitAccountId))],
  ["credit_account_id", "uuid", ids(rows.map(({ creditAccountId }) => creditAccountId))],
  ["amount", "bigint", plain(rows.map(({ amount }) => amount.minor))],
  ["authorized_at", "timestamptz", plain(rows.map(({ authorizedAt }) => timestamp(authorizedAt)))],
  [
    "expires_at",
    "timestamptz",
    nullable(rows.map(({ expiresAt }) => (expiresAt === undefined ? undefined : timestamp(expiresAt))))
  ],
  ["currency", "text", plain(rows.map(({ amount }) => amount.currency))],
  ...memoColumns(rows)
]
