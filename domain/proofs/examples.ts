/** Trees, stores and a transaction with every field, for the tests of this context and of those that use it. */
import { sha256 } from "@noble/hashes/sha2.js"
import { concatBytes, hexToBytes } from "@noble/hashes/utils.js"
import { Schema } from "effect"
import { LedgerId } from "../ids/index.ts"
import { Transaction } from "../ledger/index.ts"
import { type Hash, ofLeaf } from "./Hash.ts"
import type { NodeSource } from "./Node.ts"
import * as Tile from "./Tile.ts"
import * as Tree from "./Tree.ts"
import { leaves } from "./vectors.ts"

/** The leaf hashes of the published tree. */
export const publishedLeafHashes: ReadonlyArray<Hash> = leaves.map((leaf) => ofLeaf(hexToBytes(leaf)))

/** `count` leaf hashes, each another. */
export const leafHashes = (count: number): ReadonlyArray<Hash> =>
  Array.from({ length: count }, (_, index) => {
    const hash = new Uint8Array(32)
    new DataView(hash.buffer).setUint32(28, index + 1)
    return hash
  })

/**
 * The root of the first `size` leaves by the recursive definition of RFC 9162 §2.1.1, sharing no code with what it
 * tests. Subtrees are remembered, so that asking for every size is quick.
 */
export const referenceRoots = (hashes: ReadonlyArray<Hash>): ((size: number) => Uint8Array) => {
  const known = new Map<string, Uint8Array>()
  const rootOf = (start: number, end: number): Uint8Array => {
    if (start === end) return sha256(new Uint8Array(0))
    const leaf = hashes[start]
    if (leaf !== undefined && end - start === 1) return leaf
    const key = `${start}-${end}`
    const before = known.get(key)
    if (before !== undefined) return before
    let split = 1
    while (split * 2 < end - start) split *= 2
    const root = sha256(concatBytes(Uint8Array.of(1), rootOf(start, start + split), rootOf(start + split, end)))
    known.set(key, root)
    return root
  }
  return (size) => rootOf(0, size)
}

/** A store as a server has it: the leaf hashes and every eighth level, and the tree that grew in batches. */
export interface Store {
  readonly tree: Tree.Tree
  readonly source: NodeSource
}

/** Grows a store in batches of `batchSize`. */
export const storeOf = (hashes: ReadonlyArray<Hash>, batchSize = 7): Store => {
  const levels: Array<Array<Hash>> = [[...hashes]]
  let tree = Tree.empty
  for (let from = 0; from < hashes.length; from += batchSize) {
    const appended = Tree.append(tree, hashes.slice(from, from + batchSize))
    for (const { level, index, hash } of appended.completed) {
      const row = levels[level / Tile.height] ?? []
      levels[level / Tile.height] = row
      if (row.length !== index) throw new RangeError(`node ${index} of level ${level} came out of turn`)
      row.push(hash)
    }
    tree = appended.tree
  }
  const tiled = Tile.nodeSource((level, index) => levels[level]?.slice(index * Tile.width, (index + 1) * Tile.width))
  // Tests ask for the same nodes thousands of times.
  const known = new Map<string, Hash | undefined>()
  const source: NodeSource = (level, index) => {
    const key = `${level}/${index}`
    if (!known.has(key)) known.set(key, tiled(level, index))
    return known.get(key)
  }
  return { tree, source }
}

export const ledgerId = LedgerId.make("led_01jdf8a3e0e8vrvn4t8n9d2k7m")

/** The first secret key of RFC 8032 §7.1, and its public key. */
export const secretKey = hexToBytes("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
export const publicKey = hexToBytes("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")

/** A transaction that has every field. */
export const transaction: Transaction.Transaction = Schema.decodeSync(Transaction.Transaction)({
  id: "txn_01jdf8a3e0e8vrvn4t8n9d2k7q",
  kind: "reversal",
  bookedAt: "2026-11-24T03:42:14.123Z",
  valueDate: "2026-11-25",
  description: "Zürich €🏦",
  metadata: { order: "A-1", Batch: "" },
  reverses: "txn_01jdf8a3e0e8vrvn4t8n9d2k7r",
  holdId: "hold_01jdf8a3e0e8vrvn4t8n9d2k7s",
  entries: [
    {
      accountId: "acc_01jdf8a3e0e8vrvn4t8n9d2k7m",
      side: "debit",
      amount: { amount: "12.34", currency: "USD" },
      sequence: 7,
      balance: { amount: "-0.05", currency: "USD" }
    },
    {
      accountId: "acc_01jdf8a3e0e8vrvn4t8n9d2k7n",
      side: "credit",
      amount: { amount: "12.34", currency: "USD" },
      sequence: 4_294_967_296,
      balance: { amount: "92233720368547758.07", currency: "USD" }
    }
  ]
})

/** The hash with one bit turned over; bits are counted from 0 and go round. */
export const flipped = (bytes: Uint8Array, bit: number): Uint8Array => {
  const at = (bit >> 3) % bytes.length
  return bytes.map((byte, index) => (index === at ? byte ^ (1 << (bit & 7)) : byte))
}

/** What JSON text reads as. */
export type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [key: string]: Json }

const isArray = (json: Json): json is ReadonlyArray<Json> => Array.isArray(json)

/** Every JSON that differs from this in one thing: a character, a number, a key, an element left out or repeated. */
export const alterationsOf = (json: Json): ReadonlyArray<Json> => {
  if (json === null) return [0]
  if (typeof json === "boolean") return [!json]
  if (typeof json === "number") return [json + 1, json - 1, -json]
  if (typeof json === "string") {
    const others = Array.from(json, (character, index) => {
      const other = character === "a" || character === "0" ? "1" : "0"
      return json.slice(0, index) + other + json.slice(index + character.length)
    })
    return [...others, json.slice(1), `${json}0`]
  }
  if (isArray(json)) {
    const within = json.flatMap((each, index) => alterationsOf(each).map((other) => json.with(index, other)))
    const without = json.map((_, index) => json.toSpliced(index, 1))
    const twice = json.map((each, index) => json.toSpliced(index, 0, each))
    return [...within, ...without, ...twice]
  }
  return Object.entries(json).flatMap(([key, value]) => {
    const { [key]: _, ...rest } = json
    return [rest, { ...rest, [`${key}0`]: value }, ...alterationsOf(value).map((other) => ({ ...rest, [key]: other }))]
  })
}
