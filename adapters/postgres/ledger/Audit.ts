/**
 * Audits a ledger's stored rows. One transaction that sees one moment (repeatable read, read only), a query for each
 * check; no locks that a writer would meet. Time grows with the ledger's entries.
 */
import { Effect, Layer } from "effect"
import { LedgerUnavailable } from "../../../application/ports/Ledger.ts"
import { LedgerAudit, type Violation } from "../../../application/ports/LedgerAudit.ts"
import type { LedgerId } from "../../../domain/ids/index.ts"
import { TypedId } from "../../../domain/ids/index.ts"
import { query } from "../Failure.ts"
import { optionalText, type Row, textOf } from "../Fields.ts"
import { Postgres, type Sql } from "../Postgres.ts"
import { uuidOf } from "../Uuid.ts"
import { type Check, checks } from "./AuditQueries.ts"
import { defaultLedgerId } from "./Options.ts"
import { ledgerRole } from "./Session.ts"

/** Violations that one check reports at most: more of the same kind say nothing new. */
const reportedMax = 100

const violation =
  ({ invariant, prefix }: Check) =>
  (row: Row): Violation => {
    const subject = optionalText(row, "subject")
    return {
      invariant,
      subject: subject === undefined ? "ledger" : TypedId.fromUuid(prefix, subject),
      detail: textOf(row, "detail")
    }
  }

const violations = (sql: Sql, ledger: string): Promise<ReadonlyArray<Violation>> =>
  sql.begin("isolation level repeatable read read only", async (tx) => {
    const found: Array<Violation> = []
    for (const check of checks) {
      const rows = await tx.unsafe<Array<Row>>(`select * from (${check.sql}) found limit ${reportedMax}`, [ledger])
      found.push(...rows.map(violation(check)))
    }
    return found
  })

/** The audit of a ledger, on a connection of its own without a time limit for a statement. */
export const layer = (ledgerId: LedgerId = defaultLedgerId): Layer.Layer<LedgerAudit, never, Postgres> =>
  Layer.effect(
    LedgerAudit,
    Effect.gen(function* () {
      const sql = yield* (yield* Postgres).pool({
        name: "ledger audit",
        role: ledgerRole,
        connectionsMax: 1,
        settings: { statement_timeout: 0, jit: "off" }
      })
      return LedgerAudit.of({
        violations: query(() => violations(sql, uuidOf(ledgerId))).pipe(
          Effect.mapError(({ reason }) => new LedgerUnavailable({ reason }))
        )
      })
    })
  )
