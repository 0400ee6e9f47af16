import { Effect, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { AccountId } from "../../domain/ids/index.ts"
import { Money } from "../../domain/money/index.ts"
import type { IdempotencyKey } from "../ports/Idempotency.ts"
import { Ledger } from "../ports/Ledger.ts"
import { memo } from "./Memo.ts"
import { holdOf } from "./Receipts.ts"

/** Reserves an amount of `from` for `to`, until it is captured, released or `expiresAt` passes. */
export const AuthorizeHold = Schema.Struct({
  from: AccountId,
  to: AccountId,
  amount: Money.Positive,
  expiresAt: Schema.optionalKey(Instant.Instant),
  description: memo.description,
  metadata: memo.metadata
}).check(
  Schema.makeFilter(({ from, to }) => from !== to || { path: ["to"], issue: "Expected another account than `from`" })
)
export type AuthorizeHold = typeof AuthorizeHold.Type

/** Errors: those of `Authorize`, then IdempotencyConflict, LedgerOverloaded, LedgerUnavailable. */
export const authorizeHold = Effect.fn("ledger.authorize")(function* (command: AuthorizeHold, key: IdempotencyKey) {
  const ledger = yield* Ledger
  const { from, to, ...rest } = command
  const receipt = yield* ledger.submit({
    key,
    command: { _tag: "Authorize", debitAccountId: from, creditAccountId: to, ...rest }
  })
  return yield* holdOf(receipt)
})
