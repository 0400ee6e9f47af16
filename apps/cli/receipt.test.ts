import assert from "node:assert/strict"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, test } from "node:test"
import { Effect, Result, Schema } from "effect"
import { Inclusion, Leaf, ReceiptProof, Tree, TreeHead } from "../../domain/proofs/index.ts"
import { headIn, verifyFile } from "./verify.ts"

const secretKey = new Uint8Array(32).fill(7)
const publicKey = TreeHead.publicKeyOf(secretKey)

const transaction = Schema.decodeSync(Leaf.Content)({
  id: "txn_01jdf8a3e0e8vrvn4t8n9d2k7q",
  kind: "transfer",
  bookedAt: "2026-11-24T03:42:14.123Z",
  valueDate: "2026-11-25",
  entries: [
    { accountId: "acc_01jdf8a3e0e8vrvn4t8n9d2k7m", side: "debit", amount: { amount: "12.34", currency: "USD" } },
    { accountId: "acc_01jdf8a3e0e8vrvn4t8n9d2k7n", side: "credit", amount: { amount: "12.34", currency: "USD" } }
  ]
})

const leafHash = Leaf.hashOf(transaction)

const treeHead = TreeHead.sign(
  Schema.decodeSync(TreeHead.TreeHead)({
    ledgerId: "led_01jdf8a3e0e8vrvn4t8n9d2k7m",
    treeSize: 1,
    rootHash: Buffer.from(Tree.root(Tree.append(Tree.empty, [leafHash]).tree)).toString("hex"),
    timestamp: "2026-11-24T03:42:15.000Z"
  }),
  secretKey
)

const receipt = JSON.stringify(
  Schema.encodeSync(ReceiptProof)({
    transaction,
    leafHash,
    inclusion: Result.getOrThrow(Inclusion.make(0, 1, () => leafHash)),
    treeHead
  })
)

describe("a receipt in a file", () => {
  let folder = ""
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "bank-receipt-"))
  })
  after(() => rm(folder, { recursive: true }))

  const fileOf = async (text: string): Promise<string> => {
    const file = join(folder, "receipt.json")
    await writeFile(file, text)
    return file
  }

  test("verifies offline with the bank's public key", async () => {
    const verified = await Effect.runPromise(verifyFile(await fileOf(receipt), publicKey))
    assert.deepEqual([verified.transaction, verified.head.treeSize], [transaction.id, 1])
  })

  test("proves nothing when it was altered, and says why", async () => {
    const altered = await fileOf(
      receipt.replace('"debit","amount":{"amount":"12.34"', '"debit","amount":{"amount":"12.35"')
    )
    const failed = await Effect.runPromise(Effect.flip(verifyFile(altered, publicKey)))
    assert.match(failed.message, /proves nothing: leaf$/u)
  })

  test("that is no receipt, or not there, is refused with its name", async () => {
    for (const file of [await fileOf("{}"), join(folder, "nowhere.json")]) {
      const failed = await Effect.runPromise(Effect.flip(verifyFile(file, publicKey)))
      assert.ok(failed.message.startsWith(`${file}: `), failed.message)
    }
  })

  test("a head that was kept is read as the bank gave it out", async () => {
    const file = await fileOf(JSON.stringify(Schema.encodeSync(TreeHead.SignedTreeHead)(treeHead)))
    assert.deepEqual(await Effect.runPromise(headIn(file)), treeHead)
  })
})
