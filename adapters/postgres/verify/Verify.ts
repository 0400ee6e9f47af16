/**
 * Verifies a whole ledger from its raw rows, sharing no code with its writer.
 *
 * Phases, in one transaction that sees one moment and takes no locks: (1) page by page through the journal, in bounded
 * memory, build every leaf from the stored transactions again, and from them every root, node, hash of the chain, number,
 * balance and total; check answers and signed heads on the way; (2) compare accounts, holds, counts and the end that the
 * ledger's row keeps with what the journal made of them. Time grows with the entries.
 */
import { Effect } from "effect"
import type { LedgerId } from "../../../domain/ids/index.ts"
import { TypedId } from "../../../domain/ids/index.ts"
import { Tree } from "../../../domain/proofs/index.ts"
import { arrayOf } from "../Columns.ts"
import type { PostgresUnavailable } from "../Failure.ts"
import { bigintOf, bytesOf, intOf, optionalBytes, type Row, textOf } from "../Fields.ts"
import { type Pool, Postgres } from "../Postgres.ts"
import { uuidOf } from "../Uuid.ts"
import * as Balances from "./Balances.ts"
import { type Content, contentOf } from "./Content.ts"
import { type Finding, type Findings, findings } from "./Finding.ts"
import { compareHeads, compareHeadsBeyond, type Trusted } from "./Heads.ts"
import * as Queries from "./Queries.ts"
import { nativeSha256 } from "./Sha256.ts"
import { type Stored, storedTransactions } from "./Stored.ts"

export interface Verification {
  readonly findings: ReadonlyArray<Finding>
  readonly batches: number
  readonly transactions: number
  readonly root: Uint8Array
}

/** Batches looked at for one page, and transactions of it, unless one batch has more. */
const batchesMax = 256
const transactionsMax = 4096

interface Progress {
  number: number
  tree: Tree.Tree
  hash: Uint8Array
  told: number
  nodes: number
  /** The last transaction that was read, and those read and not yet reached. */
  after: string | undefined
  waiting: Array<Stored>
}

const same = (left: Uint8Array, right: Uint8Array): boolean => Buffer.compare(left, right) === 0

const chained = (before: Uint8Array, row: Row): Uint8Array => {
  const head = Buffer.alloc(28)
  head.writeBigInt64BE(bigintOf(row, "number"), 0)
  head.writeBigInt64BE(BigInt(Math.floor(Number(textOf(row, "booked_at")))), 8)
  head.writeBigInt64BE(bigintOf(row, "first"), 16)
  // A number below zero, which no journal has, is hashed as another.
  head.writeUInt32BE(intOf(row, "transactions") >>> 0, 24)
  const length = Buffer.alloc(4)
  const content = bytesOf(row, "content")
  length.writeUInt32BE(content.length)
  return nativeSha256(Buffer.concat([before, head, bytesOf(row, "root"), length, content, bytesOf(row, "leaves")]))
}

const isLeaf = (stored: Stored, leaf: Uint8Array): boolean => typeof stored.leaf !== "string" && same(stored.leaf, leaf)

/** The stored transaction of a leaf; those that the journal does not know are told and passed over. */
const transactionOf = (state: Progress, number: number, leaf: Uint8Array, found: Findings): Stored | undefined => {
  for (;;) {
    const [stored, next] = state.waiting
    const isAt = (each: Stored | undefined) =>
      each !== undefined && (each.number === BigInt(number) || isLeaf(each, leaf))
    if (stored === undefined || (!isAt(stored) && stored.number > BigInt(number) && !isAt(next))) {
      found.add(`leaf ${number}`, "its transaction is missing")
      return undefined
    }
    state.waiting.shift()
    const place = Balances.typed("txn", stored.uuid)
    if (!isAt(stored) || (isAt(next) && !isLeaf(stored, leaf))) {
      found.add(place, "is not in the journal")
      continue
    }
    if (stored.number !== BigInt(number)) found.add(place, `has number ${stored.number}, it is leaf ${number}`)
    if (typeof stored.leaf === "string") found.add(place, stored.leaf)
    else if (!isLeaf(stored, leaf)) found.add(place, `is not what was booked as leaf ${number}`)
    return stored
  }
}

const compareKey = (stored: Stored, plain: Content["plain"][number], found: Findings): void => {
  if (stored.key !== plain?.key || stored.fingerprint !== plain?.fingerprint)
    found.add(Balances.typed("txn", stored.uuid), "is not stored under the key and request that it answered")
}

const readAhead = Effect.fnUntraced(function* (pool: Pool, ledger: number, state: Progress, count: number) {
  while (state.waiting.length < count + 2) {
    const rows = yield* pool.query(Queries.entries, [ledger, state.after ?? null, transactionsMax])
    const more = storedTransactions(rows)
    state.waiting.push(...more)
    state.after = more.at(-1)?.uuid ?? state.after
    if (more.length < transactionsMax) return
  }
})

