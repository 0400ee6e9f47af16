import { Context, type Effect, Schema } from "effect"
import type { LedgerUnavailable } from "./Ledger.ts"

/** An invariant that does not hold, by its number in `domain/README.md`, and where. */
export const Violation = Schema.Struct({ invariant: Schema.String, subject: Schema.String, detail: Schema.String })
export type Violation = typeof Violation.Type

/** Checks a ledger's stored rows against the invariants, independently of the code that wrote them. */
export class LedgerAudit extends Context.Service<
  LedgerAudit,
  { readonly violations: Effect.Effect<ReadonlyArray<Violation>, LedgerUnavailable> }
>()("bank/application/ports/LedgerAudit") {}
