import assert from "node:assert/strict"
import { Effect, Layer, Result } from "effect"
import { HeadSigner } from "../../application/ports/HeadSigner.ts"
import type { Ledger } from "../../application/ports/Ledger.ts"
import type { LedgerTree } from "../../application/ports/LedgerTree.ts"
import { getConsistencyProof, getReceiptProof, getTreeHead } from "../../application/proofs/index.ts"
import { TransactionId, TypedId } from "../../domain/ids/index.ts"
import { TreeHead, verifyReceipt } from "../../domain/proofs/index.ts"
import { cents, funded, posted, submit, transfer } from "./Desk.ts"

const secretKey = Uint8Array.from({ length: 32 }, (_, index) => index)
const publicKey = TreeHead.publicKeyOf(secretKey)

const signer = Layer.succeed(
  HeadSigner,
  HeadSigner.of({ publicKey, sign: (head) => Effect.succeed(TreeHead.sign(head, secretKey)) })
)

/** States what a store's tree must do. */
export type ProofSpec = (title: string, body: Effect.Effect<void, unknown, Ledger | LedgerTree>) => void

/** Transactions enough for several tiles of the tree, booked at once. */
const many = 600

/** The Merkle tree of a ledger, through the use cases that make proofs of it. */
export const proofSpecs = (spec: ProofSpec): void => {
  const proving = (title: string, body: Effect.Effect<void, unknown, Ledger | LedgerTree | HeadSigner>) =>
    spec(title, Effect.provide(body, signer))

  proving(
    "a transaction has a proof at once, which verifies against a signed head and shows no balance",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(1000)
      const transaction = yield* posted({ ...transfer(account, bank, cents(1)), description: "Rent" })
      const proof = yield* getReceiptProof({ transaction: transaction.id })
      assert.deepEqual(verifyReceipt(proof, publicKey), Result.succeed(proof.treeHead.head))
      assert.equal(proof.transaction.description, "Rent")
      for (const entry of proof.transaction.entries)
        assert.deepEqual(Object.keys(entry).sort(), ["accountId", "amount", "side"])
    })
  )

  proving(
    "leaves are in the order of booking",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(1000)
      const before = yield* getTreeHead()
      const first = yield* posted(transfer(account, bank, cents(1)))
      const second = yield* posted(transfer(account, bank, cents(1)))
      const indices = yield* Effect.forEach([first, second], ({ id }) => getReceiptProof({ transaction: id }))
      assert.deepEqual(
        indices.map(({ inclusion }) => inclusion.leafIndex - before.head.treeSize),
        [0, 1]
      )
    })
  )

  proving(
    "a rejected command adds no leaf, and the same size has the same head",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(1)
      const before = yield* getTreeHead()
      yield* Effect.flip(submit(transfer(account, bank, cents(2))))
      assert.deepEqual(yield* getTreeHead(), before)
    })
  )

  proving(
    "INV-43: every later head extends every earlier one, provably, over many batches and tiles",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(many)
      const heads = [yield* getTreeHead()]
      for (const count of [1, 7, many - 8]) {
        const one = posted(transfer(account, bank, cents(1)))
        const made = yield* Effect.all(
          Array.from({ length: count }, () => one),
          { concurrency: "unbounded" }
        )
        for (const { id } of [...made.slice(0, 3), ...made.slice(-3)]) {
          const proof = yield* getReceiptProof({ transaction: id })
          assert.deepEqual(verifyReceipt(proof, publicKey), Result.succeed(proof.treeHead.head))
        }
        heads.push(yield* getTreeHead())
      }
      for (const later of heads)
        for (const earlier of heads.slice(0, heads.indexOf(later) + 1)) {
          const proof = yield* getConsistencyProof({ from: earlier.head.treeSize, to: later.head.treeSize })
          assert.deepEqual(TreeHead.verifyExtension(proof, earlier, later, publicKey), Result.succeed(later.head))
        }
    })
  )

  proving(
    "a proof beyond the tree, or backwards, is OutOfTree, and a transaction that is not there has none",
    Effect.gen(function* () {
      yield* funded(1)
      const { treeSize } = (yield* getTreeHead()).head
      const beyond = yield* Effect.flip(getConsistencyProof({ from: 0, to: treeSize + 1 }))
      assert.equal(beyond._tag, "OutOfTree")
      const backwards = yield* Effect.flip(getConsistencyProof({ from: treeSize, to: treeSize - 1 }))
      assert.equal(backwards._tag, "OutOfTree")
      const whole = yield* getConsistencyProof({ from: treeSize, to: treeSize })
      assert.deepEqual(whole, { sizeEarlier: treeSize, sizeLater: treeSize, path: [] })
      const none = TransactionId.make(TypedId.fromUuid("txn", "01890a5d-ac96-774b-bcce-b302099a8057"))
      assert.equal((yield* Effect.flip(getReceiptProof({ transaction: none })))._tag, "TransactionNotFound")
    })
  )
}
