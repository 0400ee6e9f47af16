/** A decided batch as the columns of its rows. */
import { Result } from "effect"
import { encoder } from "../../../application/wire/index.ts"
import type { Instant } from "../../../domain/calendar/index.ts"
import type { TransactionId } from "../../../domain/ids/index.ts"
import { type Hold, Receipt, Rejection, type Transaction } from "../../../domain/ledger/index.ts"
import { type Column, column, quoted } from "../Columns.ts"
import { uuidOf } from "../Uuid.ts"
import type { CachedAccount, Change } from "./AccountCache.ts"
import type { Request } from "./Admission.ts"

type Outcome = Result.Result<Receipt.Receipt, Rejection.Rejection>

/** A receipt or rejection as JSON. */
interface Told {
  readonly receipt?: string
  readonly rejection?: string
}

/** A command's outcome, to be stored under its key. */
export interface Decided {
  readonly request: Request
  readonly outcome: Outcome
  /** What the answer says where it is more than a transaction. */
  readonly told: Told
}

/** The columns of one table, and what adds a row to them. */
export interface Rows<A> {
  readonly columns: ReadonlyArray<Column>
  readonly add: (row: A) => void
  readonly count: () => number
}

/** Rows of these columns; `add` fills them. */
export const rowsOf = <A>(columns: ReadonlyArray<Column>, add: (row: A) => void): Rows<A> => {
  let count = 0
  return {
    columns,
    add: (row) => {
      count++
      add(row)
    },
    count: () => count
  }
}

const timestamp = (instant: Instant.Instant): string => new Date(instant).toISOString()
const optional = (text: string | undefined): string | undefined => (text === undefined ? undefined : quoted(text))
const json = (value: unknown): string | undefined => (value === undefined ? undefined : quoted(JSON.stringify(value)))

/** One entry of a transaction of more than two. */
export interface PlacedEntry {
  readonly entry: Transaction.Entry
  readonly transaction: TransactionId
}

export const legRows = (): Rows<PlacedEntry> => {
  const accountId = column("account_id", "uuid")
  const sequence = column("sequence", "bigint")
  const amount = column("amount", "bigint")
  const balance = column("balance", "bigint")
  const transactionId = column("transaction_id", "uuid")
  const side = column("side", "ledger.side")
  return rowsOf([accountId, sequence, amount, balance, transactionId, side], ({ entry, transaction }) => {
    accountId.add(uuidOf(entry.accountId))
    sequence.add(entry.sequence)
    amount.add(entry.amount.minor)
    balance.add(entry.balance.minor)
    transactionId.add(uuidOf(transaction))
    side.add(entry.side)
  })
}

/** The transaction that is the whole receipt; undefined for any other receipt and for a rejection. */
export const wholeReceipt = ({ outcome }: Pick<Decided, "outcome">): Transaction.Transaction | undefined =>
  Result.isSuccess(outcome) && outcome.success._tag === "TransactionPosted" && outcome.success.hold === undefined
    ? outcome.success.transaction
    : undefined

/** The transaction that an answer names. */
export const transactionOf = ({ outcome }: Decided): TransactionId | undefined =>
  Result.isSuccess(outcome) && "transaction" in outcome.success ? outcome.success.transaction?.id : undefined

const encodeReceipt = encoder(Receipt.Receipt)
const encodeRejection = encoder(Rejection.Rejection)

const toldOf = (outcome: Outcome): Told =>
  Result.isSuccess(outcome)
    ? { receipt: JSON.stringify(encodeReceipt(outcome.success)) }
    : { rejection: JSON.stringify(encodeRejection(outcome.failure)) }

const nothing: Told = {}

/** The outcome of a request with what is to be stored of it. */
export const decidedOf = (request: Request, outcome: Outcome): Decided => ({
  request,
  outcome,
  told: wholeReceipt({ outcome }) === undefined ? toldOf(outcome) : nothing
})

/** Answers that are more than a transaction, with their receipt or rejection. */
export const answerRows = (): Rows<Decided> => {
  const key = column("key", "uuid")
  const transaction = column("transaction_id", "uuid")
  const fingerprint = column("fingerprint", "uuid")
  const receipt = column("receipt", "json")
  const rejection = column("rejection", "json")
  return rowsOf([key, transaction, fingerprint, receipt, rejection], (row) => {
    const id = transactionOf(row)
    key.add(row.request.keyDigest)
    transaction.add(id === undefined ? undefined : uuidOf(id))
    fingerprint.add(row.request.first.fingerprint)
    receipt.add(optional(row.told.receipt))
    rejection.add(optional(row.told.rejection))
  })
}

