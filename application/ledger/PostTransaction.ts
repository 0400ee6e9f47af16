import { Effect, Schema } from "effect"
import { Command } from "../../domain/ledger/index.ts"
import type { IdempotencyKey } from "../ports/Idempotency.ts"
import { Ledger } from "../ports/Ledger.ts"
import { memo } from "./Memo.ts"
import { transactionOf } from "./Receipts.ts"
import { transactionView } from "./TransactionView.ts"

/** A journal transaction of 2 to 500 legs that balance per currency. */
export const PostTransaction = Schema.Struct({ entries: Command.Post.fields.legs, ...memo })
export type PostTransaction = typeof PostTransaction.Type

/** Errors: those of `Post`, then IdempotencyConflict, LedgerOverloaded, LedgerUnavailable. */
export const postTransaction = Effect.fn("ledger.post")(function* (command: PostTransaction, key: IdempotencyKey) {
  const ledger = yield* Ledger
  const { entries, ...rest } = command
  const receipt = yield* ledger.submit({ key, command: { _tag: "Post", kind: "journal", legs: entries, ...rest } })
  return transactionView(yield* transactionOf(receipt))
})
