/**
 * The perfect nodes of a tree: those with 2^level leaves, which never change once they are complete. Every hash that a
 * proof needs is made of them, so a store that has them has every proof.
 */
import { Result, Schema } from "effect"
import { type Hash, ofSubtrees, type Sha256 } from "./Hash.ts"
import { log2 } from "./Size.ts"

/** The node above the leaves from `index` · 2^`level` on, 2^`level` of them. Level 0 is the leaves' own. */
export interface NodeId {
  readonly level: number
  readonly index: number
}

/** Where the hash of a perfect node comes from. */
export type NodeSource = (level: number, index: number) => Hash | undefined

/** The source has not the node that the proof needs. */
export class NodeMissing extends Schema.TaggedError<NodeMissing>()("NodeMissing", {
  level: Schema.Int,
  index: Schema.Int
}) {}

/** The leaves from `start` to before `end`. */
export interface Range {
  readonly start: number
  readonly end: number
}

/**
 * The perfect nodes that a subtree is made of, from left to right, each smaller than the one before. A subtree's start
 * is a multiple of the largest power of two that it contains, as RFC 9162 §2.1.1 splits trees.
 */
export const nodesOf = ({ start, end }: Range): ReadonlyArray<NodeId> => {
  const nodes: Array<NodeId> = []
  for (let from = start; from < end; ) {
    const level = log2(end - from)
    nodes.push({ level, index: from / 2 ** level })
    from += 2 ** level
  }
  return nodes
}

/** The hash of each subtree. Fails with `NodeMissing` at the first node that the source has not. */
export const hashesOf = (
  ranges: ReadonlyArray<Range>,
  source: NodeSource,
  hasher: Sha256
): Result.Result<ReadonlyArray<Hash>, NodeMissing> => {
  const hashes: Array<Hash> = []
  for (const range of ranges) {
    const parts: Array<Hash> = []
    for (const { level, index } of nodesOf(range)) {
      const hash = source(level, index)
      if (hash === undefined) return Result.fail(new NodeMissing({ level, index }))
      parts.push(hash)
    }
    hashes.push(ofSubtrees(parts, hasher))
  }
  return Result.succeed(hashes)
}
