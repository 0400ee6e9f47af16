/** `bank.transaction.v1.TransactionService` over the use cases of `application/ledger`. */
import { Schema } from "effect"
import { type AccessServices, LedgerGuards } from "../../application/access/index.ts"
import {
  AuthorizeHold,
  authorizeHold,
  BatchAnswer,
  CaptureHold,
  captureHold,
  Deposit,
  deposit,
  FollowEntries,
  followEntries,
  GetHold,
  GetTransaction,
  getHold,
  getTransaction,
  ListEntries,
  listEntries,
  PostBatch,
  PostTransaction,
  postBatch,
  postTransaction,
  ReleaseHold,
  ReverseTransaction,
  releaseHold,
  reverseTransaction,
  TransactionView,
  Transfer,
  transfer,
  Withdraw,
  withdraw
} from "../../application/ledger/index.ts"
import type { AccountStore } from "../../application/ports/AccountStore.ts"
import type { Ledger } from "../../application/ports/Ledger.ts"
import { Hold, Transaction } from "../../domain/ledger/index.ts"
import { TransactionService } from "../../proto/gen/bank/transaction/v1/transaction_service_pb.ts"
import { guarded } from "./Door.ts"
import { limitDefault } from "./Limits.ts"
import { serverStream } from "./ServerStream.ts"
import { streamTransfers } from "./StreamTransfers.ts"
import { keyed, type RpcService, unary } from "./Unary.ts"

const { method } = TransactionService
const transaction = { answer: TransactionView, as: "transaction" } as const
const hold = { answer: Hold.Hold, as: "hold" } as const

const Entries = Schema.Struct({
  items: Schema.Array(Transaction.BookedEntry),
  next: Schema.optionalKey(Schema.Int)
})

const rpcs = {
  deposit: keyed({
    method: method.deposit,
    door: guarded(LedgerGuards.deposit),
    command: Deposit,
    ...transaction,
    run: deposit
  }),
  withdraw: keyed({
    method: method.withdraw,
    door: guarded(LedgerGuards.withdraw),
    command: Withdraw,
    ...transaction,
    run: withdraw
  }),
  transfer: keyed({
    method: method.transfer,
    door: guarded(LedgerGuards.transfer),
    command: Transfer,
    ...transaction,
    run: transfer
  }),
  postTransferBatch: keyed({
    method: method.postTransferBatch,
    door: guarded(LedgerGuards.postBatch),
    command: PostBatch,
    answer: BatchAnswer,
    run: postBatch
  }),
  postTransaction: keyed({
    method: method.postTransaction,
    door: guarded(LedgerGuards.postTransaction),
    command: PostTransaction,
    ...transaction,
    run: postTransaction
  }),
  reverseTransaction: keyed({
    method: method.reverseTransaction,
    door: guarded(LedgerGuards.reverseTransaction),
    command: ReverseTransaction,
    ...transaction,
    run: reverseTransaction
  }),
  getTransaction: unary({
    method: method.getTransaction,
    door: guarded(LedgerGuards.readTransaction),
    command: GetTransaction,
    ...transaction,
    run: getTransaction
  }),
  authorizeHold: keyed({
    method: method.authorizeHold,
    door: guarded(LedgerGuards.authorizeHold),
    command: AuthorizeHold,
    ...hold,
    run: authorizeHold
  }),
  captureHold: keyed({
    method: method.captureHold,
    door: guarded(LedgerGuards.captureHold),
    command: CaptureHold,
    ...transaction,
    run: captureHold
  }),
  releaseHold: keyed({
    method: method.releaseHold,
    door: guarded(LedgerGuards.releaseHold),
    command: ReleaseHold,
    ...hold,
    run: releaseHold
  }),
  getHold: unary({
    method: method.getHold,
    door: guarded(LedgerGuards.readHold),
    command: GetHold,
    ...hold,
    run: getHold
  }),
  listAccountTransactions: unary({
    method: method.listAccountTransactions,
    door: guarded(LedgerGuards.readEntries),
    command: ListEntries,
    answer: Entries,
    defaults: { limit: limitDefault },
    run: listEntries
  }),
  followEntries: serverStream({
    method: method.followEntries,
    door: guarded(LedgerGuards.readEntries),
    command: FollowEntries,
    item: Transaction.BookedEntry,
    as: "entries",
    isEndless: true,
    run: followEntries
  })
}

/** Moves money. */
export const transactionService: RpcService<AccessServices | Ledger | AccountStore> = {
  desc: TransactionService,
  register: (router, context, options) => {
    router.service(
      TransactionService,
      {
        deposit: rpcs.deposit(context),
        withdraw: rpcs.withdraw(context),
        transfer: rpcs.transfer(context),
        postTransferBatch: rpcs.postTransferBatch(context),
        streamTransfers: streamTransfers(context),
        postTransaction: rpcs.postTransaction(context),
        reverseTransaction: rpcs.reverseTransaction(context),
        getTransaction: rpcs.getTransaction(context),
        authorizeHold: rpcs.authorizeHold(context),
        captureHold: rpcs.captureHold(context),
        releaseHold: rpcs.releaseHold(context),
        getHold: rpcs.getHold(context),
        listAccountTransactions: rpcs.listAccountTransactions(context),
        followEntries: rpcs.followEntries(context)
      },
      options
    )
  }
}
