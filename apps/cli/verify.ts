import { Effect } from "effect"
import { start } from "../../adapters/embedded-postgres/index.ts"
import { LedgerAudit } from "../../application/ports/LedgerAudit.ts"
import { auditOf } from "../bank/Stores.ts"

/** Which ledger to check: that of a database, or of a data directory whose bank is stopped. */
export type Place = { readonly url: string } | { readonly dataDir: string }

/** Checks every stored row of the ledger against its invariants; answers what does not hold. */
export const verify = Effect.fn("cli.verify")(function* (place: Place) {
  const { url } = "url" in place ? place : yield* start({ dataDir: place.dataDir })
  return yield* Effect.gen(function* () {
    const audit = yield* LedgerAudit
    return yield* audit.violations
  }).pipe(Effect.provide(auditOf(url)))
})
