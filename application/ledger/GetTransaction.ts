import { Effect, Schema } from "effect"
import { TransactionId } from "../../domain/ids/index.ts"
import { Ledger } from "../ports/Ledger.ts"
import { transactionView } from "./TransactionView.ts"

export const GetTransaction = Schema.Struct({ transaction: TransactionId })
export type GetTransaction = typeof GetTransaction.Type

/** Errors: TransactionNotFound, LedgerUnavailable. */
export const getTransaction = Effect.fn("ledger.transaction")(function* (query: GetTransaction) {
  const ledger = yield* Ledger
  return transactionView(yield* ledger.transaction(query.transaction))
})
