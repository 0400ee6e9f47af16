import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import { Effect, Layer, ManagedRuntime } from "effect"
import type { Ledger } from "../../application/ports/Ledger.ts"
import { LedgerAudit } from "../../application/ports/LedgerAudit.ts"
import { accountSpecs } from "./AccountSpecs.ts"
import { entrySpecs } from "./EntrySpecs.ts"
import { expirySpecs } from "./ExpirySpecs.ts"
import { historySpecs } from "./HistorySpecs.ts"
import { holdSpecs } from "./HoldSpecs.ts"
import { idempotencySpecs } from "./IdempotencySpecs.ts"
import { linkedSpecs } from "./LinkedSpecs.ts"
import { postingSpecs } from "./PostingSpecs.ts"
import { reversalSpecs } from "./ReversalSpecs.ts"
import { shiftedClock } from "./ShiftedClock.ts"
import type { Spec } from "./Spec.ts"
import { submitManySpecs } from "./SubmitManySpecs.ts"

/**
 * What an implementation can be asked for. With a `shared` clock it reads the time from effect's `Clock` of the runtime
 * that builds its layer, so that the suite can let holds expire; a `remote` one has a clock of its own, and the specs
 * that need to move it are left out.
 */
export interface LedgerCapabilities {
  readonly clock: "shared" | "remote"
}

/**
 * The suite that every implementation of the port `Ledger` passes, for a `*.test.ts` to call. `makeLayer` gives a ledger
 * of any content, with the audit of the same ledger; it is called and built once, and released at the end.
 */
export const ledgerContract = <E>(
  name: string,
  makeLayer: () => Layer.Layer<Ledger | LedgerAudit, E>,
  capabilities: LedgerCapabilities = { clock: "shared" }
): void => {
  describe(`${name} as a ledger`, () => {
    const clock = shiftedClock()
    const runtime = ManagedRuntime.make(
      Layer.provideMerge(Layer.suspend(makeLayer), capabilities.clock === "shared" ? clock.layer : Layer.empty)
    )
    after(() => runtime.dispose())
    const spec: Spec = (title, body) => {
      test(title, () => runtime.runPromise(body))
    }
    const isShared = capabilities.clock === "shared"
    accountSpecs(spec)
    postingSpecs(spec)
    holdSpecs(spec)
    reversalSpecs(spec)
    entrySpecs(spec, isShared ? clock.advance : () => Effect.void)
    historySpecs(spec)
    if (isShared) expirySpecs(spec, clock.advance)
    idempotencySpecs(spec)
    submitManySpecs(spec)
    linkedSpecs(spec)
    spec(
      "after all of this the audit finds no violation",
      Effect.gen(function* () {
        assert.deepEqual(yield* (yield* LedgerAudit).violations, [])
      })
    )
  })
}
