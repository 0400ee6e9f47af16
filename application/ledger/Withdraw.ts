import { Effect, Schema } from "effect"
import { AccountId } from "../../domain/ids/index.ts"
import { type Command, internalAccountId } from "../../domain/ledger/index.ts"
import { Money } from "../../domain/money/index.ts"
import type { IdempotencyKey } from "../ports/Idempotency.ts"
import { Ledger } from "../ports/Ledger.ts"
import { memo } from "./Memo.ts"
import { transactionOf } from "./Receipts.ts"
import { transactionView } from "./TransactionView.ts"

/** Cash goes out: debit the account, credit the bank's cash. */
export const Withdraw = Schema.Struct({ account: AccountId, amount: Money.Positive, ...memo })
export type Withdraw = typeof Withdraw.Type

/** The command of the ledger that does it. */
export const withdrawalPost = ({ account, amount, ...rest }: Withdraw): Command.Post => ({
  _tag: "Post",
  kind: "withdrawal",
  legs: [
    { accountId: account, side: "debit", amount },
    { accountId: internalAccountId("cash", amount.currency), side: "credit", amount }
  ],
  ...rest
})

/** Errors: those of `Post`, then IdempotencyConflict, LedgerOverloaded, LedgerUnavailable. */
export const withdraw = Effect.fn("ledger.withdraw")(function* (command: Withdraw, key: IdempotencyKey) {
  const ledger = yield* Ledger
  const receipt = yield* ledger.submit({ key, command: withdrawalPost(command) })
  return transactionView(yield* transactionOf(receipt))
})
