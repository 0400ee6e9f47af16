import { Effect, Schema } from "effect"
import { AccountId } from "../../domain/ids/index.ts"
import type { Command } from "../../domain/ledger/index.ts"
import { Money } from "../../domain/money/index.ts"
import type { IdempotencyKey } from "../ports/Idempotency.ts"
import { Ledger } from "../ports/Ledger.ts"
import { memo } from "./Memo.ts"
import { transactionOf } from "./Receipts.ts"
import { transactionView } from "./TransactionView.ts"

/** Money does not move from an account to itself. */
export const isBetweenTwo = Schema.makeFilter(
  ({ from, to }: { readonly from: AccountId; readonly to: AccountId }) =>
    from !== to || { path: ["to"], issue: "Expected another account than `from`" }
)

/** Money moves between two accounts of one currency. */
export const Transfer = Schema.Struct({ from: AccountId, to: AccountId, amount: Money.Positive, ...memo }).check(
  isBetweenTwo
)
export type Transfer = typeof Transfer.Type

/** The command of the ledger that does it. */
export const transferPost = ({ from, to, amount, ...rest }: Transfer): Command.Post => ({
  _tag: "Post",
  kind: "transfer",
  legs: [
    { accountId: from, side: "debit", amount },
    { accountId: to, side: "credit", amount }
  ],
  ...rest
})

/** Errors: those of `Post`, then IdempotencyConflict, LedgerOverloaded, LedgerUnavailable. */
export const transfer = Effect.fn("ledger.transfer")(function* (command: Transfer, key: IdempotencyKey) {
  const ledger = yield* Ledger
  const receipt = yield* ledger.submit({ key, command: transferPost(command) })
  return transactionView(yield* transactionOf(receipt))
})
