import { Effect } from "effect"
import { LedgerGuards } from "../../../application/access/index.ts"
import {
  FollowEntries,
  followEntries,
  GetTransaction,
  getTransaction,
  ListEntries,
  listEntries,
  PostTransaction,
  postTransaction,
  ReverseTransaction,
  reverseTransaction,
  TransactionView
} from "../../../application/ledger/index.ts"
import { Transaction } from "../../../domain/ledger/index.ts"
import { endpoint } from "../Endpoint.ts"
import { eventStream } from "../EventStream.ts"
import { account, amount, otherAccount } from "../examples.ts"
import { page, pageOf } from "../Page.ts"

/** Journal transactions, their reversals, and the history of an account. */
export const transactions = [
  endpoint({
    method: "POST",
    path: "/v1/transactions",
    operationId: "postTransaction",
    summary: "Post a journal transaction of two or more balanced entries",
    command: PostTransaction,
    answer: TransactionView,
    answerName: "Transaction",
    status: 201,
    errors: [
      "Unbalanced",
      "AccountNotFound",
      "AccountClosed",
      "AccountCurrencyMismatch",
      "AccountRestricted",
      "InsufficientFunds",
      "BalanceOverflow"
    ],
    idempotencyKey: "required",
    location: ({ id }) => `/v1/transactions/${id}`,
    example: {
      entries: [
        { accountId: account, side: "debit", amount },
        { accountId: otherAccount, side: "credit", amount }
      ],
      description: "Fee correction"
    },
    guard: LedgerGuards.postTransaction,
    run: (command, { key }) => postTransaction(command, key)
  }),
  endpoint({
    method: "GET",
    path: "/v1/transactions/{transaction}",
    operationId: "getTransaction",
    summary: "Read a transaction",
    command: GetTransaction,
    answer: TransactionView,
    answerName: "Transaction",
    status: 200,
    errors: ["TransactionNotFound"],
    guard: LedgerGuards.readTransaction,
    run: (query) => getTransaction(query)
  }),
  endpoint({
    method: "POST",
    path: "/v1/transactions/{transaction}/reversals",
    operationId: "reverseTransaction",
    summary: "Take a transaction back, wholly or in part",
    command: ReverseTransaction,
    answer: TransactionView,
    answerName: "Transaction",
    status: 201,
    errors: [
      "TransactionNotFound",
      "NotReversible",
      "PartialReversalUnsupported",
      "CurrencyMismatch",
      "ReversalExceedsTransaction",
      "InsufficientFunds"
    ],
    idempotencyKey: "required",
    location: ({ id }) => `/v1/transactions/${id}`,
    example: { description: "Posted twice" },
    guard: LedgerGuards.reverseTransaction,
    run: (command, { key }) => reverseTransaction(command, key)
  }),
  endpoint({
    method: "GET",
    path: "/v1/accounts/{account}/transactions",
    operationId: "listTransactions",
    summary:
      "List an account's entries, newest first; with filters a page may be short, or empty, and still have a nextCursor",
    command: ListEntries,
    answer: pageOf(Transaction.BookedEntry),
    answerName: "TransactionPage",
    status: 200,
    errors: ["AccountNotFound"],
    list: "transactions",
    query: { kinds: "list", metadata: "map" },
    guard: LedgerGuards.readEntries,
    run: (query) => Effect.map(listEntries(query), page("transactions"))
  }),
  eventStream({
    path: "/v1/accounts/{account}/entries/stream",
    operationId: "followEntries",
    summary: "Follow an account's entries as they are booked: each once, in order, its sequence as the event's id",
    command: FollowEntries,
    answer: Transaction.BookedEntry,
    answerName: "BookedEntry",
    errors: ["AccountNotFound"],
    event: "entry",
    idOf: ({ sequence }) => sequence,
    guard: LedgerGuards.readEntries,
    run: (query) => followEntries(query)
  })
]
