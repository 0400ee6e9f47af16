/** The proof that a customer keeps: that a transaction is in the ledger, as the bank signed it. */
import { Result, Schema } from "effect"
import { equals, Hash, type Sha256, sha256 } from "./Hash.ts"
import * as Inclusion from "./Inclusion.ts"
import { InvalidProof } from "./InvalidProof.ts"
import * as Leaf from "./Leaf.ts"
import * as TreeHead from "./TreeHead.ts"

/**
 * A transaction as every party to it may see it, the hash of its leaf, that the leaf is in a tree, and the signed head of that tree. It is checked
 * offline, with nothing but the bank's public key.
 */
export const ReceiptProof = Schema.Struct({
  transaction: Leaf.Content,
  leafHash: Hash,
  inclusion: Inclusion.InclusionProof,
  treeHead: TreeHead.SignedTreeHead
})
export type ReceiptProof = typeof ReceiptProof.Type

/**
 * Verifies the proof (INV-42) and gives the tree head that it stands on. Fails with `InvalidProof`, first wins: `size`
 * (the leaf is beyond the tree, or the inclusion is in a tree of another size than the head's), `leaf`, `path`,
 * `signature`.
 */
export const verifyReceipt = (
  proof: ReceiptProof,
  publicKey: TreeHead.PublicKey,
  hasher: Sha256 = sha256
): Result.Result<TreeHead.TreeHead, InvalidProof> => {
  const { transaction, leafHash, inclusion, treeHead } = proof
  if (inclusion.treeSize !== treeHead.head.treeSize || inclusion.leafIndex >= inclusion.treeSize)
    return Result.fail(new InvalidProof({ reason: "size" }))
  if (!equals(Leaf.hashOf(transaction, hasher), leafHash)) return Result.fail(new InvalidProof({ reason: "leaf" }))
  return Result.flatMap(Inclusion.verify(inclusion, leafHash, treeHead.head.rootHash, hasher), () =>
    TreeHead.verify(treeHead, publicKey)
  )
}
