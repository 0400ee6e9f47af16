import type { Effect } from "effect"
import type { Ledger } from "../../application/ports/Ledger.ts"
import type { LedgerAudit } from "../../application/ports/LedgerAudit.ts"

/** States what an implementation must do: the test runs the effect against it. */
export type Spec = (title: string, body: Effect.Effect<void, unknown, Ledger | LedgerAudit>) => void

/** Moves the time that the implementation sees ahead by milliseconds. */
export type Advance = (millis: number) => Effect.Effect<void>
