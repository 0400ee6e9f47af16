import { LedgerGuards } from "../../../application/access/index.ts"
import {
  BatchAnswer,
  PostBatch,
  postBatch,
  TransactionView,
  Transfer,
  transfer
} from "../../../application/ledger/index.ts"
import { endpoint } from "../Endpoint.ts"
import { account, amount, otherAccount } from "../examples.ts"

/** Bytes of a batch's body: 10,000 items of about 800 bytes. */
const batchBytesMax = 8 * 1024 * 1024

/** Money between two accounts. */
export const transfers = [
  endpoint({
    method: "POST",
    path: "/v1/transfers",
    operationId: "transfer",
    summary: "Move money between two accounts of one currency",
    command: Transfer,
    answer: TransactionView,
    answerName: "Transaction",
    status: 201,
    errors: ["AccountNotFound", "AccountClosed", "AccountRestricted", "AccountCurrencyMismatch", "InsufficientFunds"],
    idempotencyKey: "required",
    location: ({ id }) => `/v1/transactions/${id}`,
    example: { from: account, to: otherAccount, amount, description: "Rent for November" },
    guard: LedgerGuards.transfer,
    run: (command, { key }) => transfer(command, key)
  }),
  endpoint({
    method: "POST",
    path: "/v1/transfers/batch",
    operationId: "postTransferBatch",
    summary:
      "Post up to 10,000 transfers, deposits and withdrawals each by itself, with an answer for each, or up to 1,000 all or none",
    command: PostBatch,
    answer: BatchAnswer,
    answerName: "BatchAnswer",
    status: 200,
    errors: ["AccountNotFound", "AccountClosed", "AccountRestricted", "AccountCurrencyMismatch", "InsufficientFunds"],
    idempotencyKey: "required",
    bodyBytesMax: batchBytesMax,
    example: {
      mode: "independent",
      items: [
        { kind: "transfer", from: account, to: otherAccount, amount, description: "Salary" },
        { kind: "deposit", account, amount }
      ]
    },
    guard: LedgerGuards.postBatch,
    run: (command, { key }) => postBatch(command, key)
  })
]
