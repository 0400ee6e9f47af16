/** The Merkle tree of a ledger in memory. Leaves are hashed when the tree is next asked for after a booking. */
import { Effect, Layer } from "effect"
import { LedgerTree } from "../../application/ports/LedgerTree.ts"
import { LedgerId, type TransactionId, TypedId } from "../../domain/ids/index.ts"
import { Rejection, type Transaction } from "../../domain/ledger/index.ts"
import { type Hash, Leaf, sha256, Tile, Tree, type TreeHead } from "../../domain/proofs/index.ts"
import { LedgerState } from "./LedgerState.ts"

/** A ledger in memory: a UUID of version 8 that ends in 2, as no stored ledger's does. */
const ledgerId = LedgerId.make(TypedId.fromUuid("led", "00000000-0000-8000-8000-000000000002"))

interface Grown {
  readonly tree: Tree.Tree
  /** Hashes of every eighth level. */
  readonly levels: ReadonlyArray<ReadonlyArray<Hash>>
  readonly indices: ReadonlyMap<TransactionId, number>
}

/** Appends what was booked since it was last asked. */
const growing = (transactions: ReadonlyMap<TransactionId, Transaction.Transaction>): (() => Grown) => {
  const levels: Array<Array<Hash>> = []
  const indices = new Map<TransactionId, number>()
  // Never asked for more than there is: an iterator that has ended would not see what is added later.
  const iterator = transactions.values()
  let tree = Tree.empty

  const put = (level: number, hash: Hash): void => {
    const row = levels[level]
    if (row === undefined) levels[level] = [hash]
    else row.push(hash)
  }

  return () => {
    const hashes: Array<Hash> = []
    while (indices.size < transactions.size) {
      const { value } = iterator.next()
      if (value === undefined) throw new Error("a ledger in memory lost a transaction")
      indices.set(value.id, indices.size)
      const hash = Leaf.hashOf(value)
      hashes.push(hash)
      put(0, hash)
    }
    const appended = Tree.append(tree, hashes)
    for (const { level, hash } of appended.completed) put(level / Tile.height, hash)
    tree = appended.tree
    return { tree, levels, indices }
  }
}

const make = Effect.map(LedgerState, ({ transactions }) => {
  const grow = growing(transactions)
  const heads = new Map<number, TreeHead.SignedTreeHead>()
  return LedgerTree.of({
    ledgerId,
    sha256,
    root: Effect.sync(() => {
      const { tree } = grow()
      return { treeSize: tree.size, rootHash: Tree.root(tree) }
    }),
    leafIndex: (transactionId) =>
      Effect.suspend(() => {
        const index = grow().indices.get(transactionId)
        return index === undefined
          ? Effect.fail(new Rejection.TransactionNotFound({ transactionId }))
          : Effect.succeed(index)
      }),
    tiles: () =>
      Effect.sync(() => {
        const { levels } = grow()
        return (level, index) => levels[level]?.slice(index * Tile.width, (index + 1) * Tile.width)
      }),
    head: (treeSize) => Effect.sync(() => heads.get(treeSize)),
    keep: (signed) =>
      Effect.sync(() => {
        const kept = heads.get(signed.head.treeSize) ?? signed
        heads.set(signed.head.treeSize, kept)
        return kept
      })
  })
})

/** The tree over the transactions of the ledger in memory. */
export const layer: Layer.Layer<LedgerTree, never, LedgerState> = Layer.effect(LedgerTree, make)