const compareNodes = Effect.fnUntraced(function* (
  pool: Pool,
  ledger: number,
  nodes: Tree.Appended["completed"],
  found: Findings
) {
  if (nodes.length === 0) return
  const parameters = [arrayOf(nodes.map(({ level }) => level)), arrayOf(nodes.map(({ index }) => index))]
  const rows = yield* pool.query(Queries.nodes, [ledger, ...parameters])
  const stored = new Map(rows.map((row) => [`${row.level}/${row.index}`, bytesOf(row, "hash")]))
  for (const { level, index, hash } of nodes) {
    const other = stored.get(`${level}/${index}`)
    if (other === undefined || !same(other, hash))
      found.add(`node ${level}/${index}`, other === undefined ? "is missing" : "is not what its leaves make it")
  }
})

const compareAnswers = Effect.fnUntraced(function* (
  pool: Pool,
  ledger: number,
  told: Content["told"],
  found: Findings
) {
  if (told.length === 0) return
  const rows = yield* pool.query(Queries.answers, [ledger, arrayOf(told.map(({ id }) => id))])
  const stored = new Map(rows.map((row) => [textOf(row, "key"), row]))
  for (const { id, fingerprint, digest } of told) {
    const row = stored.get(id)
    if (row === undefined) found.add(`answer ${id}`, "is missing")
    else if (row.fingerprint !== fingerprint || row.digest !== digest)
      found.add(`answer ${id}`, "is not what was answered")
  }
})

/** The leaf hashes of a batch, and the batch's own row compared with what came before it. */
const compareBatch = (state: Progress, row: Row, found: Findings): { content: Content; leaves: Array<Uint8Array> } => {
  const number = intOf(row, "number")
  const place = `batch ${number}`
  const stored = bytesOf(row, "leaves")
  const leaves = Array.from({ length: stored.length / 32 }, (_, at) => stored.subarray(at * 32, at * 32 + 32))
  const content = contentOf(bytesOf(row, "content")) ?? { plain: [], told: [], accounts: [], holds: [] }
  if (number !== state.number) found.add(place, `comes after batch ${state.number - 1}`)
  if (intOf(row, "first") !== state.tree.size) found.add(place, `begins at leaf ${row.first}, not ${state.tree.size}`)
  if (!Number.isSafeInteger(Number(textOf(row, "booked_at")))) found.add(place, "was booked at no whole millisecond")
  const hash = chained(state.hash, row)
  if (!same(hash, bytesOf(row, "hash"))) found.add(place, "its hash is not that of the row and the hash before it")
  if (content.plain.length !== leaves.length) found.add(place, "its content does not fit its transactions")
  state.number = number + 1
  state.hash = bytesOf(row, "hash")
  return { content, leaves }
}

const accountsOf = (stored: ReadonlyArray<Stored>, contents: ReadonlyArray<Content>): ReadonlySet<string> =>
  new Set([
    ...stored.flatMap(({ entries }) => entries.map(({ account }) => account)),
    ...contents.flatMap(({ accounts }) => accounts.map(({ id }) => id))
  ])

const verifyPage = Effect.fnUntraced(function* (
  pool: Pool,
  ledger: number,
  rows: ReadonlyArray<Row>,
  state: Progress,
  found: Findings
) {
  const count = rows.reduce((sum, row) => sum + intOf(row, "transactions"), 0)
  yield* readAhead(pool, ledger, state, count)
  const before = state.tree
  const leaves: Array<Uint8Array> = []
  const completed: Array<Tree.CompletedNode> = []
  const batches: Array<{ readonly number: number; readonly content: Content; readonly booked: Array<Stored> }> = []
  for (const row of rows) {
    const batch = compareBatch(state, row, found)
    const booked: Array<Stored> = []
    batch.leaves.forEach((leaf, at) => {
      const stored = transactionOf(state, state.tree.size + at, leaf, found)
      if (stored === undefined) return
      compareKey(stored, batch.content.plain[at], found)
      booked.push(stored)
    })
    const appended = Tree.append(state.tree, batch.leaves, nativeSha256)
    state.tree = appended.tree
    completed.push(...appended.completed)
    leaves.push(...batch.leaves)
    batches.push({ number: intOf(row, "number"), content: batch.content, booked })
    if (!same(Tree.root(state.tree, nativeSha256), bytesOf(row, "root")))
      found.add(`batch ${row.number}`, "its root is not that of its leaves")
  }
  state.nodes += completed.length
  const contents = batches.map(({ content }) => content)
  const told = contents.flatMap((content) => content.told)
  state.told += told.length
  const accounts = yield* Balances.load(
    pool,
    ledger,
    accountsOf(
      batches.flatMap(({ booked }) => booked),
      contents
    )
  )
  for (const { number, content, booked } of batches) {
    for (const stored of booked) Balances.book(accounts, stored, number, found)
    Balances.change(accounts, content)
    Balances.meet(accounts, booked, content)
  }
  if (accounts.size > 0) yield* Balances.save(pool, accounts)
  const holds = new Map(contents.flatMap((content) => content.holds.map(({ id, digest }) => [id, digest] as const)))
  if (holds.size > 0) yield* pool.query(Queries.keepHolds, [arrayOf(holds.keys()), arrayOf(holds.values())])
  yield* compareNodes(pool, ledger, completed, found)
  yield* compareAnswers(pool, ledger, told, found)
  return { before, leaves }
})

