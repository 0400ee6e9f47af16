import { Effect, Layer } from "effect"
import { LedgerAudit } from "../../application/ports/LedgerAudit.ts"
import { audit } from "../../domain/ledger/index.ts"
import { LedgerState } from "./LedgerState.ts"

const make = Effect.map(LedgerState, (state) =>
  LedgerAudit.of({
    violations: Effect.sync(() =>
      audit({
        accounts: [...state.accounts.values()],
        transactions: [...state.transactions.values()],
        holds: [...state.holds.values()],
        short: state.short
      })
    )
  })
)

/** Audits the whole ledger in memory: time and space grow with its entries. */
export const layer: Layer.Layer<LedgerAudit, never, LedgerState> = Layer.effect(LedgerAudit, make)
