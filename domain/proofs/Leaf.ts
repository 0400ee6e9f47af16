/**
 * The canonical bytes of a transaction, which its leaf in the Merkle tree is the hash of. One transaction has one
 * encoding, whatever the order of its keys, and two that differ in anything have two. The layout never changes: another
 * would have another version.
 *
 * A leaf holds what every party to the transaction may see, so that either may show its proof to anyone without showing
 * the other's balance. The numbers and balances of entries are left out and yet proven: both follow from the entries
 * and their order, which is that of the leaves.
 *
 * Version 1, numbers big-endian and two's complement:
 *
 * | bytes | field |
 * | --- | --- |
 * | 1 | version: 1 |
 * | 16 | `id`: its UUID |
 * | 1 | `kind`: 1 deposit, 2 withdrawal, 3 transfer, 4 journal, 5 capture, 6 reversal, 7 closing |
 * | 8 | `bookedAt`: milliseconds since 1970-01-01T00:00:00Z |
 * | 10 | `valueDate`: `YYYY-MM-DD` in ASCII |
 * | 1 | which optional fields follow: 1 `description` + 2 `metadata` + 4 `reverses` + 8 `holdId` |
 * | 4 + n | `description`: n, then n bytes of UTF-8 |
 * | 4 | `metadata`: how many keys; for each, ascending by ASCII: |
 * | 4 + n, 4 + n | — its key, then its value: n, then n bytes of UTF-8 |
 * | 16 | `reverses`: its UUID |
 * | 16 | `holdId`: its UUID |
 * | 4 | how many entries; for each, in order: |
 * | 16 | — `accountId`: its UUID |
 * | 1 | — `side`: 0 debit, 1 credit |
 * | 3, 16 | — `amount`: currency in ASCII, minor units |
 */
import { Schema } from "effect"
import { Transaction } from "../ledger/index.ts"
import type { Money } from "../money/index.ts"
import { Bytes } from "./Bytes.ts"
import { type Hash, leafPrefix, type Sha256, sha256 } from "./Hash.ts"

const { accountId, side, amount } = Transaction.Entry.fields

/** A transaction as every party to it may see it: its entries without their numbers and balances. */
export const Content = Schema.Struct({
  ...Transaction.Transaction.fields,
  entries: Schema.Array(Schema.Struct({ accountId, side, amount }))
})
export type Content = typeof Content.Type

/** What of a transaction its leaf is made of. */
export const contentOf = (transaction: Content): Content => ({
  ...transaction,
  entries: transaction.entries.map((entry) => ({
    accountId: entry.accountId,
    side: entry.side,
    amount: entry.amount
  }))
})

const version = 1

const kindCodes: Record<Transaction.TransactionKind, number> = {
  deposit: 1,
  withdrawal: 2,
  transfer: 3,
  journal: 4,
  capture: 5,
  reversal: 6,
  closing: 7
}

const writeMoney = (bytes: Bytes, money: Money.Money): Bytes => bytes.ascii(money.currency).int128(money.minor)

const write = (bytes: Bytes, transaction: Content): Bytes => {
  const { description, metadata, reverses, holdId, entries } = transaction
  bytes
    .uint8(version)
    .uuid(transaction.id)
    .uint8(kindCodes[transaction.kind])
    .int64(transaction.bookedAt)
    .ascii(transaction.valueDate)
    .uint8(
      (description === undefined ? 0 : 1) |
        (metadata === undefined ? 0 : 2) |
        (reverses === undefined ? 0 : 4) |
        (holdId === undefined ? 0 : 8)
    )
  if (description !== undefined) bytes.text(description)
  if (metadata !== undefined) {
    const fields = Object.entries(metadata).sort(([left], [right]) => (left < right ? -1 : 1))
    bytes.uint32(fields.length)
    for (const [key, value] of fields) bytes.text(key).text(value)
  }
  if (reverses !== undefined) bytes.uuid(reverses)
  if (holdId !== undefined) bytes.uuid(holdId)
  bytes.uint32(entries.length)
  for (const entry of entries) {
    bytes.uuid(entry.accountId).uint8(entry.side === "debit" ? 0 : 1)
    writeMoney(bytes, entry.amount)
  }
  return bytes
}

/** The transaction's canonical bytes. */
export const bytesOf = (transaction: Content): Uint8Array => write(new Bytes(), transaction).written()

// Used again for each transaction: what is in it is hashed before the function returns.
const buffer = new Bytes()

/** The hash of the transaction's leaf: SHA-256(0x00 ‖ canonical bytes), RFC 9162 §2.1.1. */
export const hashOf = (transaction: Content, hasher: Sha256 = sha256): Hash =>
  hasher(write(buffer.clear().uint8(leafPrefix), transaction).written())
