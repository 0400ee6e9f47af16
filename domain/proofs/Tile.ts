/**
 * Tiles: a store keeps the leaf hashes and the nodes of every eighth level, 256 to a tile, and works the seven levels
 * between out of them. That is 1/255 more than the leaf hashes alone, and at most 255 hashings for any node.
 */
import { type Hash, ofNode, type Sha256, sha256 } from "./Hash.ts"
import type { NodeId, NodeSource } from "./Node.ts"

/** Levels of the tree from one stored level to the next. */
export const height = 8

/** Hashes of a full tile; the last tile of a level may have fewer. */
export const width = 2 ** height

/** The tile with the nodes of level `level` · 8 from `index` · 256 on. Tiles of level 0 have leaf hashes. */
export interface TileId {
  readonly level: number
  readonly index: number
}

/** Where the hashes of a tile come from, as many as it has so far. */
export type TileSource = (level: number, index: number) => ReadonlyArray<Hash> | undefined

/** The tile that a node's hash is read or worked out from. */
export const tileOf = ({ level, index }: NodeId): TileId => ({
  level: Math.floor(level / height),
  index: Math.floor((index * 2 ** (level % height)) / width)
})

/** The tiles of the nodes, each once: what to fetch before a proof is made of them. */
export const tilesOf = (nodes: ReadonlyArray<NodeId>): ReadonlyArray<TileId> => {
  const tiles = nodes.map(tileOf)
  return [...new Map(tiles.map((tile) => [`${tile.level}/${tile.index}`, tile])).values()]
}

/** The hash of a node from the hashes of its tile, or undefined where the tile has too few of them as yet. */
export const nodeOf = (
  hashes: ReadonlyArray<Hash>,
  { level, index }: NodeId,
  hasher: Sha256 = sha256
): Hash | undefined => {
  const count = 2 ** (level % height)
  const first = (index * count) % width
  let row = hashes.slice(first, first + count)
  if (row.length < count) return undefined
  while (row.length > 1) {
    const above: Array<Hash> = []
    let left: Hash | undefined
    for (const hash of row) {
      if (left === undefined) left = hash
      else {
        above.push(ofNode(left, hash, hasher))
        left = undefined
      }
    }
    row = above
  }
  return row[0]
}

/** Every perfect node out of the tiles. */
export const nodeSource =
  (tiles: TileSource, hasher: Sha256 = sha256): NodeSource =>
  (level, index) => {
    const tile = tileOf({ level, index })
    const hashes = tiles(tile.level, tile.index)
    return hashes === undefined ? undefined : nodeOf(hashes, { level, index }, hasher)
  }
