import { Effect, Schedule } from "effect"
import { resumeAccounts } from "../../application/accounts/index.ts"
import { Ledger } from "../../application/ports/Ledger.ts"
import { LedgerAudit } from "../../application/ports/LedgerAudit.ts"

/** Runs a job over and over, `every` after its last run ended; a failure is logged and the next run comes all the same. */
const repeatedly = <A, E, R>(
  name: string,
  every: `${number} seconds` | `${number} minutes`,
  job: Effect.Effect<A, E, R>
) =>
  job.pipe(
    Effect.catchCause((cause) => Effect.logError(`${name} failed`, cause)),
    Effect.delay(every),
    Effect.repeat(Schedule.forever),
    Effect.forkScoped
  )

const expireHolds = Effect.gen(function* () {
  const ledger = yield* Ledger
  yield* ledger.expireHolds
})

/** Checks every stored row against the invariants and logs what does not hold. Answers how many do not. */
export const auditLedger = Effect.gen(function* () {
  const audit = yield* LedgerAudit
  const violations = yield* audit.violations
  yield* Effect.forEach(violations, (violation) => Effect.logError("invariant violated", violation))
  return violations.length
})

/** The work that no request asks for, for as long as the scope is open. */
export const jobs = Effect.all([
  repeatedly("hold expiry", "1 seconds", expireHolds),
  repeatedly("account resumption", "10 seconds", resumeAccounts()),
  repeatedly("ledger audit", "60 minutes", auditLedger)
])
