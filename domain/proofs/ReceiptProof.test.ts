import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Result, Schema } from "effect"
import * as fc from "fast-check"
import { Instant } from "../calendar/index.ts"
import {
  alterationsOf,
  flipped,
  type Json,
  leafHashes,
  ledgerId,
  publicKey,
  secretKey,
  storeOf,
  transaction
} from "./examples.ts"
import { Inclusion, InvalidProof, Leaf, ReceiptProof, sha256, Tree, TreeHead, verifyReceipt } from "./index.ts"

const timestamp = Result.getOrThrow(Instant.fromText("2026-11-24T03:42:15.000Z"))
const invalid = (reason: InvalidProof["reason"]) => Result.fail(new InvalidProof({ reason }))

/** The proof of the transaction as the leaf at `leafIndex` of a tree of `treeSize`. */
const proofOf = (leafIndex: number, treeSize: number): ReceiptProof => {
  const leafHash = Leaf.hashOf(transaction)
  const { tree, source } = storeOf(leafHashes(treeSize).with(leafIndex, leafHash))
  return {
    transaction: Leaf.contentOf(transaction),
    leafHash,
    inclusion: Result.getOrThrow(Inclusion.make(leafIndex, treeSize, source)),
    treeHead: TreeHead.sign({ ledgerId, treeSize, rootHash: Tree.root(tree), timestamp }, secretKey)
  }
}

const places = fc
  .integer({ min: 1, max: 300 })
  .chain((treeSize) => fc.tuple(fc.integer({ min: 0, max: treeSize - 1 }), fc.constant(treeSize)))

const wireOf = (proof: ReceiptProof): Json => JSON.parse(JSON.stringify(Schema.encodeSync(ReceiptProof)(proof)))

const decode = Schema.decodeUnknownResult(ReceiptProof)

/** The altered proof must not be readable, or not verify, or else be another text of the very same proof. */
const assertRefused = (altered: Json, proof: ReceiptProof): void => {
  const decoded = decode(altered, { onExcessProperty: "error" })
  if (Result.isFailure(decoded)) return
  if (Result.isFailure(verifyReceipt(decoded.success, publicKey))) return
  assert.deepEqual(decoded.success, proof)
}

describe("a receipt's proof", () => {
  test("INV-42: verifies against the tree head it names, also after it was sent as JSON", () => {
    fc.assert(
      fc.property(places, ([leafIndex, treeSize]) => {
        const proof = proofOf(leafIndex, treeSize)
        const expected = Result.succeed(proof.treeHead.head)
        assert.deepEqual(verifyReceipt(proof, publicKey), expected)
        const received = Result.getOrThrow(decode(wireOf(proof), { onExcessProperty: "error" }))
        assert.deepEqual(received, proof)
        assert.deepEqual(verifyReceipt(received, publicKey), expected)
      }),
      { numRuns: 25 }
    )
  })

  test("INV-42: altered in any one character, number, key or element does not verify", () => {
    const proof = proofOf(4, 7)
    const alterations = alterationsOf(wireOf(proof))
    assert.ok(alterations.length > 800, `${alterations.length} alterations`)
    for (const altered of alterations) assertRefused(altered, proof)
  })

  test("INV-42: altered anywhere in a tree of any size does not verify", () => {
    fc.assert(
      fc.property(places, fc.nat(), ([leafIndex, treeSize], choice) => {
        const proof = proofOf(leafIndex, treeSize)
        const alterations = alterationsOf(wireOf(proof))
        const altered = alterations[choice % alterations.length]
        assert.ok(altered !== undefined)
        assertRefused(altered, proof)
      }),
      { numRuns: 50 }
    )
  })

  test("is refused with the reason that comes first: size, leaf, path, signature", () => {
    const proof = proofOf(4, 7)
    const { inclusion, treeHead } = proof
    const other = { ...transaction, description: "Another" }
    const path = inclusion.path.map((hash) => flipped(hash, 9))
    const forged = { ...treeHead, signature: flipped(treeHead.signature, 9) }
    const check = (change: Partial<ReceiptProof>) => verifyReceipt({ ...proof, ...change }, publicKey)
    const rest = { transaction: other, treeHead: forged }
    assert.deepEqual(check({ ...rest, inclusion: { ...inclusion, treeSize: 8 } }), invalid("size"))
    assert.deepEqual(check({ ...rest, inclusion: { ...inclusion, leafIndex: 7 } }), invalid("size"))
    assert.deepEqual(check({ ...rest, inclusion: { ...inclusion, path } }), invalid("leaf"))
    assert.deepEqual(check({ leafHash: flipped(proof.leafHash, 9), treeHead: forged }), invalid("leaf"))
    assert.deepEqual(check({ inclusion: { ...inclusion, path }, treeHead: forged }), invalid("path"))
    assert.deepEqual(check({ transaction: other, leafHash: Leaf.hashOf(other) }), invalid("path"))
    assert.deepEqual(check({ treeHead: forged }), invalid("signature"))
    assert.deepEqual(verifyReceipt(proof, TreeHead.publicKeyOf(flipped(secretKey, 9))), invalid("signature"))
  })

  test("verifies with a hash function of the platform's", () => {
    let hashings = 0
    const proof = proofOf(2, 5)
    const head = verifyReceipt(proof, publicKey, (bytes) => {
      hashings++
      return sha256(bytes)
    })
    assert.deepEqual(head, Result.succeed(proof.treeHead.head))
    assert.equal(hashings, 1 + proof.inclusion.path.length)
  })
})
