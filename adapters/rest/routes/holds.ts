import { LedgerGuards } from "../../../application/access/index.ts"
import {
  AuthorizeHold,
  authorizeHold,
  CaptureHold,
  captureHold,
  GetHold,
  getHold,
  ReleaseHold,
  releaseHold,
  TransactionView
} from "../../../application/ledger/index.ts"
import { Hold } from "../../../domain/ledger/index.ts"
import { endpoint } from "../Endpoint.ts"
import { account, amount, otherAccount } from "../examples.ts"

/** Reservations of money: authorize, then capture or release. */
export const holds = [
  endpoint({
    method: "POST",
    path: "/v1/holds",
    operationId: "authorizeHold",
    summary: "Reserve money of one account for another",
    command: AuthorizeHold,
    answer: Hold.Hold,
    answerName: "Hold",
    status: 201,
    errors: [
      "HoldAlreadyExpired",
      "AccountNotFound",
      "AccountClosed",
      "AccountCurrencyMismatch",
      "AccountRestricted",
      "InsufficientFunds"
    ],
    idempotencyKey: "required",
    location: ({ id }) => `/v1/holds/${id}`,
    example: { from: account, to: otherAccount, amount, expiresAt: "2999-12-31T00:00:00Z" },
    guard: LedgerGuards.authorizeHold,
    run: (command, { key }) => authorizeHold(command, key)
  }),
  endpoint({
    method: "GET",
    path: "/v1/holds/{hold}",
    operationId: "getHold",
    summary: "Read a hold",
    command: GetHold,
    answer: Hold.Hold,
    answerName: "Hold",
    status: 200,
    errors: ["HoldNotFound"],
    guard: LedgerGuards.readHold,
    run: (query) => getHold(query)
  }),
  endpoint({
    method: "POST",
    path: "/v1/holds/{hold}/captures",
    operationId: "captureHold",
    summary: "Post what a hold reserves, or part of it",
    command: CaptureHold,
    answer: TransactionView,
    answerName: "Transaction",
    status: 201,
    errors: ["HoldNotFound", "HoldEnded", "CurrencyMismatch", "CaptureExceedsHold"],
    idempotencyKey: "required",
    location: ({ id }) => `/v1/transactions/${id}`,
    example: { amount, keepRest: true },
    guard: LedgerGuards.captureHold,
    run: (command, { key }) => captureHold(command, key)
  }),
  endpoint({
    method: "POST",
    path: "/v1/holds/{hold}/release",
    operationId: "releaseHold",
    summary: "Give back what a hold still reserves",
    command: ReleaseHold,
    answer: Hold.Hold,
    answerName: "Hold",
    status: 200,
    errors: ["HoldNotFound", "HoldEnded"],
    guard: LedgerGuards.releaseHold,
    run: (command, { key }) => releaseHold(command, key)
  })
]
