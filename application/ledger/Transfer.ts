import { Effect, Schema } from "effect"
import { AccountId } from "../../domain/ids/index.ts"
import { Money } from "../../domain/money/index.ts"
import type { IdempotencyKey } from "../ports/Idempotency.ts"
import { Ledger } from "../ports/Ledger.ts"
import { memo } from "./Memo.ts"
import { transactionOf } from "./Receipts.ts"
import { transactionView } from "./TransactionView.ts"

/** Money moves between two accounts of one currency. */
export const Transfer = Schema.Struct({ from: AccountId, to: AccountId, amount: Money.Positive, ...memo }).check(
  Schema.makeFilter(({ from, to }) => from !== to || { path: ["to"], issue: "Expected another account than `from`" })
)
export type Transfer = typeof Transfer.Type

/** Errors: those of `Post`, then IdempotencyConflict, LedgerOverloaded, LedgerUnavailable. */
export const transfer = Effect.fn("ledger.transfer")(function* (command: Transfer, key: IdempotencyKey) {
  const ledger = yield* Ledger
  const { from, to, amount, ...rest } = command
  const receipt = yield* ledger.submit({
    key,
    command: {
      _tag: "Post",
      kind: "transfer",
      legs: [
        { accountId: from, side: "debit", amount },
        { accountId: to, side: "credit", amount }
      ],
      ...rest
    }
  })
  return transactionView(yield* transactionOf(receipt))
})
