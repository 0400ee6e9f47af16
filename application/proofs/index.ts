/** Use cases of proofs: what the bank signs of its ledger, and what a customer can verify offline. */
export { GetConsistencyProof, getConsistencyProof } from "./GetConsistencyProof.ts"
export { getPublicKey, PublicKey } from "./GetPublicKey.ts"
export { GetReceiptProof, getReceiptProof } from "./GetReceiptProof.ts"
export { GetTreeHead, getTreeHead } from "./GetTreeHead.ts"
