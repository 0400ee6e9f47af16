/** The ledger's rows as domain values, every field checked; `*Columns` are what each decoder needs selected. */
import { Result, Schema } from "effect"
import { Instant, LocalDate } from "../../../domain/calendar/index.ts"
import type { AccountId, TransactionId } from "../../../domain/ids/index.ts"
import { Hold, LedgerAccount, opposite, Receipt, Rejection, Side, Transaction } from "../../../domain/ledger/index.ts"
import { Currency, Money } from "../../../domain/money/index.ts"
import { bigintOf, booleanOf, intOf, oneOf, optionalText, type Row, rowsIn, textOf } from "../Fields.ts"
import { accountId, compact, holdId, transactionId } from "../Uuid.ts"

const millis = (column: string): string => `(extract(epoch from ${column}) * 1000)::bigint`

const currencyOf = (row: Row): Currency.Code => {
  const code = textOf(row, "currency")
  if (!Currency.isCode(code)) throw new TypeError(`column currency holds ${code}`)
  return code
}

const dateOf = (row: Row, name: string): LocalDate.LocalDate => {
  const date = textOf(row, name)
  if (!LocalDate.isLocalDate(date)) throw new TypeError(`column ${name} holds ${date}`)
  return date
}

const instantOf = (row: Row, name: string): Instant.Instant => Instant.fromMillis(intOf(row, name))

const decodeMetadata = Schema.decodeUnknownSync(Transaction.Metadata)

const memoOf = (row: Row): { description?: string; metadata?: Transaction.Metadata } => {
  const description = optionalText(row, "description")
  const metadata = row.metadata
  return {
    ...(description === undefined ? {} : { description }),
    ...(metadata === null ? {} : { metadata: decodeMetadata(metadata) })
  }
}

/** An account with what only the store keeps of it, and what its row says where that is older than the account. */
export interface StoredAccount {
  readonly account: LedgerAccount.LedgerAccount
  /** Counts the batches that changed the account. */
  readonly version: number
  readonly rowVersion: number
  readonly rowSequence: number
  /** A lowered limit left less than nothing available, and the account has not recovered since (INV-5). */
  readonly short: boolean
}

/** Columns of `ledger.standing`. */
export const accountColumns = `account_id, sequence, posted_debits, posted_credits, pending_debits,
  pending_credits, overdraft_limit, revision, ${millis("opened_at")} as opened_at, open_holds, kind, normal_side,
  restriction, closed, currency`

/** What only the writer needs besides: the version costs as much to find out as all else together. */
export const storedColumns = `${accountColumns}, short, version, row_version, row_sequence`

export const accountOf = (row: Row): LedgerAccount.LedgerAccount => ({
  id: accountId(textOf(row, "account_id")),
  kind: oneOf(row, "kind", LedgerAccount.Kind.literals),
  currency: currencyOf(row),
  normalSide: oneOf(row, "normal_side", Side.literals),
  overdraftLimit: bigintOf(row, "overdraft_limit"),
  restriction: oneOf(row, "restriction", LedgerAccount.Restriction.literals),
  closed: booleanOf(row, "closed"),
  revision: intOf(row, "revision"),
  sequence: intOf(row, "sequence"),
  openHolds: intOf(row, "open_holds"),
  postedDebits: bigintOf(row, "posted_debits"),
  postedCredits: bigintOf(row, "posted_credits"),
  pendingDebits: bigintOf(row, "pending_debits"),
  pendingCredits: bigintOf(row, "pending_credits"),
  openedAt: instantOf(row, "opened_at")
})

export const storedAccount = (row: Row): StoredAccount => ({
  account: accountOf(row),
  version: intOf(row, "version"),
  rowVersion: intOf(row, "row_version"),
  rowSequence: intOf(row, "row_sequence"),
  short: booleanOf(row, "short")
})

export const holdColumns = `hold_id, debit_account_id, credit_account_id, amount, captured,
  ${millis("authorized_at")} as authorized_at, ${millis("expires_at")} as expires_at, status, currency, description,
  metadata`

export const holdOf = (row: Row): Hold.Hold => {
  const currency = currencyOf(row)
  return {
    id: holdId(textOf(row, "hold_id")),
    debitAccountId: accountId(textOf(row, "debit_account_id")),
    creditAccountId: accountId(textOf(row, "credit_account_id")),
    amount: Money.make(bigintOf(row, "amount"), currency),
    captured: Money.make(bigintOf(row, "captured"), currency),
    status: oneOf(row, "status", Hold.HoldStatus.literals),
    authorizedAt: instantOf(row, "authorized_at"),
    ...(row.expires_at === null ? {} : { expiresAt: instantOf(row, "expires_at") }),
    ...memoOf(row)
  }
}

const headColumns = `t.transaction_id, ${millis("t.booked_at")} as booked_at, t.value_date::text as value_date, t.kind,
  t.reverses, t.hold_id, t.description, t.metadata`

/** Sides of the first and the second entry of transactions `t` that have two. */
const pairSide = {
  1: "t.side",
  2: "case t.side when 'debit' then 'credit'::ledger.side else 'debit'::ledger.side end"
}

/** One of the places where an account's entries are, with what a query names there. */
export interface Place {
  readonly columns: string
  readonly from: string
  readonly sequence: string
  readonly amount: string
  readonly side: string
}

/** Where the entries of account `$2` of ledger `$1` are that are legs of transactions of more than two. */
export const legPlace: Place = {
  columns: `e.sequence, e.amount, e.balance, e.side, a.currency, ${headColumns}`,
  from: `ledger.leg e
    cross join lateral (select * from ledger.transaction stored
      where stored.ledger_id = e.ledger_id and stored.transaction_id = e.transaction_id offset 0) t
    cross join lateral (select * from ledger.account stored
      where stored.ledger_id = e.ledger_id and stored.account_id = e.account_id offset 0) a
    where e.ledger_id = $1 and e.account_id = $2`,
  sequence: "e.sequence",
  amount: "e.amount",
  side: "e.side"
}

