/** Proofs that a tree only grew: that the leaves of an earlier one are the first leaves of a later (RFC 9162 §2.1.4). */
import { Result, Schema } from "effect"
import { equals, Hash, ofNode, ofNothing, type Sha256, sha256 } from "./Hash.ts"
import { InvalidProof, OutOfTree } from "./InvalidProof.ts"
import { hashesOf, type NodeId, type NodeMissing, type NodeSource, nodesOf, type Range } from "./Node.ts"
import { bitCount, half, isOdd, pathLengthMax, Size, split } from "./Size.ts"

/**
 * That the tree of the first `sizeLater` leaves extends that of the first `sizeEarlier`. The path is empty where the
 * sizes are equal, and where the earlier tree is empty: every tree extends that.
 */
export const ConsistencyProof = Schema.Struct({
  sizeEarlier: Size,
  sizeLater: Size,
  path: Schema.Array(Hash).check(Schema.isMaxLength(pathLengthMax))
})
export type ConsistencyProof = typeof ConsistencyProof.Type

/** The subtrees that both roots are made of, or the later one alone: PROOF of RFC 9162 §2.1.4.1. */
const subtrees = (sizeEarlier: number, sizeLater: number): ReadonlyArray<Range> => {
  if (sizeEarlier === 0) return []
  const fromRoot: Array<Range> = []
  let start = 0
  let end = sizeLater
  while (sizeEarlier < end) {
    const middle = start + split(end - start)
    if (sizeEarlier <= middle) {
      fromRoot.push({ start: middle, end })
      end = middle
    } else {
      fromRoot.push({ start, end: middle })
      start = middle
    }
  }
  // A subtree from the first leaf on is the earlier tree itself, whose root the verifier has.
  if (start > 0) fromRoot.push({ start, end })
  return fromRoot.reverse()
}

const reaches = (sizeLater: number, sizeEarlier: number): boolean =>
  Number.isSafeInteger(sizeLater) && Number.isSafeInteger(sizeEarlier) && sizeEarlier >= 0 && sizeEarlier <= sizeLater

/** The perfect nodes that the proof is made of: what a store fetches before `make`. Fails with `OutOfTree`. */
export const nodesFor = (sizeEarlier: number, sizeLater: number): Result.Result<ReadonlyArray<NodeId>, OutOfTree> =>
  reaches(sizeLater, sizeEarlier)
    ? Result.succeed(subtrees(sizeEarlier, sizeLater).flatMap(nodesOf))
    : Result.fail(new OutOfTree({ position: sizeEarlier, treeSize: sizeLater }))

/** Makes the proof. Errors, first wins: `OutOfTree`, `NodeMissing`. */
export const make = (
  sizeEarlier: number,
  sizeLater: number,
  source: NodeSource,
  hasher: Sha256 = sha256
): Result.Result<ConsistencyProof, OutOfTree | NodeMissing> =>
  reaches(sizeLater, sizeEarlier)
    ? Result.map(hashesOf(subtrees(sizeEarlier, sizeLater), source, hasher), (path) => ({
        sizeEarlier,
        sizeLater,
        path
      }))
    : Result.fail(new OutOfTree({ position: sizeEarlier, treeSize: sizeLater }))

/** Whether the path leads to both roots, for 0 < `sizeEarlier` < `sizeLater`. */
const leads = (
  { sizeEarlier, sizeLater, path }: ConsistencyProof,
  rootEarlier: Hash,
  rootLater: Hash,
  hasher: Sha256
): boolean => {
  // RFC 9162 §2.1.4.2, whose fn and sn are the places of the node on the way and of the last node on its level.
  if (path.length === 0) return false
  let node = sizeEarlier - 1
  let last = sizeLater - 1
  while (isOdd(node)) {
    node = half(node)
    last = half(last)
  }
  // An earlier tree that is perfect is itself the node where both ways up begin, so the path leaves it out.
  const [first, ...rest] = bitCount(sizeEarlier) === 1 ? [rootEarlier, ...path] : path
  if (first === undefined) return false
  let earlier = first
  let later = first
  for (const hash of rest) {
    if (last === 0) return false
    if (isOdd(node) || node === last) {
      earlier = ofNode(hash, earlier, hasher)
      later = ofNode(hash, later, hasher)
      while (!isOdd(node) && node !== 0) {
        node = half(node)
        last = half(last)
      }
    } else {
      later = ofNode(later, hash, hasher)
    }
    node = half(node)
    last = half(last)
  }
  return last === 0 && equals(earlier, rootEarlier) && equals(later, rootLater)
}

/**
 * Verifies that the tree of the later root extends that of the earlier (RFC 9162 §2.1.4.2). Fails with `InvalidProof`,
 * first wins: `size`, `path`.
 */
export const verify = (
  proof: ConsistencyProof,
  rootEarlier: Hash,
  rootLater: Hash,
  hasher: Sha256 = sha256
): Result.Result<void, InvalidProof> => {
  const { sizeEarlier, sizeLater, path } = proof
  if (!reaches(sizeLater, sizeEarlier)) return Result.fail(new InvalidProof({ reason: "size" }))
  const isProven =
    sizeEarlier === sizeLater
      ? path.length === 0 && equals(rootEarlier, rootLater) && (sizeLater > 0 || equals(rootLater, ofNothing(hasher)))
      : sizeEarlier === 0
        ? path.length === 0 && equals(rootEarlier, ofNothing(hasher))
        : leads(proof, rootEarlier, rootLater, hasher)
  return isProven ? Result.succeed(undefined) : Result.fail(new InvalidProof({ reason: "path" }))
}
