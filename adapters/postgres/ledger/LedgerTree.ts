/**
 * The stored Merkle tree of a ledger, for proofs: reads of one round trip each without locks, on a pool of its own, and
 * the insert of a signed head, which keeps the first one of a size and key.
 */
import { Effect, Layer } from "effect"
import { HeadSigner } from "../../../application/ports/HeadSigner.ts"
import { LedgerUnavailable } from "../../../application/ports/Ledger.ts"
import { LedgerTree, LedgerTreeUnfinished } from "../../../application/ports/LedgerTree.ts"
import { Instant } from "../../../domain/calendar/index.ts"
import type { LedgerId, TransactionId } from "../../../domain/ids/index.ts"
import { Rejection } from "../../../domain/ledger/index.ts"
import { Tree, type TreeHead } from "../../../domain/proofs/index.ts"
import type { PostgresUnavailable } from "../Failure.ts"
import { bytesOf, intOf, type Row } from "../Fields.ts"
import { type Pool, Postgres } from "../Postgres.ts"
import { hexOf, uuidOf } from "../Uuid.ts"
import { nativeSha256 } from "./Journal.ts"
import { lastBatch, tilesOf } from "./JournalReader.ts"
import { defaultLedgerId } from "./Options.ts"
import { ledgerRole } from "./Session.ts"

const unavailable = <A>(read: Effect.Effect<A, PostgresUnavailable>): Effect.Effect<A, LedgerUnavailable> =>
  Effect.mapError(read, ({ reason }) => new LedgerUnavailable({ reason }))

type LeafIndex = Effect.Effect<number, Rejection.TransactionNotFound | LedgerTreeUnfinished>

const numberText = "select ledger_id from ledger.ledger where id = $1"

const leafText = `select t.number, t.number < (select first + transactions from ledger.batch
    where ledger_id = $1 order by ledger_id desc, number desc limit 1) as is_leaf
  from ledger.transaction t where t.ledger_id = $1 and t.transaction_id = $2`

const headText = `select size, root, (extract(epoch from signed_at) * 1000)::bigint as signed_at, signature
  from ledger.head where ledger_id = $1 and size = $2 and public_key = decode($3, 'hex')`

const keepText = `insert into ledger.head (ledger_id, size, root, signed_at, signature, public_key)
  values ($1, $2, decode($3, 'hex'), $4::timestamptz, decode($5, 'hex'), decode($6, 'hex')) on conflict do nothing`

const headOf = (row: Row, ledgerId: LedgerId): TreeHead.SignedTreeHead => ({
  head: {
    ledgerId,
    treeSize: intOf(row, "size"),
    rootHash: bytesOf(row, "root"),
    timestamp: Instant.fromMillis(intOf(row, "signed_at"))
  },
  signature: bytesOf(row, "signature")
})

const treeOf = (pool: Pool, ledger: number, ledgerId: LedgerId, publicKey: TreeHead.PublicKey) => {
  const head = (treeSize: number) =>
    Effect.map(pool.query(headText, [ledger, treeSize, hexOf(publicKey)]), ([row]) =>
      row === undefined ? undefined : headOf(row, ledgerId)
    )
  return LedgerTree.of({
    ledgerId,
    sha256: nativeSha256,
    root: unavailable(
      Effect.map(lastBatch(pool, ledger), (last) =>
        last === undefined
          ? { treeSize: 0, rootHash: Tree.root(Tree.empty, nativeSha256) }
          : { treeSize: intOf(last, "size"), rootHash: bytesOf(last, "root") }
      )
    ),
    leafIndex: (transactionId: TransactionId) =>
      Effect.flatMap(unavailable(pool.query(leafText, [ledger, uuidOf(transactionId)])), ([row]): LeafIndex => {
        if (row === undefined) return Effect.fail(new Rejection.TransactionNotFound({ transactionId }))
        return row.is_leaf === true ? Effect.succeed(intOf(row, "number")) : Effect.fail(new LedgerTreeUnfinished({}))
      }),
    tiles: (ids) => unavailable(tilesOf(pool, ledger, ids)),
    head: (treeSize) => unavailable(head(treeSize)),
    keep: (signed) =>
      unavailable(
        Effect.gen(function* () {
          const { treeSize, rootHash, timestamp } = signed.head
          const bytes = [hexOf(signed.signature), hexOf(publicKey)]
          const at = new Date(timestamp).toISOString()
          yield* pool.query(keepText, [ledger, treeSize, hexOf(rootHash), at, ...bytes])
          return (yield* head(treeSize)) ?? signed
        })
      )
  })
}

const make = Effect.fnUntraced(function* (ledgerId: LedgerId) {
  const { publicKey } = yield* HeadSigner
  const pool = yield* (yield* Postgres).pool({ name: "ledger tree", role: ledgerRole, connectionsMax: 2 })
  const [row] = yield* unavailable(pool.query(numberText, [uuidOf(ledgerId)]))
  if (row === undefined) return yield* Effect.fail(new LedgerUnavailable({ reason: "the ledger was never written" }))
  return treeOf(pool, intOf(row, "ledger_id"), ledgerId, publicKey)
})

/** The tree of a ledger that has a writer, here or elsewhere, or had one. */
export const layer = (
  ledgerId: LedgerId = defaultLedgerId
): Layer.Layer<LedgerTree, LedgerUnavailable, Postgres | HeadSigner> => Layer.effect(LedgerTree, make(ledgerId))
