import { Effect, Metric, Schedule } from "effect"
import { resumeAccounts } from "../../application/accounts/index.ts"
import { Ledger } from "../../application/ports/Ledger.ts"
import { LedgerAudit } from "../../application/ports/LedgerAudit.ts"
import { getTreeHead } from "../../application/proofs/index.ts"

/** Runs a job now and over and over, `every` after its last run ended; a failure is logged and the next run comes all the same. */
const repeatedly = <A, E, R>(
  name: string,
  every: `${number} seconds` | `${number} minutes`,
  job: Effect.Effect<A, E, R>
) =>
  job.pipe(
    Effect.catchCause((cause) => Effect.logError(`${name} failed`, cause)),
    Effect.repeat(Schedule.spaced(every)),
    Effect.forkScoped
  )

const expireHolds = Effect.gen(function* () {
  const ledger = yield* Ledger
  yield* ledger.expireHolds
})

const violationsNow = Metric.gauge("bank_invariant_violations", {
  description: "Invariants that did not hold at the last audit of the ledger; anything but 0 needs a person at once."
})

/** Checks every stored row against the invariants; what does not hold is logged and counted. */
const auditLedger = Effect.gen(function* () {
  const audit = yield* LedgerAudit
  const violations = yield* audit.violations
  yield* Effect.forEach(violations, (violation) => Effect.logError("invariant violated", violation))
  yield* Metric.update(violationsNow, violations.length)
})

/** Signs the head of the ledger's tree, so that an hour is the most that could be taken back unseen. */
const signHead = getTreeHead()

/** The work that no request asks for, for as long as the scope is open. */
export const jobs = Effect.all([
  repeatedly("hold expiry", "1 seconds", expireHolds),
  repeatedly("account resumption", "10 seconds", resumeAccounts()),
  repeatedly("ledger audit", "60 minutes", auditLedger),
  repeatedly("tree head", "60 minutes", signHead),
  Effect.addFinalizer(() => Effect.catchCause(signHead, (cause) => Effect.logError("last tree head failed", cause)))
])
