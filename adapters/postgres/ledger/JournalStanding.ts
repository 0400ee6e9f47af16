/**
 * What a ledger has stored that no journal tells of, as the content of a batch: the keys of transactions, and answers,
 * accounts and holds as they stand. `Journal.ts` has the layout. It is read once in a ledger's life, whole. No row of an
 * account is older than the account then: versions without a journal wrote it with every batch.
 */
import { Effect } from "effect"
import type { TransactionId } from "../../../domain/ids/index.ts"
import { optionalText, textOf } from "../Fields.ts"
import type { Pool } from "../Postgres.ts"
import { compact, uuidOf } from "../Uuid.ts"
import { accountDigest, holdDigest, linesDigest } from "./Journal.ts"
import { holdColumns, holdOf, storedAccount, storedColumns } from "./Rows.ts"

const hex = (digits: string): Buffer => Buffer.from(compact(digits), "hex")

const kind = (of: 0 | 1 | 2 | 3 | 4): Buffer => Buffer.of(of)

const text = (value: string | undefined): string => (value === undefined ? "-" : `+${value}`)

/** The records of the transactions from one to another, both included. */
export const plainRecords = (pool: Pool, ledger: number, first: TransactionId, last: TransactionId) =>
  Effect.map(
    pool.query(
      `select key, fingerprint from ledger.transaction
        where ledger_id = $1 and transaction_id between $2 and $3 order by ledger_id, transaction_id`,
      [ledger, uuidOf(first), uuidOf(last)]
    ),
    (rows) =>
      Buffer.concat(
        rows.flatMap((row) => {
          const key = optionalText(row, "key")
          return key === undefined ? [kind(0)] : [kind(1), hex(key), hex(textOf(row, "fingerprint"))]
        })
      )
  )

const answers = `select key, fingerprint, transaction_id, receipt::text as receipt, rejection::text as rejection
  from ledger.answer where ledger_id = $1`

/** The records of all answers, accounts and holds. */
export const standingRecords = Effect.fnUntraced(function* (pool: Pool, ledger: number) {
  const told = (yield* pool.query(answers, [ledger])).flatMap((row) => {
    const transaction = optionalText(row, "transaction_id")
    const digest = linesDigest([
      transaction === undefined ? "-" : compact(transaction),
      text(optionalText(row, "receipt")),
      text(optionalText(row, "rejection"))
    ])
    return [kind(2), hex(textOf(row, "key")), hex(textOf(row, "fingerprint")), digest]
  })
  const rows = yield* pool.query(`select ${storedColumns} from ledger.standing where ledger_id = $1`, [ledger])
  const accounts = rows.map(storedAccount).flatMap((stored) => {
    const version = Buffer.alloc(8)
    version.writeBigInt64BE(BigInt(stored.version))
    return [kind(3), hex(uuidOf(stored.account.id)), version, accountDigest(stored)]
  })
  const held = yield* pool.query(`select ${holdColumns} from ledger.hold where ledger_id = $1`, [ledger])
  const holds = held.map(holdOf).flatMap((hold) => [kind(4), hex(uuidOf(hold.id)), holdDigest(hold)])
  return Buffer.concat([...told, ...accounts, ...holds])
})
