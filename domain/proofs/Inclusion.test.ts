import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Result, Schema } from "effect"
import * as fc from "fast-check"
import { flipped, leafHashes, publishedLeafHashes, referenceRoots, storeOf } from "./examples.ts"
import { ofNode } from "./Hash.ts"
import * as Inclusion from "./Inclusion.ts"
import { InvalidProof, OutOfTree } from "./InvalidProof.ts"
import { NodeMissing } from "./Node.ts"
import * as Tile from "./Tile.ts"
import { inclusionProofs } from "./vectors.ts"

const hashes = leafHashes(1000)
const { source } = storeOf(hashes)
const rootOf = referenceRoots(hashes)
const leafAt = (index: number): Uint8Array => hashes[index] ?? new Uint8Array(32)
const invalid = (reason: InvalidProof["reason"]) => Result.fail(new InvalidProof({ reason }))

describe("an inclusion proof", () => {
  test("is that of the published vectors, and verifies", () => {
    const { source } = storeOf(publishedLeafHashes)
    const rootOf = referenceRoots(publishedLeafHashes)
    for (const vector of inclusionProofs) {
      const proof = Result.getOrThrow(Inclusion.make(vector.leafIndex, vector.treeSize, source))
      assert.deepEqual(Schema.encodeSync(Inclusion.InclusionProof)(proof), vector)
      const leafHash = publishedLeafHashes[vector.leafIndex] ?? new Uint8Array(0)
      assert.deepEqual(Inclusion.verify(proof, leafHash, rootOf(vector.treeSize)), Result.succeed(undefined))
    }
  })

  test("INV-42: of any leaf in a tree of up to 50 leaves verifies against the tree's root", () => {
    for (let treeSize = 1; treeSize <= 50; treeSize++)
      for (let leafIndex = 0; leafIndex < treeSize; leafIndex++) {
        const proof = Result.getOrThrow(Inclusion.make(leafIndex, treeSize, source))
        assert.deepEqual(
          Inclusion.verify(proof, leafAt(leafIndex), rootOf(treeSize)),
          Result.succeed(undefined),
          `leaf ${leafIndex} of ${treeSize}`
        )
      }
  })

  test("INV-42: with any bit of the path, the leaf or the root turned over does not verify", () => {
    const places = fc
      .integer({ min: 1, max: 1000 })
      .chain((treeSize) => fc.tuple(fc.integer({ min: 0, max: treeSize - 1 }), fc.constant(treeSize), fc.nat()))
    fc.assert(
      fc.property(places, ([leafIndex, treeSize, bit]) => {
        const proof = Result.getOrThrow(Inclusion.make(leafIndex, treeSize, source))
        const leaf = leafAt(leafIndex)
        const root = rootOf(treeSize)
        assert.deepEqual(Inclusion.verify(proof, leaf, root), Result.succeed(undefined))
        assert.deepEqual(Inclusion.verify(proof, flipped(leaf, bit), root), invalid("path"))
        assert.deepEqual(Inclusion.verify(proof, leaf, flipped(root, bit)), invalid("path"))
        for (const [index, hash] of proof.path.entries()) {
          const path = proof.path.with(index, flipped(hash, bit))
          assert.deepEqual(Inclusion.verify({ ...proof, path }, leaf, root), invalid("path"))
        }
      }),
      { numRuns: 100 }
    )
  })

  test("INV-42: of one leaf is no proof of another, and none with a hash more, less or out of order verifies", () => {
    const treeSize = 61
    const root = rootOf(treeSize)
    for (let leafIndex = 0; leafIndex < treeSize; leafIndex++) {
      const proof = Result.getOrThrow(Inclusion.make(leafIndex, treeSize, source))
      const leaf = leafAt(leafIndex)
      for (let other = 0; other < treeSize; other++)
        if (other !== leafIndex)
          assert.deepEqual(Inclusion.verify({ ...proof, leafIndex: other }, leaf, root), invalid("path"))
      for (const path of [
        [],
        proof.path.slice(1),
        proof.path.slice(0, -1),
        [root, ...proof.path],
        [...proof.path, root],
        proof.path.toReversed()
      ])
        assert.deepEqual(Inclusion.verify({ ...proof, path }, leaf, root), invalid("path"))
    }
  })

  test("of another length than the sizes ask for does not verify, even against a root that was made to fit it", () => {
    const [first, second] = [leafAt(0), leafAt(1)]
    const root = ofNode(first, second)
    assert.deepEqual(Inclusion.verify({ leafIndex: 0, treeSize: 1, path: [first] }, second, root), invalid("path"))
    assert.deepEqual(Inclusion.verify({ leafIndex: 0, treeSize: 2, path: [] }, second, second), invalid("path"))
  })

  test("of a leaf that the tree has not is neither made nor verified", () => {
    for (const [leafIndex, treeSize] of [
      [0, 0],
      [1, 1],
      [8, 7],
      [-1, 5],
      [0.5, 5],
      [0, Number.POSITIVE_INFINITY]
    ] as const) {
      const outOfTree = Result.fail(new OutOfTree({ position: leafIndex, treeSize }))
      assert.deepEqual(Inclusion.make(leafIndex, treeSize, source), outOfTree)
      assert.deepEqual(Inclusion.nodesFor(leafIndex, treeSize), outOfTree)
      const proof = { leafIndex, treeSize, path: [] }
      assert.deepEqual(Inclusion.verify(proof, leafAt(0), leafAt(0)), invalid("size"))
    }
  })

  test("is made of the nodes that it names beforehand, and of no others", () => {
    for (const treeSize of [1, 2, 255, 256, 257, 511, 1000])
      for (const leafIndex of [0, treeSize >> 1, treeSize - 1]) {
        const named = Result.getOrThrow(Inclusion.nodesFor(leafIndex, treeSize))
        const asked: Array<Tile.TileId> = []
        const proof = Inclusion.make(leafIndex, treeSize, (level, index) => {
          asked.push({ level, index })
          return source(level, index)
        })
        assert.ok(Result.isSuccess(proof))
        assert.deepEqual(asked, named)
        assert.ok(Tile.tilesOf(named).length <= 4)
      }
  })

  test("is not made where the store lacks a node, which it names", () => {
    const partial = Inclusion.make(0, 4, (level, index) => (level === 0 ? source(level, index) : undefined))
    assert.deepEqual(partial, Result.fail(new NodeMissing({ level: 1, index: 1 })))
  })
})
