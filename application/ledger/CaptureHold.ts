import { Effect, Schema } from "effect"
import { HoldId } from "../../domain/ids/index.ts"
import { Money } from "../../domain/money/index.ts"
import type { IdempotencyKey } from "../ports/Idempotency.ts"
import { Ledger } from "../ports/Ledger.ts"
import { memo } from "./Memo.ts"
import { transactionOf } from "./Receipts.ts"
import { transactionView } from "./TransactionView.ts"

/**
 * Posts a hold: all that it reserves, or `amount`. What is left over is released, unless `keepRest` keeps it for
 * further captures.
 */
export const CaptureHold = Schema.Struct({
  hold: HoldId,
  amount: Schema.optionalKey(Money.Positive),
  keepRest: Schema.optionalKey(Schema.Boolean),
  ...memo
})
export type CaptureHold = typeof CaptureHold.Type

/** Errors: those of `Capture`, then IdempotencyConflict, LedgerOverloaded, LedgerUnavailable. */
export const captureHold = Effect.fn("ledger.capture")(function* (command: CaptureHold, key: IdempotencyKey) {
  const ledger = yield* Ledger
  const { hold, keepRest = false, ...rest } = command
  const receipt = yield* ledger.submit({ key, command: { _tag: "Capture", holdId: hold, keepRest, ...rest } })
  return transactionView(yield* transactionOf(receipt))
})
