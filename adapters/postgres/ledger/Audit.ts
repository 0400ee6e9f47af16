/**
 * Audits a ledger's stored rows: one statement for all checks, and no locks that a writer would meet. Time grows with the
 * ledger's entries.
 */
import { Effect, Layer } from "effect"
import { LedgerUnavailable } from "../../../application/ports/Ledger.ts"
import { LedgerAudit, type Violation } from "../../../application/ports/LedgerAudit.ts"
import type { LedgerId } from "../../../domain/ids/index.ts"
import { TypedId } from "../../../domain/ids/index.ts"
import { optionalText, type Row, textOf } from "../Fields.ts"
import { Postgres } from "../Postgres.ts"
import { uuidOf } from "../Uuid.ts"
import { checks, now } from "./AuditQueries.ts"
import { defaultLedgerId } from "./Options.ts"
import { ledgerRole } from "./Session.ts"

/** Violations that one check reports at most: more of the same kind say nothing new. */
const reportedMax = 100

/** All checks as one statement, which sees one moment. */
const text = `with ${now}
${checks
  .map(
    ({ invariant, prefix, sql }) =>
      `(select '${invariant}' as invariant, '${prefix}' as prefix, subject::uuid as subject, detail
        from (${sql}) found limit ${reportedMax})`
  )
  .join("\nunion all\n")}`

const violation = (row: Row): Violation => {
  const subject = optionalText(row, "subject")
  return {
    invariant: textOf(row, "invariant"),
    subject: subject === undefined ? "ledger" : TypedId.fromUuid(textOf(row, "prefix"), subject),
    detail: textOf(row, "detail")
  }
}

// A join of all entries by a loop in a loop takes hours where the planner takes a table that it never counted for small.
const settings = { jit: "off", enable_nestloop: "off" } as const

/** The audit of a ledger, on a connection of its own without a time limit for a statement. */
export const layer = (ledgerId: LedgerId = defaultLedgerId): Layer.Layer<LedgerAudit, never, Postgres> =>
  Layer.effect(
    LedgerAudit,
    Effect.gen(function* () {
      const pool = yield* (yield* Postgres).pool({
        name: "ledger audit",
        role: ledgerRole,
        connectionsMax: 1,
        statementTimeoutMs: 0,
        settings
      })
      return LedgerAudit.of({
        violations: pool.query(text, [uuidOf(ledgerId)]).pipe(
          Effect.map((rows) => rows.map(violation)),
          Effect.mapError(({ reason }) => new LedgerUnavailable({ reason }))
        )
      })
    })
  )