/** What a posting changes of an account. */
export const postedRows = (): Rows<CachedAccount> => {
  const id = column("account_id", "uuid")
  const version = column("version", "bigint")
  const sequence = column("sequence", "bigint")
  const debits = column("posted_debits", "bigint")
  const credits = column("posted_credits", "bigint")
  return rowsOf([id, version, sequence, debits, credits], ({ version: written, account }) => {
    id.add(uuidOf(account.id))
    version.add(written)
    sequence.add(account.sequence)
    debits.add(account.postedDebits)
    credits.add(account.postedCredits)
  })
}

/** All of an account that can change. */
export const changedRows = (): Rows<CachedAccount> => {
  const posted = postedRows()
  const pendingDebits = column("pending_debits", "bigint")
  const pendingCredits = column("pending_credits", "bigint")
  const overdraftLimit = column("overdraft_limit", "bigint")
  const revision = column("revision", "bigint")
  const openHolds = column("open_holds", "integer")
  const restriction = column("restriction", "ledger.restriction")
  const closed = column("closed", "boolean")
  const short = column("short", "boolean")
  return rowsOf(
    [...posted.columns, pendingDebits, pendingCredits, overdraftLimit, revision, openHolds, restriction, closed, short],
    (row) => {
      posted.add(row)
      pendingDebits.add(row.account.pendingDebits)
      pendingCredits.add(row.account.pendingCredits)
      overdraftLimit.add(row.account.overdraftLimit)
      revision.add(row.account.revision)
      openHolds.add(row.account.openHolds)
      restriction.add(row.account.restriction)
      closed.add(row.account.closed)
      short.add(row.short)
    }
  )
}

/** Rows of accounts that are stored, each with the version that the writer knows to be stored. */
export const overRows = (rows: Rows<CachedAccount>): Rows<Change> => {
  const before = column("version_before", "bigint")
  return rowsOf([...rows.columns, before], ({ after, versionBefore }) => {
    rows.add(after)
    before.add(versionBefore)
  })
}

/** All of an account. */
export const openedRows = (): Rows<CachedAccount> => {
  const changed = changedRows()
  const openedAt = column("opened_at", "timestamptz")
  const kind = column("kind", "ledger.account_kind")
  const normalSide = column("normal_side", "ledger.side")
  const currency = column("currency", "text")
  return rowsOf([...changed.columns, openedAt, kind, normalSide, currency], (row) => {
    changed.add(row)
    openedAt.add(timestamp(row.account.openedAt))
    kind.add(row.account.kind)
    normalSide.add(row.account.normalSide)
    currency.add(row.account.currency)
  })
}

/** All of a hold that can change. */
export const heldRows = (): Rows<Hold.Hold> => {
  const id = column("hold_id", "uuid")
  const captured = column("captured", "bigint")
  const status = column("status", "ledger.hold_status")
  return rowsOf([id, captured, status], (row) => {
    id.add(uuidOf(row.id))
    captured.add(row.captured.minor)
    status.add(row.status)
  })
}

/** All of a hold. */
export const newHoldRows = (): Rows<Hold.Hold> => {
  const held = heldRows()
  const debit = column("debit_account_id", "uuid")
  const credit = column("credit_account_id", "uuid")
  const amount = column("amount", "bigint")
  const authorizedAt = column("authorized_at", "timestamptz")
  const expiresAt = column("expires_at", "timestamptz")
  const currency = column("currency", "text")
  const description = column("description", "text")
  const metadata = column("metadata", "json")
  const columns = [debit, credit, amount, authorizedAt, expiresAt, currency, description, metadata]
  return rowsOf([...held.columns, ...columns], (row) => {
    held.add(row)
    debit.add(uuidOf(row.debitAccountId))
    credit.add(uuidOf(row.creditAccountId))
    amount.add(row.amount.minor)
    authorizedAt.add(timestamp(row.authorizedAt))
    expiresAt.add(row.expiresAt === undefined ? undefined : timestamp(row.expiresAt))
    currency.add(row.amount.currency)
    description.add(optional(row.description))
    metadata.add(json(row.metadata))
  })
}
