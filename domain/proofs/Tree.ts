/**
 * A growing Merkle tree, held as its frontier: the perfect subtrees that its leaves make, at most 53 hashes however
 * large it is. It appends and gives its root; nothing else is needed of the leaves.
 */
import { Result, Schema } from "effect"
import { Hash, ofNode, ofSubtrees, type Sha256, sha256 } from "./Hash.ts"
import { hashesOf, type NodeId, type NodeMissing, type NodeSource, nodesOf } from "./Node.ts"
import { bitCount, half, isOdd, Size } from "./Size.ts"
import { height } from "./Tile.ts"

/** `size` leaves as perfect subtrees from left to right, the largest first: one for each bit of `size` that is set. */
export const Tree = Schema.Struct({ size: Size, hashes: Schema.Array(Hash) }).check(
  Schema.makeFilter(({ size, hashes }) =>
    hashes.length === bitCount(size)
      ? undefined
      : { path: ["hashes"], issue: `Expected ${bitCount(size)} hashes for ${size} leaves` }
  )
)
export type Tree = typeof Tree.Type

/** The tree of no leaves. */
export const empty: Tree = { size: 0, hashes: [] }

/** A perfect node that an append completed, for a store to keep. */
export interface CompletedNode extends NodeId {
  readonly hash: Hash
}

/** A tree that leaves were appended to, and the nodes of levels 8, 16, 24, … that were completed, in that order. */
export interface Appended {
  readonly tree: Tree
  readonly completed: ReadonlyArray<CompletedNode>
}

/** Appends leaves by their hashes, in order: one more hashing for each leaf, on average. */
export const append = (tree: Tree, leafHashes: ReadonlyArray<Hash>, hasher: Sha256 = sha256): Appended => {
  const hashes = [...tree.hashes]
  const completed: Array<CompletedNode> = []
  let size = tree.size
  for (const leafHash of leafHashes) {
    let hash = leafHash
    let level = 0
    // As in adding one to a binary number: each bit that is set gives a subtree to carry into the next.
    for (let index = size; isOdd(index); index = half(index)) {
      const left = hashes.pop()
      if (left === undefined) throw new RangeError(`a tree of ${tree.size} leaves lacks a hash`)
      hash = ofNode(left, hash, hasher)
      level++
      if (level % height === 0) completed.push({ level, index: half(index), hash })
    }
    hashes.push(hash)
    size++
  }
  return { tree: { size, hashes }, completed }
}

/** The root hash (RFC 9162 §2.1.1): of no leaves, SHA-256 of nothing. */
export const root = (tree: Tree, hasher: Sha256 = sha256): Hash => ofSubtrees(tree.hashes, hasher)

/** The perfect nodes that the tree of `size` leaves is held as: what a store fetches before `make`. */
export const nodesFor = (size: number): ReadonlyArray<NodeId> => nodesOf({ start: 0, end: size })

/** The tree of the first `size` leaves, out of a store's nodes. Fails with `NodeMissing`. */
export const make = (size: number, source: NodeSource, hasher: Sha256 = sha256): Result.Result<Tree, NodeMissing> => {
  const ranges = nodesFor(size).map(({ level, index }) => ({
    start: index * 2 ** level,
    end: (index + 1) * 2 ** level
  }))
  return Result.map(hashesOf(ranges, source, hasher), (hashes) => ({ size, hashes }))
}
