import { Effect, Layer } from "effect"
import { entryBell } from "../../../application/ledger/index.ts"
import type { Ids } from "../../../application/ports/Ids.ts"
import { Ledger, LedgerUnavailable } from "../../../application/ports/Ledger.ts"
import type { Postgres } from "../Postgres.ts"
import { defaultOptions, type LedgerOptions } from "./Options.ts"
import { reader } from "./Reader.ts"
import { writer } from "./Writer.ts"

const make = Effect.fnUntraced(function* (options: LedgerOptions) {
  const bell = entryBell()
  const { ledger, ...writes } = yield* writer(options, bell)
  const reads = yield* reader(ledger, options, bell)
  return Ledger.of({ ...reads, ...writes })
})

/**
 * One ledger in PostgreSQL, written by this process from now on: whoever wrote it before is fenced off. The migrations
 * must have run. Fails with LedgerUnavailable when the database does not answer.
 */
export const layer = (options: Partial<LedgerOptions> = {}): Layer.Layer<Ledger, LedgerUnavailable, Ids | Postgres> =>
  Layer.effect(
    Ledger,
    make({ ...defaultOptions, ...options }).pipe(
      Effect.catchTag("PostgresUnavailable", ({ reason }) => Effect.fail(new LedgerUnavailable({ reason }))),
      Effect.catchTag("LedgerFenced", () => Effect.fail(new LedgerUnavailable({ reason: "fenced while taking over" })))
    )
  )
