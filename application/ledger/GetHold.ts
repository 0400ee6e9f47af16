import { Effect, Schema } from "effect"
import { HoldId } from "../../domain/ids/index.ts"
import { Ledger } from "../ports/Ledger.ts"

export const GetHold = Schema.Struct({ hold: HoldId })
export type GetHold = typeof GetHold.Type

/** Errors: HoldNotFound, LedgerUnavailable. */
export const getHold = Effect.fn("ledger.hold")(function* (query: GetHold) {
  const ledger = yield* Ledger
  return yield* ledger.hold(query.hold)
})
