/** Proofs that a leaf is in a tree (RFC 9162 §2.1.3). */
import { Result, Schema } from "effect"
import { equals, Hash, ofNode, type Sha256, sha256 } from "./Hash.ts"
import { InvalidProof, OutOfTree } from "./InvalidProof.ts"
import { hashesOf, type NodeId, type NodeMissing, type NodeSource, nodesOf, type Range } from "./Node.ts"
import { half, isOdd, pathLengthMax, Size, split } from "./Size.ts"

/**
 * That the leaf at `leafIndex`, counted from 0, is in the tree of the first `treeSize` leaves: `path` is the hashes of
 * the subtrees beside the way up, from the leaf to the root.
 */
export const InclusionProof = Schema.Struct({
  leafIndex: Size,
  treeSize: Size,
  path: Schema.Array(Hash).check(Schema.isMaxLength(pathLengthMax))
})
export type InclusionProof = typeof InclusionProof.Type

/** The subtrees beside the way from the leaf up to the root: PATH of RFC 9162 §2.1.3.1. */
const siblings = (leafIndex: number, treeSize: number): ReadonlyArray<Range> => {
  const fromRoot: Array<Range> = []
  let start = 0
  let end = treeSize
  while (end - start > 1) {
    const middle = start + split(end - start)
    if (leafIndex < middle) {
      fromRoot.push({ start: middle, end })
      end = middle
    } else {
      fromRoot.push({ start, end: middle })
      start = middle
    }
  }
  return fromRoot.reverse()
}

const has = (treeSize: number, leafIndex: number): boolean =>
  Number.isSafeInteger(treeSize) && Number.isSafeInteger(leafIndex) && leafIndex >= 0 && leafIndex < treeSize

/** The perfect nodes that the proof is made of: what a store fetches before `make`. Fails with `OutOfTree`. */
export const nodesFor = (leafIndex: number, treeSize: number): Result.Result<ReadonlyArray<NodeId>, OutOfTree> =>
  has(treeSize, leafIndex)
    ? Result.succeed(siblings(leafIndex, treeSize).flatMap(nodesOf))
    : Result.fail(new OutOfTree({ position: leafIndex, treeSize }))

/** Makes the proof. Errors, first wins: `OutOfTree`, `NodeMissing`. */
export const make = (
  leafIndex: number,
  treeSize: number,
  source: NodeSource,
  hasher: Sha256 = sha256
): Result.Result<InclusionProof, OutOfTree | NodeMissing> =>
  has(treeSize, leafIndex)
    ? Result.map(hashesOf(siblings(leafIndex, treeSize), source, hasher), (path) => ({ leafIndex, treeSize, path }))
    : Result.fail(new OutOfTree({ position: leafIndex, treeSize }))

/** The root that the proof leads to from the leaf's hash, or undefined where the path is too long or too short. */
const rootFrom = ({ leafIndex, treeSize, path }: InclusionProof, leafHash: Hash, hasher: Sha256): Hash | undefined => {
  // RFC 9162 §2.1.3.2, whose fn and sn are the places of the node on the way and of the last node on its level.
  let node = leafIndex
  let last = treeSize - 1
  let hash = leafHash
  for (const sibling of path) {
    if (last === 0) return undefined
    if (isOdd(node) || node === last) {
      hash = ofNode(sibling, hash, hasher)
      while (!isOdd(node) && node !== 0) {
        node = half(node)
        last = half(last)
      }
    } else {
      hash = ofNode(hash, sibling, hasher)
    }
    node = half(node)
    last = half(last)
  }
  return last === 0 ? hash : undefined
}

/**
 * Verifies that the leaf of this hash is in the tree of this root (RFC 9162 §2.1.3.2). Fails with `InvalidProof`, first
 * wins: `size`, `path`.
 */
export const verify = (
  proof: InclusionProof,
  leafHash: Hash,
  rootHash: Hash,
  hasher: Sha256 = sha256
): Result.Result<void, InvalidProof> => {
  if (!has(proof.treeSize, proof.leafIndex)) return Result.fail(new InvalidProof({ reason: "size" }))
  const root = rootFrom(proof, leafHash, hasher)
  return root !== undefined && equals(root, rootHash)
    ? Result.succeed(undefined)
    : Result.fail(new InvalidProof({ reason: "path" }))
}
