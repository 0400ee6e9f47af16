import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js"
import { Result, Schema } from "effect"
import * as fc from "fast-check"
import { Instant } from "../calendar/index.ts"
import { LedgerId } from "../ids/index.ts"
import * as Consistency from "./Consistency.ts"
import { flipped, leafHashes, ledgerId, publicKey, referenceRoots, secretKey, storeOf } from "./examples.ts"
import { InvalidProof } from "./InvalidProof.ts"
import * as TreeHead from "./TreeHead.ts"
import { roots } from "./vectors.ts"

const timestamp = Result.getOrThrow(Instant.fromText("2026-11-24T03:42:14.123Z"))
const head: TreeHead.TreeHead = { ledgerId, treeSize: 8, rootHash: hexToBytes(roots[7] ?? ""), timestamp }
const signed = TreeHead.sign(head, secretKey)
const invalid = (reason: InvalidProof["reason"]) => Result.fail(new InvalidProof({ reason }))

describe("a signed tree head", () => {
  test("signs the documented bytes", () => {
    assert.equal(
      bytesToHex(TreeHead.bytesOf(head)),
      [
        bytesToHex(new TextEncoder().encode("gophers-bank tree head 1")),
        "01935e850dc072378dd49a4552d14cf4",
        "0000000000000008",
        "000001a20ba5a26b",
        roots[7]
      ].join("")
    )
  })

  test("has the signature that OpenSSL makes with the same key, and verifies", () => {
    assert.deepEqual(TreeHead.publicKeyOf(secretKey), publicKey)
    assert.equal(
      bytesToHex(signed.signature),
      "1207d15f95dcb6a540774cbab5f41105228dadbc14e6e39d8a8694b455bd742d" +
        "5d49f325cbd037df40efa9338392d2625f65fbb85d82808734bf98bc8acffd0f"
    )
    assert.deepEqual(TreeHead.verify(signed, publicKey), Result.succeed(head))
  })

  test("does not verify with any bit of the signature, the key, the root, the size or the time changed", () => {
    fc.assert(
      fc.property(fc.nat({ max: 511 }), fc.integer({ min: 1, max: 1000 }), (bit, more) => {
        const alterations: ReadonlyArray<TreeHead.SignedTreeHead> = [
          { head, signature: flipped(signed.signature, bit) },
          { ...signed, head: { ...head, rootHash: flipped(head.rootHash, bit) } },
          { ...signed, head: { ...head, treeSize: head.treeSize + more } },
          { ...signed, head: { ...head, timestamp: Instant.addMillis(timestamp, more) } }
        ]
        for (const altered of alterations) assert.deepEqual(TreeHead.verify(altered, publicKey), invalid("signature"))
        assert.deepEqual(TreeHead.verify(signed, flipped(publicKey, bit)), invalid("signature"))
      }),
      { numRuns: 25 }
    )
  })

  test("does not verify with a signature or key that is none", () => {
    for (const length of [0, 31, 33, 63, 65])
      assert.deepEqual(TreeHead.verify({ head, signature: new Uint8Array(length) }, publicKey), invalid("signature"))
    for (const key of [new Uint8Array(0), new Uint8Array(31), new Uint8Array(32), new Uint8Array(32).fill(255)])
      assert.deepEqual(TreeHead.verify(signed, key), invalid("signature"))
  })

  test("decodes from what it encodes to", () => {
    const wire = Schema.encodeSync(TreeHead.SignedTreeHead)(signed)
    assert.deepEqual(wire.head, {
      ledgerId: "led_01jdf8a3e0e8vrvn4t8n9d2k7m",
      treeSize: 8,
      rootHash: roots[7],
      timestamp: "2026-11-24T03:42:14.123Z"
    })
    assert.deepEqual(Schema.decodeSync(TreeHead.SignedTreeHead)(wire), signed)
  })
})

describe("a later tree head", () => {
  const hashes = leafHashes(200)
  const { source } = storeOf(hashes)
  const rootOf = referenceRoots(hashes)
  const headOf = (treeSize: number) =>
    TreeHead.sign({ ledgerId, treeSize, rootHash: rootOf(treeSize), timestamp }, secretKey)
  const proofOf = (earlier: number, later: number) => Result.getOrThrow(Consistency.make(earlier, later, source))

  test("INV-43: extends every earlier one, provably", () => {
    const sizes = fc.integer({ min: 0, max: 200 })
    fc.assert(
      fc.property(sizes, sizes, (left, right) => {
        const [earlier, later] = [headOf(Math.min(left, right)), headOf(Math.max(left, right))]
        const proof = proofOf(earlier.head.treeSize, later.head.treeSize)
        assert.deepEqual(TreeHead.verifyExtension(proof, earlier, later, publicKey), Result.succeed(later.head))
      }),
      { numRuns: 25 }
    )
  })

  test("is refused with the reason that comes first: ledger, size, path, signature", () => {
    const proof = proofOf(5, 9)
    const [earlier, later, forged] = [headOf(5), headOf(9), flipped(rootOf(9), 3)]
    const other = LedgerId.make("led_01jdf8a3e0e8vrvn4t8n9d2k7n")
    const check = (later: TreeHead.SignedTreeHead, first = earlier) =>
      TreeHead.verifyExtension(proof, first, later, publicKey)
    assert.deepEqual(check({ ...later, head: { ...later.head, ledgerId: other, treeSize: 10 } }), invalid("ledger"))
    assert.deepEqual(check({ ...later, head: { ...later.head, treeSize: 10, rootHash: forged } }), invalid("size"))
    assert.deepEqual(check(later, headOf(4)), invalid("size"))
    assert.deepEqual(check({ ...signed, head: { ...later.head, rootHash: forged } }), invalid("path"))
    assert.deepEqual(check({ ...later, signature: signed.signature }), invalid("signature"))
    assert.deepEqual(check(later, { ...earlier, signature: signed.signature }), invalid("signature"))
  })
})