/** Where those are in a segment that are the first or the second of two. */
export const pairPlace = (number: 1 | 2, segment: string): Place => ({
  columns: `t.sequence_${number} as sequence, t.amount, t.balance_${number} as balance, ${pairSide[number]} as side, t.currency,
    ${headColumns}`,
  from: `ledger.transaction t where ledger.segment(t.number) = ${segment} and t.account_${number} = $2 and t.ledger_id = $1`,
  sequence: `t.sequence_${number}`,
  amount: "t.amount",
  side: pairSide[number]
})

/** Transactions `t`; the entries of one that has more than two come as JSON, each by two index searches (`Lookup`). */
export const transactionColumns = `${headColumns}, t.account_1, t.account_2, t.sequence_1, t.sequence_2, t.balance_1,
  t.balance_2, t.amount, t.side, t.currency, case when t.accounts is not null then (
    select json_agg(json_build_object('account_id', e.account_id, 'sequence', e.sequence::text, 'amount', e.amount::text,
      'balance', e.balance::text, 'side', e.side, 'currency', a.currency) order by place.position)
    from unnest(t.accounts, t.sequences) with ordinality as place (account_id, sequence, position)
    cross join lateral (select * from ledger.leg stored where stored.ledger_id = t.ledger_id
      and stored.account_id = place.account_id and stored.sequence = place.sequence offset 0) e
    cross join lateral (select * from ledger.account stored where stored.ledger_id = t.ledger_id
      and stored.account_id = place.account_id offset 0) a) end as legs`

const entryOf = (row: Row, account: AccountId): Transaction.Entry => {
  const currency = currencyOf(row)
  return {
    accountId: account,
    side: oneOf(row, "side", Side.literals),
    amount: Money.make(bigintOf(row, "amount"), currency),
    sequence: intOf(row, "sequence"),
    balance: Money.make(bigintOf(row, "balance"), currency)
  }
}

const headOf = (row: Row): Omit<Transaction.Transaction, "id" | "entries"> => {
  const reverses = optionalText(row, "reverses")
  const captured = optionalText(row, "hold_id")
  return {
    kind: oneOf(row, "kind", Transaction.TransactionKind.literals),
    bookedAt: instantOf(row, "booked_at"),
    valueDate: dateOf(row, "value_date"),
    ...memoOf(row),
    ...(reverses === undefined ? {} : { reverses: transactionId(reverses) }),
    ...(captured === undefined ? {} : { holdId: holdId(captured) })
  }
}

/** One account's entries, in the order of the rows. */
export const bookedEntries = (rows: ReadonlyArray<Row>, account: AccountId): ReadonlyArray<Transaction.BookedEntry> =>
  rows.map((row) => ({
    ...entryOf(row, account),
    transactionId: transactionId(textOf(row, "transaction_id")),
    ...headOf(row)
  }))

/** The two entries that a transaction's own row has. */
const pairOf = (row: Row): ReadonlyArray<Transaction.Entry> => {
  const currency = currencyOf(row)
  const amount = Money.make(bigintOf(row, "amount"), currency)
  const side = oneOf(row, "side", Side.literals)
  const entry = (number: 1 | 2, entrySide: Side): Transaction.Entry => ({
    accountId: accountId(textOf(row, `account_${number}`)),
    side: entrySide,
    amount,
    sequence: intOf(row, `sequence_${number}`),
    balance: Money.make(bigintOf(row, `balance_${number}`), currency)
  })
  return [entry(1, side), entry(2, opposite(side))]
}

// As texts: JSON has no 64-bit integers.
const numbersOf = (leg: Row): Row =>
  Object.fromEntries(["sequence", "amount", "balance"].map((name) => [name, BigInt(textOf(leg, name))]))

const legsOf = (row: Row): ReadonlyArray<Transaction.Entry> =>
  rowsIn(row, "legs").map((leg) => entryOf({ ...leg, ...numbersOf(leg) }, accountId(textOf(leg, "account_id"))))

const transactionOf = (row: Row): Transaction.Transaction => ({
  id: transactionId(textOf(row, "transaction_id")),
  ...headOf(row),
  entries: row.legs === null ? pairOf(row) : legsOf(row)
})

/** Whole transactions by their ids. */
export const transactionsOf = (rows: ReadonlyArray<Row>): ReadonlyMap<TransactionId, Transaction.Transaction> =>
  new Map(rows.map((row) => transactionOf(row)).map((transaction) => [transaction.id, transaction]))

/** What is stored as the answer under a key; a receipt may be only the id of its transaction. */
export interface StoredAnswer {
  readonly fingerprint: string
  readonly outcome: Result.Result<Receipt.Receipt | TransactionId, Rejection.Rejection>
}

const decodeReceipt = Schema.decodeUnknownSync(Receipt.Receipt)
const decodeRejection = Schema.decodeUnknownSync(Rejection.Rejection)

const storedOutcome = (row: Row): StoredAnswer["outcome"] => {
  if (row.rejection !== null) return Result.fail(decodeRejection(row.rejection))
  return Result.succeed(
    row.receipt === null ? transactionId(textOf(row, "transaction_id")) : decodeReceipt(row.receipt)
  )
}

/** Answers by the digest of their key. */
export const answersOf = (rows: ReadonlyArray<Row>): ReadonlyMap<string, StoredAnswer> =>
  new Map(
    rows.map((row) => [
      compact(textOf(row, "key")),
      { fingerprint: compact(textOf(row, "fingerprint")), outcome: storedOutcome(row) }
    ])
  )
