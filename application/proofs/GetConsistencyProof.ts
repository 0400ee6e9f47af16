import { Effect, Schema } from "effect"
import { Consistency, OutOfTree, Tile } from "../../domain/proofs/index.ts"
import { LedgerTree } from "../ports/LedgerTree.ts"

const { sizeEarlier, sizeLater } = Consistency.ConsistencyProof.fields

/** From and to which tree size. */
export const GetConsistencyProof = Schema.Struct({ from: sizeEarlier, to: sizeLater })
export type GetConsistencyProof = typeof GetConsistencyProof.Type

/** The proof that the tree of size `to` extends that of size `from`. Errors: OutOfTree, LedgerUnavailable. */
export const getConsistencyProof = Effect.fn("proofs.consistency")(function* ({ from, to }: GetConsistencyProof) {
  const tree = yield* LedgerTree
  const { treeSize } = yield* tree.root
  if (to > treeSize) return yield* Effect.fail(new OutOfTree({ position: to, treeSize }))
  const nodes = yield* Effect.fromResult(Consistency.nodesFor(from, to))
  const source = Tile.nodeSource(yield* tree.tiles(Tile.tilesOf(nodes)), tree.sha256)
  return yield* Effect.fromResult(Consistency.make(from, to, source, tree.sha256)).pipe(
    Effect.catchTag("NodeMissing", Effect.die)
  )
})
