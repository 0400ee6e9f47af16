import { TransactionView, Transfer, transfer } from "../../../application/ledger/index.ts"
import { endpoint } from "../Endpoint.ts"
import { account, amount, otherAccount } from "../examples.ts"

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
    run: (command, { key }) => transfer(command, key)
  })
]
