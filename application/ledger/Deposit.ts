import { Effect, Schema } from "effect"
import { AccountId } from "../../domain/ids/index.ts"
import { type Command, internalAccountId } from "../../domain/ledger/index.ts"
import { Money } from "../../domain/money/index.ts"
import type { IdempotencyKey } from "../ports/Idempotency.ts"
import { Ledger } from "../ports/Ledger.ts"
import { memo } from "./Memo.ts"
import { transactionOf } from "./Receipts.ts"
import { transactionView } from "./TransactionView.ts"

/** Cash comes in: debit the bank's cash, credit the account. */
export const Deposit = Schema.Struct({ account: AccountId, amount: Money.Positive, ...memo })
export type Deposit = typeof Deposit.Type

/** The command of the ledger that does it. */
export const depositPost = ({ account, amount, ...rest }: Deposit): Command.Post => ({
  _tag: "Post",
  kind: "deposit",
  legs: [
    { accountId: internalAccountId("cash", amount.currency), side: "debit", amount },
    { accountId: account, side: "credit", amount }
  ],
  ...rest
})

/** Errors: those of `Post`, then IdempotencyConflict, LedgerOverloaded, LedgerUnavailable. */
export const deposit = Effect.fn("ledger.deposit")(function* (command: Deposit, key: IdempotencyKey) {
  const ledger = yield* Ledger
  const receipt = yield* ledger.submit({ key, command: depositPost(command) })
  return transactionView(yield* transactionOf(receipt))
})
