import { Effect, Schema } from "effect"
import { AccountId } from "../../domain/ids/index.ts"
import { internalAccountId } from "../../domain/ledger/index.ts"
import { Money } from "../../domain/money/index.ts"
import type { IdempotencyKey } from "../ports/Idempotency.ts"
import { Ledger } from "../ports/Ledger.ts"
import { memo } from "./Memo.ts"
import { transactionOf } from "./Receipts.ts"
import { transactionView } from "./TransactionView.ts"

/** Cash comes in: debit the bank's cash, credit the account. */
export const Deposit = Schema.Struct({ account: AccountId, amount: Money.Positive, ...memo })
export type Deposit = typeof Deposit.Type

/** Errors: those of `Post`, then IdempotencyConflict, LedgerOverloaded, LedgerUnavailable. */
export const deposit = Effect.fn("ledger.deposit")(function* (command: Deposit, key: IdempotencyKey) {
  const ledger = yield* Ledger
  const { account, amount, ...rest } = command
  const receipt = yield* ledger.submit({
    key,
    command: {
      _tag: "Post",
      kind: "deposit",
      legs: [
        { accountId: internalAccountId("cash", amount.currency), side: "debit", amount },
        { accountId: account, side: "credit", amount }
      ],
      ...rest
    }
  })
  return transactionView(yield* transactionOf(receipt))
})
