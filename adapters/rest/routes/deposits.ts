import { LedgerGuards } from "../../../application/access/index.ts"
import { Deposit, deposit, TransactionView, Withdraw, withdraw } from "../../../application/ledger/index.ts"
import { endpoint } from "../Endpoint.ts"
import { amount } from "../examples.ts"

/** Cash in and out: deposits and withdrawals. */
export const deposits = [
  endpoint({
    method: "POST",
    path: "/v1/accounts/{account}/deposits",
    operationId: "deposit",
    summary: "Deposit cash into an account",
    command: Deposit,
    answer: TransactionView,
    answerName: "Transaction",
    status: 201,
    errors: ["AccountNotFound", "AccountClosed", "AccountRestricted", "AccountCurrencyMismatch", "BalanceOverflow"],
    idempotencyKey: "required",
    location: ({ id }) => `/v1/transactions/${id}`,
    example: { amount, description: "Opening deposit" },
    guard: LedgerGuards.deposit,
    run: (command, { key }) => deposit(command, key)
  }),
  endpoint({
    method: "POST",
    path: "/v1/accounts/{account}/withdrawals",
    operationId: "withdraw",
    summary: "Withdraw cash from an account",
    command: Withdraw,
    answer: TransactionView,
    answerName: "Transaction",
    status: 201,
    errors: ["AccountNotFound", "AccountClosed", "AccountRestricted", "AccountCurrencyMismatch", "InsufficientFunds"],
    idempotencyKey: "required",
    location: ({ id }) => `/v1/transactions/${id}`,
    example: { amount },
    guard: LedgerGuards.withdraw,
    run: (command, { key }) => withdraw(command, key)
  })
]
