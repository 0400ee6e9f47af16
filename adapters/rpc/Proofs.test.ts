import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { Code, ConnectError, createClient } from "@connectrpc/connect"
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node"
import { Effect, Layer, ManagedRuntime, Result, Schema } from "effect"
import type { AccessServices } from "../../application/access/index.ts"
import type { AccountStore } from "../../application/ports/AccountStore.ts"
import type { Bank } from "../../application/ports/Bank.ts"
import { HeadSigner } from "../../application/ports/HeadSigner.ts"
import type { Ids } from "../../application/ports/Ids.ts"
import type { Ledger } from "../../application/ports/Ledger.ts"
import type { LedgerTree } from "../../application/ports/LedgerTree.ts"
import { PublicKey } from "../../application/proofs/index.ts"
import { ReceiptProof, TreeHead, verifyReceipt } from "../../domain/proofs/index.ts"
import { AccountService } from "../../proto/gen/bank/account/v1/account_service_pb.ts"
import {
  GetPublicKeyResponseSchema,
  ProofService,
  ReceiptProofSchema
} from "../../proto/gen/bank/proof/v1/proof_service_pb.ts"
import { TransactionService } from "../../proto/gen/bank/transaction/v1/transaction_service_pb.ts"
import { accessLayer, layer as memoryLayer } from "../memory/index.ts"
import { plainOf } from "./Codec.ts"
import { accountService, proofService, serve, transactionService } from "./index.ts"
import { authenticatorLayer, bankLayer, idsLayer, token } from "./testing.fixture.ts"

const secretKey = new Uint8Array(32).fill(7)
const signer = Layer.succeed(
  HeadSigner,
  HeadSigner.of({
    publicKey: TreeHead.publicKeyOf(secretKey),
    sign: (head) => Effect.succeed(TreeHead.sign(head, secretKey))
  })
)

let url = ""
const served = Layer.effectDiscard(
  Effect.map(
    serve<AccessServices | AccountStore | Bank | HeadSigner | Ids | Ledger | LedgerTree>(
      [accountService, transactionService, proofService],
      { host: "127.0.0.1", port: 0, graceMillis: 100 }
    ),
    (server) => {
      url = `http://127.0.0.1:${server.port}`
    }
  )
).pipe(
  Layer.provide([
    Layer.provideMerge(accessLayer(), Layer.provideMerge(memoryLayer, idsLayer)),
    authenticatorLayer,
    bankLayer,
    signer
  ])
)
const runtime = ManagedRuntime.make(served)

describe("proofs over RPC", () => {
  let sessions: Http2SessionManager | undefined
  const clients = () => {
    sessions ??= new Http2SessionManager(url)
    const transport = createGrpcTransport({
      baseUrl: url,
      sessionManager: sessions,
      interceptors: [
        (next) => (request) => {
          request.header.set("authorization", `Bearer ${token}`)
          return next(request)
        }
      ]
    })
    return {
      accounts: createClient(AccountService, transport),
      transactions: createClient(TransactionService, transport),
      proofs: createClient(ProofService, transport)
    }
  }
  before(() => runtime.runPromise(Effect.void))
  after(async () => {
    sessions?.abort()
    await runtime.dispose()
  })

  test("a receipt's proof verifies with the key that the service gives, and a head extends an earlier one", async () => {
    const { accounts, transactions, proofs } = clients()
    const { account } = await accounts.openAccount({ product: "checking", currency: "USD", idempotencyKey: "open" })
    const { transaction } = await transactions.deposit({
      account: account?.id ?? "",
      amount: { amount: "12.34", currency: "USD" },
      idempotencyKey: "deposit"
    })
    const { proof } = await proofs.getReceiptProof({ transaction: transaction?.id ?? "" })
    assert.ok(proof !== undefined)
    const read = Schema.decodeUnknownSync(ReceiptProof)(plainOf(ReceiptProofSchema, proof))
    const key = Schema.decodeUnknownSync(PublicKey)(plainOf(GetPublicKeyResponseSchema, await proofs.getPublicKey({})))
    assert.ok(Result.isSuccess(verifyReceipt(read, key.publicKey)))
    const { treeHead } = await proofs.getTreeHead({})
    assert.equal(treeHead?.head?.treeSize, 1n)
    const { proof: extension } = await proofs.getConsistencyProof({ from: 0n, to: 1n })
    assert.deepEqual([extension?.sizeEarlier, extension?.sizeLater, extension?.path], [0n, 1n, []])
  })

  test("a size beyond the tree is refused", async () => {
    await assert.rejects(
      clients().proofs.getConsistencyProof({ from: 0n, to: 99n }),
      (error) => error instanceof ConnectError && error.code === Code.FailedPrecondition
    )
  })
})
