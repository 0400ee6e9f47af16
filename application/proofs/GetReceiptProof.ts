import { Effect, Result, Schema } from "effect"
import { TransactionId } from "../../domain/ids/index.ts"
import { Inclusion, Leaf, type ReceiptProof, Tile } from "../../domain/proofs/index.ts"
import { Ledger } from "../ports/Ledger.ts"
import { LedgerTree } from "../ports/LedgerTree.ts"
import { getTreeHead } from "./GetTreeHead.ts"

export const GetReceiptProof = Schema.Struct({ transaction: TransactionId })
export type GetReceiptProof = typeof GetReceiptProof.Type

/**
 * The proof that a transaction is in the ledger, for its parties to keep: it shows of them what the transaction shows,
 * and no balance. A transaction that is not what was hashed when it was booked is a defect: no proof of it can verify.
 * Errors: TransactionNotFound, LedgerTreeUnfinished, LedgerUnavailable.
 */
export const getReceiptProof = Effect.fn("proofs.receipt")(function* (query: GetReceiptProof) {
  const ledger = yield* Ledger
  const tree = yield* LedgerTree
  const transaction = Leaf.contentOf(yield* ledger.transaction(query.transaction))
  const leafIndex = yield* tree.leafIndex(query.transaction)
  const treeHead = yield* getTreeHead()
  const { treeSize } = treeHead.head
  const nodes = yield* Effect.orDie(Effect.fromResult(Inclusion.nodesFor(leafIndex, treeSize)))
  const tiles = yield* tree.tiles(Tile.tilesOf([...nodes, { level: 0, index: leafIndex }]))
  const source = Tile.nodeSource(tiles, tree.sha256)
  const inclusion = yield* Effect.orDie(Effect.fromResult(Inclusion.make(leafIndex, treeSize, source, tree.sha256)))
  const leafHash = Leaf.hashOf(transaction, tree.sha256)
  const proven = Inclusion.verify(inclusion, leafHash, treeHead.head.rootHash, tree.sha256)
  if (Result.isFailure(proven))
    return yield* Effect.die(new Error(`transaction ${query.transaction} is not what was booked as leaf ${leafIndex}`))
  return { transaction, leafHash, inclusion, treeHead } satisfies ReceiptProof
})
