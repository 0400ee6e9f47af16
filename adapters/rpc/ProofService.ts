/** `bank.proof.v1.ProofService` over the use cases of `application/proofs`. */
import { Schema } from "effect"
import { type AccessServices, LedgerGuards } from "../../application/access/index.ts"
import type { HeadSigner } from "../../application/ports/HeadSigner.ts"
import type { Ledger } from "../../application/ports/Ledger.ts"
import type { LedgerTree } from "../../application/ports/LedgerTree.ts"
import {
  GetConsistencyProof,
  GetReceiptProof,
  GetTreeHead,
  getConsistencyProof,
  getPublicKey,
  getReceiptProof,
  getTreeHead,
  PublicKey
} from "../../application/proofs/index.ts"
import { Consistency, ReceiptProof, TreeHead } from "../../domain/proofs/index.ts"
import { ProofService } from "../../proto/gen/bank/proof/v1/proof_service_pb.ts"
import { guarded } from "./Door.ts"
import { type RpcService, unary } from "./Unary.ts"

const { method } = ProofService

const rpcs = {
  getPublicKey: unary({
    method: method.getPublicKey,
    door: guarded(LedgerGuards.readTree),
    command: Schema.Struct({}),
    answer: PublicKey,
    run: () => getPublicKey()
  }),
  getTreeHead: unary({
    method: method.getTreeHead,
    door: guarded(LedgerGuards.readTree),
    command: GetTreeHead,
    answer: TreeHead.SignedTreeHead,
    as: "treeHead",
    run: () => getTreeHead()
  }),
  getReceiptProof: unary({
    method: method.getReceiptProof,
    door: guarded(LedgerGuards.readReceipt),
    command: GetReceiptProof,
    answer: ReceiptProof,
    as: "proof",
    run: getReceiptProof
  }),
  getConsistencyProof: unary({
    method: method.getConsistencyProof,
    door: guarded(LedgerGuards.readTree),
    command: GetConsistencyProof,
    answer: Consistency.ConsistencyProof,
    as: "proof",
    run: getConsistencyProof
  })
}

/** Proves what is in the ledger. */
export const proofService: RpcService<AccessServices | Ledger | LedgerTree | HeadSigner> = {
  desc: ProofService,
  register: (router, context, options) => {
    router.service(
      ProofService,
      {
        getPublicKey: rpcs.getPublicKey(context),
        getTreeHead: rpcs.getTreeHead(context),
        getReceiptProof: rpcs.getReceiptProof(context),
        getConsistencyProof: rpcs.getConsistencyProof(context)
      },
      options
    )
  }
}
