/**
 * The journal of a ledger: one row for each batch, from which every later change of any row can be found.
 *
 * `leaves` are the leaf hashes of the batch's transactions, in the order of booking; `root` is the Merkle tree's root
 * after them. `content` is what the batch wrote besides, as records one after another, each begun by one byte:
 *
 * | byte | record |
 * | --- | --- |
 * | 0 | the next transaction is not by itself the answer to a key |
 * | 1 | the next transaction is the answer to: key (16), fingerprint (16) |
 * | 2 | an answer: key (16), fingerprint (16), digest of its texts (32) |
 * | 3 | an account opened, or changed otherwise than by postings: UUID (16), version (8), digest (32) |
 * | 4 | a hold made or changed: UUID (16), digest (32) |
 *
 * There is one record of 0 or 1 for each transaction, and these come first. A digest is the SHA-256 of the row's values
 * as text, a line each; nothing is `-`, a text begins with `+`, and no value has a line end in it. `hash` is the SHA-256 of
 * the hash before it and of the whole row, so that the rows are a chain.
 */
import { hash } from "node:crypto"
import type { LedgerId } from "../../../domain/ids/index.ts"
import { TypedId } from "../../../domain/ids/index.ts"
import type { Hold } from "../../../domain/ledger/index.ts"
import { type Hash, Leaf, type Sha256, Tree } from "../../../domain/proofs/index.ts"
import { uuidOf } from "../Uuid.ts"
import type { CachedAccount } from "./AccountCache.ts"
import type { Appended } from "./Appended.ts"
import { type Decided, transactionOf } from "./BatchColumns.ts"

/** The platform's own SHA-256, some thirty times as fast as one in JavaScript. */
export const nativeSha256: Sha256 = (bytes) => {
  const hashed = new Uint8Array(Bun.SHA256.byteLength)
  Bun.SHA256.hash(bytes, hashed)
  return hashed
}

/** The first bytes of what the hash before the first batch is made of; the ledger's UUID follows. */
const genesisLabel = "gophers-bank ledger journal 1"

/** Where the journal stands: what the next batch continues. */
export interface JournalEnd {
  /** The number of the next batch; the first is 0. */
  readonly number: number
  readonly tree: Tree.Tree
  /** The hash of the last batch, or what stands for it before the first. */
  readonly hash: Hash
}

/** A row of `ledger.batch`. */
export interface JournalRow {
  readonly number: number
  readonly bookedAt: number
  /** The leaf of its first transaction. */
  readonly first: number
  readonly transactions: number
  readonly leaves: Uint8Array
  readonly content: Uint8Array
  readonly root: Hash
  readonly hash: Hash
}

/** What a batch adds to the journal. */
export interface Journaled {
  readonly row: JournalRow
  /** Nodes of every eighth level of the tree that the batch completed. */
  readonly nodes: Tree.Appended["completed"]
  readonly end: JournalEnd
}

/** The end of a journal that has no batch. */
export const emptyEnd = (ledgerId: LedgerId): JournalEnd => ({
  number: 0,
  tree: Tree.empty,
  hash: nativeSha256(Buffer.concat([Buffer.from(genesisLabel, "ascii"), TypedId.toBytes(ledgerId)]))
})

/** The digest of values, a line each. */
export const linesDigest = (values: ReadonlyArray<string | number | bigint | boolean>): Uint8Array =>
  hash("sha256", values.join("\n"), "buffer")

const text = (value: string | undefined): string => (value === undefined ? "-" : `+${value}`)

const json = (value: unknown): string => (value === undefined ? "-" : `+${JSON.stringify(value)}`)

/** The digest of what of an account postings leave as it is. */
export const accountDigest = ({ account, short }: Pick<CachedAccount, "account" | "short">): Uint8Array =>
  linesDigest([
    account.openedAt,
    account.kind,
    account.normalSide,
    account.currency,
    account.overdraftLimit,
    account.restriction,
    account.closed,
    account.revision,
    account.openHolds,
    account.pendingDebits,
    account.pendingCredits,
    short
  ])

