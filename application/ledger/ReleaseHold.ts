import { Effect, Schema } from "effect"
import { HoldId } from "../../domain/ids/index.ts"
import type { IdempotencyKey } from "../ports/Idempotency.ts"
import { Ledger } from "../ports/Ledger.ts"
import { holdOf } from "./Receipts.ts"

/** Gives back what a hold still reserves. */
export const ReleaseHold = Schema.Struct({ hold: HoldId })
export type ReleaseHold = typeof ReleaseHold.Type

/** Errors: those of `Release`, then IdempotencyConflict, LedgerOverloaded, LedgerUnavailable. */
export const releaseHold = Effect.fn("ledger.release")(function* (command: ReleaseHold, key: IdempotencyKey) {
  const ledger = yield* Ledger
  const receipt = yield* ledger.submit({ key, command: { _tag: "Release", holdId: command.hold } })
  return yield* holdOf(receipt)
})
