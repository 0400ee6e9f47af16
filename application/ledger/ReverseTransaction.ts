import { Effect, Schema } from "effect"
import { TransactionId } from "../../domain/ids/index.ts"
import { Money } from "../../domain/money/index.ts"
import type { IdempotencyKey } from "../ports/Idempotency.ts"
import { Ledger } from "../ports/Ledger.ts"
import { memo } from "./Memo.ts"
import { transactionOf } from "./Receipts.ts"
import { transactionView } from "./TransactionView.ts"

/** Takes a transaction back by its mirror image: all that is left of it, or `amount` where it has two entries. */
export const ReverseTransaction = Schema.Struct({
  transaction: TransactionId,
  amount: Schema.optionalKey(Money.Positive),
  ...memo
})
export type ReverseTransaction = typeof ReverseTransaction.Type

/** Errors: those of `Reverse`, then IdempotencyConflict, LedgerOverloaded, LedgerUnavailable. */
export const reverseTransaction = Effect.fn("ledger.reverse")(function* (
  command: ReverseTransaction,
  key: IdempotencyKey
) {
  const ledger = yield* Ledger
  const { transaction, ...rest } = command
  const receipt = yield* ledger.submit({ key, command: { _tag: "Reverse", transactionId: transaction, ...rest } })
  return transactionView(yield* transactionOf(receipt))
})
