import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { bytesToHex } from "@noble/hashes/utils.js"
import { Result, Schema } from "effect"
import * as fc from "fast-check"
import { leafHashes, publishedLeafHashes, referenceRoots, storeOf } from "./examples.ts"
import * as Hash from "./Hash.ts"
import * as Tile from "./Tile.ts"
import * as Tree from "./Tree.ts"
import { emptyRoot, roots } from "./vectors.ts"

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0))

describe("a Merkle tree", () => {
  test("hashes leaves and nodes as the published vectors", () => {
    assert.equal(bytesToHex(Hash.ofNothing()), emptyRoot)
    assert.equal(
      bytesToHex(Hash.ofLeaf(ascii("L123456"))),
      "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
    )
    assert.equal(
      bytesToHex(Hash.ofNode(ascii("N123"), ascii("N456"))),
      "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"
    )
  })

  test("has the published root at every size", () => {
    assert.equal(bytesToHex(Tree.root(Tree.empty)), emptyRoot)
    for (const [index, expected] of roots.entries()) {
      const { tree } = Tree.append(Tree.empty, publishedLeafHashes.slice(0, index + 1))
      assert.equal(bytesToHex(Tree.root(tree)), expected)
    }
  })

  test("has the root of the recursive definition at every size up to 300", () => {
    const hashes = leafHashes(300)
    const reference = referenceRoots(hashes)
    let tree = Tree.empty
    for (const [index, hash] of hashes.entries()) {
      tree = Tree.append(tree, [hash]).tree
      assert.equal(tree.size, index + 1)
      assert.deepEqual(Tree.root(tree), reference(index + 1), `size ${index + 1}`)
    }
  })

  test("has the same root however its leaves are batched", () => {
    const hashes = leafHashes(3000)
    const reference = referenceRoots(hashes)
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 7 }), (batchSizes) => {
        let tree = Tree.empty
        for (const size of batchSizes) tree = Tree.append(tree, hashes.slice(tree.size, tree.size + size)).tree
        assert.deepEqual(Tree.root(tree), reference(tree.size))
      }),
      { numRuns: 25 }
    )
  })

  test("reports each node of level 8 once, when its last leaf comes", () => {
    const hashes = leafHashes(1000)
    const reference = referenceRoots(hashes)
    const { tree: first, completed } = Tree.append(Tree.empty, hashes.slice(0, 256))
    assert.deepEqual(completed, [{ level: 8, index: 0, hash: reference(256) }])
    const { tree: second, completed: none } = Tree.append(first, hashes.slice(256, 511))
    assert.deepEqual(none, [])
    assert.deepEqual(
      Tree.append(second, hashes.slice(511)).completed.map(({ level, index }) => ({ level, index })),
      [
        { level: 8, index: 1 },
        { level: 8, index: 2 }
      ]
    )
  })

  test("reports the nodes of levels 8 and 16 together, where one leaf completes both", () => {
    const frontier = { size: 2 ** 16 - 1, hashes: leafHashes(16) }
    const { tree, completed } = Tree.append(frontier, leafHashes(1))
    assert.deepEqual(
      completed.map(({ level, index }) => ({ level, index })),
      [
        { level: 8, index: 255 },
        { level: 16, index: 0 }
      ]
    )
    assert.deepEqual(tree, { size: 2 ** 16, hashes: [completed[1]?.hash] })
  })

  test("appends with one hashing for each leaf, on average", () => {
    let hashings = 0
    const counted: Hash.Sha256 = (bytes) => {
      hashings++
      return Hash.sha256(bytes)
    }
    Tree.append(Tree.empty, leafHashes(1000), counted)
    // A tree of n leaves has n − 1 nodes, and its frontier is still to be joined: 1000 has six bits set.
    assert.equal(hashings, 1000 - 6)
  })

  test("grows past 2^32 leaves from a stored frontier", () => {
    const size = 2 ** 40 + 255
    const hash = new Uint8Array(32)
    const { tree, completed } = Tree.append({ size, hashes: Array.from({ length: 9 }, () => hash) }, [hash])
    assert.equal(tree.size, 2 ** 40 + 256)
    assert.equal(tree.hashes.length, 2)
    assert.deepEqual(
      completed.map(({ level, index }) => ({ level, index })),
      [{ level: 8, index: 2 ** 32 }]
    )
  })

  test("is made again out of a store's nodes, at every size that the store has reached", () => {
    const hashes = leafHashes(600)
    const { source } = storeOf(hashes)
    for (let size = 0; size <= 600; size++)
      assert.deepEqual(Result.getOrThrow(Tree.make(size, source)), Tree.append(Tree.empty, hashes.slice(0, size)).tree)
    assert.ok(Result.isFailure(Tree.make(601, source)))
  })

  test("is stored as its size and hashes, and refuses to be read with too many or too few", () => {
    const { tree } = storeOf(leafHashes(13))
    const wire = Schema.encodeSync(Tree.Tree)(tree)
    assert.equal(wire.hashes.length, 3)
    assert.deepEqual(Schema.decodeSync(Tree.Tree)(wire), tree)
    for (const size of [12, 15, -1, 13.5, 2 ** 53])
      assert.ok(Result.isFailure(Schema.decodeResult(Tree.Tree)({ ...wire, size })), `size ${size}`)
    for (const bad of ["", "AB".repeat(32), "0".repeat(63), "0".repeat(66)])
      assert.ok(Result.isFailure(Schema.decodeResult(Tree.Tree)({ ...wire, hashes: [...wire.hashes.slice(1), bad] })))
  })
})

describe("tiles", () => {
  test("give every perfect node of the levels between", () => {
    const hashes = leafHashes(700)
    const { source } = storeOf(hashes)
    for (let level = 0; level < 10; level++) {
      const size = 2 ** level
      for (let index = 0; (index + 1) * size <= hashes.length; index += level < 4 ? 17 : 1) {
        const expected = referenceRoots(hashes.slice(index * size, (index + 1) * size))(size)
        assert.deepEqual(source(level, index), expected, `node ${index} of level ${level}`)
      }
    }
  })

  test("do not give a node that is not complete", () => {
    const { source } = storeOf(leafHashes(700))
    for (const [level, index] of [
      [0, 700],
      [2, 175],
      [7, 5],
      [8, 2],
      [9, 1],
      [16, 0]
    ] as const)
      assert.equal(source(level, index), undefined, `node ${index} of level ${level}`)
  })

  test("to fetch are named once each", () => {
    assert.deepEqual(
      Tile.tilesOf([
        { level: 0, index: 255 },
        { level: 7, index: 1 },
        { level: 0, index: 256 },
        { level: 8, index: 255 },
        { level: 9, index: 128 },
        { level: 16, index: 3 }
      ]),
      [
        { level: 0, index: 0 },
        { level: 0, index: 1 },
        { level: 1, index: 0 },
        { level: 1, index: 1 },
        { level: 2, index: 0 }
      ]
    )
  })
})
