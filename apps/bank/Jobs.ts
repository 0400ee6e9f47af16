import { Clock, Effect, Metric, Schedule } from "effect"
import { Users, verifyAudit } from "../../adapters/postgres/index.ts"
import { resumeAccounts } from "../../application/accounts/index.ts"
import { resumeApprovals } from "../../application/approvals/index.ts"
import { Ledger } from "../../application/ports/Ledger.ts"
import { LedgerAudit } from "../../application/ports/LedgerAudit.ts"
import { KeyRing } from "../../application/ports/Tokens.ts"
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

const auditFindingsNow = Metric.gauge("bank_audit_findings", {
  description:
    "Entries of the audit log that were altered, by the last verification; anything but 0 needs a person at once."
})

/** Checks every stored row against the invariants; what does not hold is logged and counted. */
const auditLedger = Effect.gen(function* () {
  const audit = yield* LedgerAudit
  const violations = yield* audit.violations
  yield* Effect.forEach(violations, (violation) => Effect.logError("invariant violated", violation))
  yield* Metric.update(violationsNow, violations.length)
})

/** Checks every entry of the audit log against its chain, as raw rows. */
const auditLog = Effect.gen(function* () {
  const { findings } = yield* verifyAudit()
  yield* Effect.forEach(findings, (finding) => Effect.logError("the audit log was altered", finding))
  yield* Metric.update(auditFindingsNow, findings.length)
})

/** Rows that one round deletes of each table; there is a next round until there is nothing left. */
const purgedMax = 1000

const purgeUsers = Effect.repeat(Users.purgeExpired(purgedMax), { until: (count) => count < purgedMax })

/** A key signs tokens for so long, and its successor is known to everybody before it signs. */
const keyMillisMax = 30 * 24 * 60 * 60 * 1000
const keyNoticeSeconds = 300

const rotateKeys = Effect.gen(function* () {
  const ring = yield* KeyRing
  const now = yield* Clock.currentTimeMillis
  const newest = (yield* ring.keys).reduce((latest, { signsFrom }) => Math.max(latest, signsFrom), 0)
  if (now - newest > keyMillisMax) yield* ring.rotate(keyNoticeSeconds)
})

/** Signs the head of the ledger's tree, so that an hour is the most that could be taken back unseen. */
const signHead = getTreeHead()

/** The work that no request asks for, for as long as the scope is open. */
export const jobs = Effect.all([
  repeatedly("hold expiry", "1 seconds", expireHolds),
  repeatedly("account resumption", "10 seconds", resumeAccounts()),
  repeatedly("approval resumption", "10 seconds", resumeApprovals()),
  repeatedly("purge of what has expired", "60 seconds", purgeUsers),
  repeatedly("rotation of token keys", "60 minutes", rotateKeys),
  repeatedly("ledger audit", "60 minutes", auditLedger),
  repeatedly("verification of the audit log", "60 minutes", auditLog),
  repeatedly("tree head", "60 minutes", signHead),
  Effect.addFinalizer(() => Effect.catchCause(signHead, (cause) => Effect.logError("last tree head failed", cause)))
])
