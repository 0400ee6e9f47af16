import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Result, Schema } from "effect"
import * as fc from "fast-check"
import * as Consistency from "./Consistency.ts"
import { flipped, leafHashes, publishedLeafHashes, referenceRoots, storeOf } from "./examples.ts"
import { ofNode } from "./Hash.ts"
import { InvalidProof, OutOfTree } from "./InvalidProof.ts"
import { NodeMissing } from "./Node.ts"
import { consistencyProofs } from "./vectors.ts"

const hashes = leafHashes(1000)
const { source } = storeOf(hashes)
const rootOf = referenceRoots(hashes)
const invalid = (reason: InvalidProof["reason"]) => Result.fail(new InvalidProof({ reason }))
const proven = Result.succeed(undefined)
const hash = new Uint8Array(32).fill(7)

describe("a consistency proof", () => {
  test("is that of the published vectors, and verifies", () => {
    const { source } = storeOf(publishedLeafHashes)
    const rootOf = referenceRoots(publishedLeafHashes)
    for (const vector of consistencyProofs) {
      const { sizeEarlier, sizeLater } = vector
      const proof = Result.getOrThrow(Consistency.make(sizeEarlier, sizeLater, source))
      assert.deepEqual(Schema.encodeSync(Consistency.ConsistencyProof)(proof), vector)
      assert.deepEqual(Consistency.verify(proof, rootOf(sizeEarlier), rootOf(sizeLater)), proven)
    }
  })

  test("INV-43: of any two sizes up to 70 verifies against their roots", () => {
    for (let sizeLater = 0; sizeLater <= 70; sizeLater++)
      for (let sizeEarlier = 0; sizeEarlier <= sizeLater; sizeEarlier++) {
        const proof = Result.getOrThrow(Consistency.make(sizeEarlier, sizeLater, source))
        assert.deepEqual(
          Consistency.verify(proof, rootOf(sizeEarlier), rootOf(sizeLater)),
          proven,
          `${sizeEarlier} to ${sizeLater}`
        )
      }
  })

  test("INV-43: with any bit of the path or of either root turned over does not verify", () => {
    const places = fc
      .integer({ min: 1, max: 1000 })
      .chain((later) => fc.tuple(fc.integer({ min: 1, max: later }), fc.constant(later), fc.nat()))
    fc.assert(
      fc.property(places, ([sizeEarlier, sizeLater, bit]) => {
        const proof = Result.getOrThrow(Consistency.make(sizeEarlier, sizeLater, source))
        const earlier = rootOf(sizeEarlier)
        const later = rootOf(sizeLater)
        assert.deepEqual(Consistency.verify(proof, earlier, later), proven)
        assert.deepEqual(Consistency.verify(proof, flipped(earlier, bit), later), invalid("path"))
        assert.deepEqual(Consistency.verify(proof, earlier, flipped(later, bit)), invalid("path"))
        for (const [index, each] of proof.path.entries()) {
          const path = proof.path.with(index, flipped(each, bit))
          assert.deepEqual(Consistency.verify({ ...proof, path }, earlier, later), invalid("path"))
        }
      }),
      { numRuns: 100 }
    )
  })

  test("INV-43: cannot be made for a tree that changed an earlier leaf", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 120 }), fc.nat(), fc.nat(), (sizeLater, at, bit) => {
        const sizeEarlier = 1 + (at % (sizeLater - 1))
        const changed = hashes.slice(0, sizeLater).map((each, index) => (index === 0 ? flipped(each, bit) : each))
        const forged = storeOf(changed)
        const proof = Result.getOrThrow(Consistency.make(sizeEarlier, sizeLater, forged.source))
        const forgedRoot = referenceRoots(changed)(sizeLater)
        assert.deepEqual(Consistency.verify(proof, rootOf(sizeEarlier), forgedRoot), invalid("path"))
      }),
      { numRuns: 40 }
    )
  })

  test("with a hash more, less or out of order does not verify", () => {
    for (const [sizeEarlier, sizeLater] of [
      [6, 7],
      [6, 8],
      [4, 61],
      [33, 61],
      [60, 61]
    ] as const) {
      const proof = Result.getOrThrow(Consistency.make(sizeEarlier, sizeLater, source))
      const earlier = rootOf(sizeEarlier)
      const later = rootOf(sizeLater)
      for (const path of [
        [],
        proof.path.slice(1),
        proof.path.slice(0, -1),
        [earlier, ...proof.path],
        [later, ...proof.path],
        [...proof.path, earlier],
        [...proof.path, later],
        proof.path.toReversed()
      ])
        assert.deepEqual(Consistency.verify({ ...proof, path }, earlier, later), invalid("path"))
    }
  })

  test("of another length than the sizes ask for does not verify, even against roots that were made to fit it", () => {
    const { path } = Result.getOrThrow(Consistency.make(3, 4, source))
    const [third = hash, fourth = hash] = path
    const verify = (path: ReadonlyArray<Uint8Array>, earlier: Uint8Array, later: Uint8Array) =>
      Consistency.verify({ sizeEarlier: 3, sizeLater: 4, path }, earlier, later)
    assert.deepEqual(verify(path, rootOf(3), rootOf(4)), proven)
    assert.deepEqual(verify([...path, hash], ofNode(hash, rootOf(3)), ofNode(hash, rootOf(4))), invalid("path"))
    assert.deepEqual(verify([third, fourth], third, ofNode(third, fourth)), invalid("path"))
  })

  test("of equal sizes or from the empty tree has no path, and needs the right root", () => {
    const none = { sizeEarlier: 0, sizeLater: 0, path: [] }
    assert.deepEqual(Consistency.verify(none, rootOf(0), rootOf(0)), proven)
    assert.deepEqual(Consistency.verify(none, hash, hash), invalid("path"))
    assert.deepEqual(Consistency.verify({ ...none, path: [hash] }, rootOf(0), rootOf(0)), invalid("path"))
    const same = { sizeEarlier: 5, sizeLater: 5, path: [] }
    assert.deepEqual(Consistency.verify(same, rootOf(5), rootOf(5)), proven)
    assert.deepEqual(Consistency.verify(same, rootOf(5), hash), invalid("path"))
    assert.deepEqual(Consistency.verify({ ...same, path: [hash] }, rootOf(5), rootOf(5)), invalid("path"))
    const fromNone = { sizeEarlier: 0, sizeLater: 5, path: [] }
    assert.deepEqual(Consistency.verify(fromNone, rootOf(0), rootOf(5)), proven)
    assert.deepEqual(Consistency.verify(fromNone, hash, rootOf(5)), invalid("path"))
    assert.deepEqual(Consistency.verify({ ...fromNone, path: [hash] }, rootOf(0), rootOf(5)), invalid("path"))
  })

  test("of a tree that shrank is neither made nor verified", () => {
    for (const [sizeEarlier, sizeLater] of [
      [1, 0],
      [8, 7],
      [-1, 3],
      [1.5, 3]
    ] as const) {
      const outOfTree = Result.fail(new OutOfTree({ position: sizeEarlier, treeSize: sizeLater }))
      assert.deepEqual(Consistency.make(sizeEarlier, sizeLater, source), outOfTree)
      assert.deepEqual(Consistency.nodesFor(sizeEarlier, sizeLater), outOfTree)
      const proof = { sizeEarlier, sizeLater, path: [] }
      assert.deepEqual(Consistency.verify(proof, hash, hash), invalid("size"))
    }
  })

  test("is made of the nodes that it names beforehand, and not without one of them", () => {
    const named = Result.getOrThrow(Consistency.nodesFor(300, 1000))
    const asked: Array<{ level: number; index: number }> = []
    Consistency.make(300, 1000, (level, index) => {
      asked.push({ level, index })
      return source(level, index)
    })
    assert.deepEqual(asked, named)
    assert.deepEqual(
      Consistency.make(6, 8, (level, index) => (level === 0 ? undefined : source(level, index))),
      Consistency.make(6, 8, source)
    )
    assert.deepEqual(
      Consistency.make(6, 8, (level, index) => (level === 2 ? undefined : source(level, index))),
      Result.fail(new NodeMissing({ level: 2, index: 0 }))
    )
  })
})
