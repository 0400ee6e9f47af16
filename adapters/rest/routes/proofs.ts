import { Schema, SchemaTransformation } from "effect"
import { LedgerGuards } from "../../../application/access/index.ts"
import {
  GetReceiptProof,
  GetTreeHead,
  getConsistencyProof,
  getReceiptProof,
  getTreeHead
} from "../../../application/proofs/index.ts"
import { Consistency, ReceiptProof, TreeHead } from "../../../domain/proofs/index.ts"
import { endpoint } from "../Endpoint.ts"

/** A tree's size as a query has it. */
const SizeText = Schema.String.check(
  Schema.isPattern(/^\d{1,15}$/u, { expected: "a whole number of up to 15 digits" })
).pipe(Schema.decodeTo(Schema.Int, SchemaTransformation.numberFromString))

/** What the bank signs of its ledger, and proofs that are verified offline with its public key. */
export const proofs = [
  endpoint({
    method: "GET",
    path: "/v1/ledger/tree-head",
    operationId: "getTreeHead",
    summary: "Read the signed head of the ledger's Merkle tree",
    command: GetTreeHead,
    answer: TreeHead.SignedTreeHead,
    answerName: "SignedTreeHead",
    status: 200,
    errors: [],
    guard: LedgerGuards.readTree,
    run: () => getTreeHead()
  }),
  endpoint({
    method: "GET",
    path: "/v1/ledger/consistency",
    operationId: "getConsistencyProof",
    summary: "Prove that the ledger of one size extends that of a smaller one",
    command: Schema.Struct({ from: SizeText, to: SizeText }),
    answer: Consistency.ConsistencyProof,
    answerName: "ConsistencyProof",
    status: 200,
    errors: ["OutOfTree"],
    query: { from: "text", to: "text" },
    guard: LedgerGuards.readTree,
    run: (query) => getConsistencyProof(query)
  }),
  endpoint({
    method: "GET",
    path: "/v1/transactions/{transaction}/proof",
    operationId: "getReceiptProof",
    summary: "Prove that a transaction is in the ledger: a receipt to keep",
    command: GetReceiptProof,
    answer: ReceiptProof,
    answerName: "ReceiptProof",
    status: 200,
    errors: ["TransactionNotFound"],
    guard: LedgerGuards.readReceipt,
    run: (query) => getReceiptProof(query)
  })
]