/** The digest of a hold. */
export const holdDigest = (hold: Hold.Hold): Uint8Array =>
  linesDigest([
    uuidOf(hold.debitAccountId),
    uuidOf(hold.creditAccountId),
    hold.amount.minor,
    hold.captured.minor,
    hold.status,
    hold.authorizedAt,
    hold.expiresAt ?? "-",
    hold.amount.currency,
    text(hold.description),
    json(hold.metadata)
  ])

const answerDigest = (decided: Decided): Uint8Array => {
  const transaction = transactionOf(decided)
  const { receipt, rejection } = decided.told
  return linesDigest([transaction === undefined ? "-" : uuidOf(transaction), text(receipt), text(rejection)])
}

const recordSize = { plain: 33, told: 65, account: 57, hold: 49 } as const

/** Bytes of content at most: what is not used is cut off. */
const roomFor = (batch: Appended): number =>
  batch.transactions.length * recordSize.plain +
  batch.answers.otherwise.length * recordSize.told +
  batch.accounts.length * recordSize.account +
  (batch.newHolds.length + batch.changedHolds.length) * recordSize.hold

const contentOf = (batch: Appended): Uint8Array => {
  const content = Buffer.allocUnsafe(roomFor(batch))
  let at = 0
  const byte = (value: number): void => {
    content[at++] = value
  }
  const digits = (hex: string): void => {
    at += content.write(hex, at, "hex")
  }
  const raw = (bytes: Uint8Array): void => {
    content.set(bytes, at)
    at += bytes.length
  }
  const { wholly, otherwise } = batch.answers
  for (let index = 0; index < batch.transactions.length; index++) {
    const request = wholly[index]
    byte(request === undefined ? 0 : 1)
    if (request === undefined) continue
    digits(request.keyDigest)
    digits(request.first.fingerprint)
  }
  for (const each of otherwise) {
    byte(2)
    digits(each.request.keyDigest)
    digits(each.request.first.fingerprint)
    raw(answerDigest(each))
  }
  for (const { difference, after } of batch.accounts) {
    if (difference === "posted") continue
    byte(3)
    digits(uuidOf(after.account.id))
    at = content.writeBigInt64BE(BigInt(after.version), at)
    raw(accountDigest(after))
  }
  for (const hold of [...batch.newHolds, ...batch.changedHolds]) {
    byte(4)
    digits(uuidOf(hold.id))
    raw(holdDigest(hold))
  }
  return content.subarray(0, at)
}

const hashOf = (before: Hash, row: Omit<JournalRow, "hash">): Hash => {
  const head = Buffer.allocUnsafe(96)
  head.set(before, 0)
  head.writeBigInt64BE(BigInt(row.number), 32)
  head.writeBigInt64BE(BigInt(row.bookedAt), 40)
  head.writeBigInt64BE(BigInt(row.first), 48)
  head.writeUInt32BE(row.transactions, 56)
  head.set(row.root, 60)
  head.writeUInt32BE(row.content.length, 92)
  return nativeSha256(Buffer.concat([head, row.content, row.leaves]))
}

/** The row that comes after `end`, of leaves and content that are made already. */
export const following = (
  end: JournalEnd,
  bookedAt: number,
  hashes: ReadonlyArray<Hash>,
  content: Uint8Array
): Journaled => {
  const { tree, completed } = Tree.append(end.tree, hashes, nativeSha256)
  const row = {
    number: end.number,
    bookedAt,
    first: end.tree.size,
    transactions: hashes.length,
    leaves: Buffer.concat(hashes),
    content,
    root: Tree.root(tree, nativeSha256)
  }
  const chained = hashOf(end.hash, row)
  return { row: { ...row, hash: chained }, nodes: completed, end: { number: end.number + 1, tree, hash: chained } }
}

/** The batch as the journal's next row. */
export const journaled = (end: JournalEnd, batch: Appended): Journaled =>
  following(
    end,
    batch.bookedAt,
    batch.transactions.map((transaction) => Leaf.hashOf(transaction, nativeSha256)),
    contentOf(batch)
  )
