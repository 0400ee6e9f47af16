/** What the journal's entries make of accounts: numbers of entries, running balances, totals, versions. */
import { Effect } from "effect"
import { TypedId } from "../../../domain/ids/index.ts"
import { arrayOf } from "../Columns.ts"
import { bigintOf, optionalText, type Row, textOf } from "../Fields.ts"
import type { Pool } from "../Postgres.ts"
import type { Content } from "./Content.ts"
import type { Findings } from "./Finding.ts"
import * as Queries from "./Queries.ts"
import type { Stored } from "./Stored.ts"

interface Replayed {
  sequence: bigint
  debits: bigint
  credits: bigint
  version: bigint
  digest: string | undefined
  /** The last batch that posted to it. */
  batch: number
  /** The sequence of the stored row, which may be older than the account; none where there is no row. */
  readonly rowSequence: bigint | undefined
  /** What a row of that sequence must say, once a batch has left the account there and no later one changed it otherwise. */
  row: RowMade | undefined
}

interface RowMade {
  readonly version: bigint
  readonly debits: bigint
  readonly credits: bigint
}

export type Accounts = Map<string, Replayed>

export const typed = (prefix: string, hex: string): string => TypedId.fromBytes(prefix, Buffer.from(hex, "hex"))

const rowMade = (row: Row): RowMade | undefined =>
  row.row_version === null
    ? undefined
    : {
        version: bigintOf(row, "row_version"),
        debits: BigInt(textOf(row, "row_debits")),
        credits: BigInt(textOf(row, "row_credits"))
      }

/** The accounts as the journal made them until now. */
export const load = (pool: Pool, ledger: number, uuids: ReadonlySet<string>) =>
  Effect.map(pool.query(Queries.replayed, [ledger, arrayOf(uuids)]), (rows): Accounts => {
    const accounts: Accounts = new Map()
    for (const row of rows)
      accounts.set(textOf(row, "account_id"), {
        sequence: bigintOf(row, "sequence"),
        debits: BigInt(textOf(row, "debits")),
        credits: BigInt(textOf(row, "credits")),
        version: bigintOf(row, "version"),
        digest: optionalText(row, "digest"),
        batch: -1,
        rowSequence: row.row_sequence === null ? undefined : bigintOf(row, "row_sequence"),
        row: rowMade(row)
      })
    return accounts
  })

export const save = (pool: Pool, accounts: Accounts) => {
  const of = [...accounts]
  return pool.query(Queries.keepAccounts, [
    arrayOf(of.map(([uuid]) => uuid)),
    arrayOf(of.map(([, { sequence }]) => sequence)),
    arrayOf(of.map(([, { debits }]) => debits)),
    arrayOf(of.map(([, { credits }]) => credits)),
    arrayOf(of.map(([, { version }]) => version)),
    arrayOf(of.map(([, { digest }]) => digest)),
    arrayOf(of.map(([, { row }]) => row?.version)),
    arrayOf(of.map(([, { row }]) => row?.debits)),
    arrayOf(of.map(([, { row }]) => row?.credits))
  ])
}

const known = (accounts: Accounts, uuid: string): Replayed => {
  const account = accounts.get(uuid)
  if (account === undefined) throw new Error(`the account ${uuid} was not loaded`)
  return account
}

/** Books a transaction of a batch, and compares each entry's number and balance with what they must be. */
export const book = (accounts: Accounts, { uuid, entries }: Stored, batch: number, found: Findings): void => {
  for (const entry of entries) {
    const account = known(accounts, entry.account)
    account.sequence++
    if (entry.side === "debit") account.debits += entry.amount
    else account.credits += entry.amount
    if (account.batch !== batch) account.version++
    account.batch = batch
    const net = account.credits - account.debits
    const balance = entry.normalSide === "debit" ? -net : net
    const place = `${typed("txn", uuid)} ${typed("acc", entry.account)}`
    if (entry.sequence !== account.sequence)
      found.add(place, `is entry ${entry.sequence} of the account, the journal makes it ${account.sequence}`)
    if (entry.balance !== balance) found.add(place, `says balance ${entry.balance}, the journal makes it ${balance}`)
  }
}

/** Takes what a batch says of accounts that it opened, or changed otherwise than by postings. */
export const change = (accounts: Accounts, content: Content): void => {
  for (const { id, version, digest } of content.accounts) {
    const account = known(accounts, id)
    account.version = BigInt(version)
    account.digest = digest
    // The batch has written the row: what it was before is gone.
    account.row = undefined
  }
}

/** Takes what the rows of accounts must say that a batch has left at the sequence that their row has. */
export const meet = (accounts: Accounts, booked: ReadonlyArray<Stored>, content: Content): void => {
  const met = (uuid: string): void => {
    const account = known(accounts, uuid)
    const { version, debits, credits } = account
    if (account.sequence === account.rowSequence) account.row = { version, debits, credits }
  }
  for (const { entries } of booked) for (const { account } of entries) met(account)
  for (const { id } of content.accounts) met(id)
}
