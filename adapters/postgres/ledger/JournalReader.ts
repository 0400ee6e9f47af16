/** Reads of a ledger's journal and tree: one round trip each, no locks. */
import { Effect, Result } from "effect"
import type { LedgerId } from "../../../domain/ids/index.ts"
import { type Hash, Tile, Tree } from "../../../domain/proofs/index.ts"
import type { PostgresUnavailable } from "../Failure.ts"
import { bytesOf, intOf, optionalBytes, type Row } from "../Fields.ts"
import type { Pool } from "../Postgres.ts"
import { emptyEnd, type JournalEnd, nativeSha256 } from "./Journal.ts"

type Read<A> = Effect.Effect<A, PostgresUnavailable>

/** Bytes of a hash. */
const hashLength = 32

const split = (hashes: Uint8Array): ReadonlyArray<Hash> =>
  Array.from({ length: hashes.length / hashLength }, (_, index) =>
    hashes.subarray(index * hashLength, (index + 1) * hashLength)
  )

// The leaves of a tile are in the batch that has its first leaf and in those after it; a batch without transactions
// begins where the next one does.
const leavesText = `select substring(b.leaves from 32 * greatest($2::bigint - b.first, 0)::integer + 1
    for 32 * ($2::bigint + ${Tile.width} - greatest(b.first, $2::bigint))::integer) as hashes
  from ledger.batch b
  where b.ledger_id = $1 and b.transactions > 0 and b.first < $2::bigint + ${Tile.width}
    and b.first >= (select coalesce(max(first), 0) from ledger.batch where ledger_id = $1 and first <= $2::bigint)
  order by b.first`

const nodesText = `select hash as hashes from ledger.node
  where ledger_id = $1 and level = $2::smallint and index >= $3::bigint and index < $3::bigint + ${Tile.width}
  order by index`

const tile = (pool: Pool, ledger: number, { level, index }: Tile.TileId): Read<ReadonlyArray<Hash>> => {
  const first = index * Tile.width
  const rows =
    level === 0 ? pool.query(leavesText, [ledger, first]) : pool.query(nodesText, [ledger, level * Tile.height, first])
  return Effect.map(rows, (found) => found.flatMap((row) => split(bytesOf(row, "hashes"))))
}

/** Tiles of a tree read at the same time: a tree of any size has at most seven levels of them. */
const concurrency = 8

/** The tiles, as full as they are. */
export const tilesOf = (pool: Pool, ledger: number, ids: ReadonlyArray<Tile.TileId>): Read<Tile.TileSource> =>
  Effect.map(
    Effect.forEach(
      ids,
      (id) => Effect.map(tile(pool, ledger, id), (hashes) => [`${id.level}/${id.index}`, hashes] as const),
      {
        concurrency
      }
    ),
    (found) => {
      const tiles = new Map(found)
      return (level, index) => tiles.get(`${level}/${index}`)
    }
  )

/** The newest row of the journal, without leaves and content. */
export const lastBatch = (pool: Pool, ledger: number): Read<Row | undefined> =>
  Effect.map(
    pool.query(
      `select number, first + transactions as size, root, hash from ledger.batch
        where ledger_id = $1 order by ledger_id desc, number desc limit 1`,
      [ledger]
    ),
    ([row]) => row
  )

// One statement sees one moment: the row of the ledger changes with each batch.
const endText = `select l.batches, l.journal_hash, b.number, b.size, b.root, b.hash from ledger.ledger l
  left join lateral (select number, first + transactions as size, root, hash from ledger.batch
    where ledger_id = l.ledger_id order by ledger_id desc, number desc limit 1) b on true
  where l.ledger_id = $1`

const same = (left: Uint8Array, right: Uint8Array): boolean => Buffer.compare(left, right) === 0

const treeOf = Effect.fnUntraced(function* (pool: Pool, ledger: number, last: Row) {
  const size = intOf(last, "size")
  const tiles = yield* tilesOf(pool, ledger, Tile.tilesOf(Tree.nodesFor(size)))
  const tree = Tree.make(size, Tile.nodeSource(tiles, nativeSha256), nativeSha256)
  if (Result.isFailure(tree) || !same(Tree.root(tree.success, nativeSha256), bytesOf(last, "root")))
    return yield* Effect.die(new Error("the ledger's tree does not have the root of its last batch: run gbank verify"))
  return tree.success
})

/** Where the journal stands, and whether the ledger's own row says so. */
export interface StoredEnd extends JournalEnd {
  readonly isKept: boolean
}

/**
 * Where the journal stands. Dies where its nodes do not lead to its root, or where it does not end as the ledger's row
 * says: then somebody has changed it, and nothing must be booked on top of that.
 */
export const journalEnd = Effect.fnUntraced(function* (pool: Pool, ledger: number, ledgerId: LedgerId) {
  const [row = {}] = yield* pool.query(endText, [ledger])
  const end: JournalEnd =
    row.number === null
      ? emptyEnd(ledgerId)
      : { number: intOf(row, "number") + 1, tree: yield* treeOf(pool, ledger, row), hash: bytesOf(row, "hash") }
  const kept = optionalBytes(row, "journal_hash")
  if (kept !== undefined && (intOf(row, "batches") !== end.number || !same(kept, end.hash)))
    return yield* Effect.die(new Error("the ledger's journal does not end as it was written: run gbank verify"))
  return { ...end, isKept: kept !== undefined } satisfies StoredEnd
})