/** The next page's last batch: as many as have `transactionsMax` transactions, at least one; undefined after the last. */
const pageEnd = (rows: ReadonlyArray<Row>): number | undefined => {
  let sum = 0
  let end: number | undefined
  for (const row of rows) {
    sum += intOf(row, "transactions")
    if (end !== undefined && sum > transactionsMax) break
    end = intOf(row, "number")
  }
  return end
}

const compareEnd = Effect.fnUntraced(function* (pool: Pool, ledger: number, state: Progress, found: Findings) {
  yield* readAhead(pool, ledger, state, 0)
  for (const { uuid } of state.waiting) found.add(Balances.typed("txn", uuid), "is not in the journal")
  const accounts = [
    ...(yield* pool.query(Queries.accounts, [ledger])),
    ...(yield* pool.query(Queries.entryCounts, [ledger])),
    ...(yield* pool.query(Queries.hiding, [ledger, state.tree.size]))
  ]
  for (const row of accounts) found.add(Balances.typed("acc", textOf(row, "account_id")), textOf(row, "detail"))
  for (const row of yield* pool.query(Queries.holds, [ledger]))
    found.add(Balances.typed("hold", textOf(row, "hold_id")), textOf(row, "detail"))
  for (const [table, text, expected] of [
    ["ledger.answer", Queries.answerCount, state.told],
    ["ledger.node", Queries.nodeCount, state.nodes]
  ] as const) {
    const [row] = yield* pool.query(text, [ledger])
    const count = row === undefined ? 0 : intOf(row, "count")
    if (count !== expected) found.add(table, `has ${count} rows, the journal makes it ${expected}`)
  }
})

/** The journal ends where the ledger's row says that it does. */
const compareKept = (row: Row, state: Progress, found: Findings): void => {
  const hash = optionalBytes(row, "journal_hash")
  const batches = bigintOf(row, "batches")
  if (hash === undefined)
    found.add("ledger.ledger", "does not say how the journal ends: the bank keeps that from its next start on")
  else if (batches !== BigInt(state.number))
    found.add("ledger.ledger", `counts ${batches} batches, the journal has ${state.number}`)
  else if (!same(hash, state.hash))
    found.add("ledger.ledger", "keeps another hash than that of the journal's last batch")
}

const verifyLedger = Effect.fnUntraced(function* (pool: Pool, ledgerId: LedgerId, trusted: Trusted) {
  const found = findings()
  for (const text of Queries.prepare) yield* pool.query(text)
  const state: Progress = {
    number: 0,
    tree: Tree.empty,
    hash: nativeSha256(Buffer.concat([Buffer.from("gophers-bank ledger journal 1"), TypedId.toBytes(ledgerId)])),
    told: 0,
    nodes: 0,
    after: undefined,
    waiting: []
  }
  const [row] = yield* pool.query(Queries.ledgerRow, [uuidOf(ledgerId)])
  if (row === undefined) found.add(ledgerId, "there is no such ledger")
  else {
    const ledger = intOf(row, "ledger_id")
    if (trusted.head !== undefined && trusted.head.head.ledgerId !== ledgerId)
      found.add("head given", `is of ledger ${trusted.head.head.ledgerId}`)
    yield* compareHeads(pool, ledger, ledgerId, { before: undefined, leaves: [] }, trusted, found)
    for (let last = -1; !found.isFull(); ) {
      const end = pageEnd(yield* pool.query(Queries.sizes, [ledger, last, batchesMax]))
      if (end === undefined) break
      const rows = yield* pool.query(Queries.batches, [ledger, last + 1, end])
      const grown = yield* verifyPage(pool, ledger, rows, state, found)
      yield* compareHeads(pool, ledger, ledgerId, grown, trusted, found)
      last = end
    }
    yield* compareEnd(pool, ledger, state, found)
    compareKept(row, state, found)
    yield* compareHeadsBeyond(pool, ledger, state.tree, trusted, found)
  }
  return {
    findings: found.all(),
    batches: state.number,
    transactions: state.tree.size,
    root: Tree.root(state.tree, nativeSha256)
  } satisfies Verification
})

/** Verifies one ledger. Nothing is changed, and a bank may write it meanwhile. */
export const verifyStored = (
  ledgerId: LedgerId,
  trusted: Trusted = {}
): Effect.Effect<Verification, PostgresUnavailable, Postgres> =>
  Effect.scoped(
    Effect.gen(function* () {
      const postgres = yield* Postgres
      const pool = yield* postgres.pool({
        name: "verify",
        connectionsMax: 1,
        statementTimeoutMs: 0,
        settings: { jit: "off" }
      })
      return yield* verifyLedger(pool, ledgerId, trusted)
    })
  )
