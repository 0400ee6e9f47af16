/** Compares signed heads with the roots that the journal's leaves make. */
import { Effect, Result } from "effect"
import { Instant } from "../../../domain/calendar/index.ts"
import type { LedgerId } from "../../../domain/ids/index.ts"
import { Tree, TreeHead } from "../../../domain/proofs/index.ts"
import { bytesOf, intOf, type Row, textOf } from "../Fields.ts"
import type { Pool } from "../Postgres.ts"
import type { Findings } from "./Finding.ts"
import * as Queries from "./Queries.ts"
import { nativeSha256 } from "./Sha256.ts"

/** What the verification knows beside the database. */
export interface Trusted {
  /** The key that heads must be signed with; the one stored with each head unless given. */
  readonly publicKey?: TreeHead.PublicKey
  /** A head that was kept elsewhere: the ledger must extend it. */
  readonly head?: TreeHead.SignedTreeHead
}

/** Leaves that follow a tree; without one, the empty tree itself is meant. */
interface Grown {
  readonly before: Tree.Tree | undefined
  readonly leaves: ReadonlyArray<Uint8Array>
}

interface Head {
  readonly place: string
  readonly size: number
  readonly root: Uint8Array
  readonly isSigned: boolean
}

/** Heads read at once: of one page of the journal, which has at most one for each transaction. */
const headsMax = 100_000

const storedHead = (row: Row, ledgerId: LedgerId, trusted: Trusted): Head => {
  const at = Number(textOf(row, "signed_at"))
  const size = intOf(row, "size")
  const root = bytesOf(row, "root")
  const key = bytesOf(row, "public_key")
  const head = { ledgerId, treeSize: size, rootHash: root, timestamp: Instant.fromMillis(Math.floor(at)) }
  const isKey = trusted.publicKey === undefined || Buffer.compare(trusted.publicKey, key) === 0
  const verified = TreeHead.verify({ head, signature: bytesOf(row, "signature") }, key)
  const isSigned = isKey && Number.isSafeInteger(at) && Result.isSuccess(verified)
  return { place: `head ${size}`, size, root, isSigned }
}

const givenHead = ({ head, publicKey }: Trusted): ReadonlyArray<Head> =>
  head === undefined
    ? []
    : [
        {
          place: "head given",
          size: head.head.treeSize,
          root: head.head.rootHash,
          isSigned: publicKey === undefined || Result.isSuccess(TreeHead.verify(head, publicKey))
        }
      ]

/** Compares the heads of every size that the leaves grow the tree to. */
export const compareHeads = Effect.fnUntraced(function* (
  pool: Pool,
  ledger: number,
  ledgerId: LedgerId,
  { before, leaves }: Grown,
  trusted: Trusted,
  found: Findings
) {
  const from = before?.size ?? -1
  const to = before === undefined ? 0 : before.size + leaves.length
  const rows = yield* pool.query(Queries.heads, [ledger, from, to, headsMax])
  const heads = [
    ...rows.map((row) => storedHead(row, ledgerId, trusted)),
    ...givenHead(trusted).filter(({ size }) => size > from && size <= to)
  ].sort((left, right) => left.size - right.size)
  let tree = before ?? Tree.empty
  for (const { place, size, root, isSigned } of heads) {
    const start = tree.size - (before?.size ?? 0)
    tree = Tree.append(tree, leaves.slice(start, start + size - tree.size), nativeSha256).tree
    if (Buffer.compare(Tree.root(tree, nativeSha256), root) !== 0)
      found.add(place, "its root is not that of the first leaves of the journal")
    if (!isSigned) found.add(place, "is not signed with the bank's key")
  }
})

/** Tells of heads of more transactions than the journal has: its end was cut off. */
export const compareHeadsBeyond = Effect.fnUntraced(function* (
  pool: Pool,
  ledger: number,
  { size }: Tree.Tree,
  trusted: Trusted,
  found: Findings
) {
  const rows = yield* pool.query(Queries.heads, [ledger, size, null, 1])
  const heads = [...rows.map((row) => ({ place: `head ${row.size}`, size: intOf(row, "size") })), ...givenHead(trusted)]
  for (const head of heads)
    if (head.size > size)
      found.add(head.place, `signs ${head.size} transactions, the journal has ${size}: its end is missing`)
})
