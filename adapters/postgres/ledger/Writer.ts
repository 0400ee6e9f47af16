/**
 * The one writer of a ledger, as a loop over its session.
 *
 * Phases of a batch: take what waits; decide (`Deciding`, at most three round trips); send (`Append`, one round trip);
 * answer when it is durable. While a batch is on its way the next one is taken and decided, at most `depthMax` batches
 * deep. Locks: the ledger's row, from the fence to the end of each batch.
 *
 * When a batch or a read fails, all that has no answer is settled: the connections are closed, the ledger is taken over
 * again (so that nothing of the old epoch can commit later), and the keys are looked up: what is stored is answered,
 * what is not was not done. A writer that another has taken over from stops for good.
 */
import { randomUUID } from "node:crypto"
import { Cause, Clock, Effect, Exit, Latch, Result } from "effect"
import type { EntryBell } from "../../../application/ledger/index.ts"
import { Ids } from "../../../application/ports/Ids.ts"
import { LedgerUnavailable } from "../../../application/ports/Ledger.ts"
import { reasonOf, sqlStateOf } from "../Failure.ts"
import { Postgres } from "../Postgres.ts"
import { type Admission, admission, type Request } from "./Admission.ts"
import type { Batch } from "./Deciding.ts"
import type { LedgerOptions } from "./Options.ts"
import { replayOf, transactionsIn } from "./Replay.ts"
import { LedgerFenced, openSession, type Session } from "./Session.ts"

/** Batches on their way at once. */
const depthMax = 2

/** Requests that wait before a batch is sent behind another: for fewer it costs more than it saves. */
const behindMin = 16

/** Waits between attempts to reach the database again, in milliseconds: doubled from the first to the last. */
const retryFirstMs = 50
const retryLastMs = 5000

/** Attempts after which requests no longer wait for the database to come back. */
const patientAttempts = 6

type Sweep = (expired: Result.Result<number, LedgerUnavailable>) => void

/** What one batch answers. */
interface Work {
  readonly requests: ReadonlyArray<Request>
  readonly sweeps: ReadonlyArray<Sweep>
}

/** A batch that was sent and is not known to be durable. */
interface Flight extends Work {
  readonly batch: Batch
}

export interface Writer {
  /** The ledger's number. */
  readonly ledger: number
  readonly submit: Admission["submit"]
  readonly submitMany: Admission["submitMany"]
  /** Expires the holds that are due, a bounded number, and says how many. */
  readonly expireHolds: Effect.Effect<number, LedgerUnavailable>
}

const nothing: Work = { requests: [], sweeps: [] }

const closingReason = "the ledger is closing"

const unavailable = (reason: string) => Result.fail(new LedgerUnavailable({ reason }))

const isFenced = (cause: unknown): boolean => cause instanceof LedgerFenced || sqlStateOf(cause) === "GB001"

/**
 * Takes the ledger over and writes it until the scope closes, which waits for the answers to all it accepted. It rings
 * for the accounts of what it committed.
 */
export const writer = Effect.fnUntraced(function* (options: LedgerOptions, bell: EntryBell) {
  const postgres = yield* Postgres
  const ids = yield* Ids
  const identity = randomUUID()
  const wake = Latch.makeUnsafe(false)
  const drained = Latch.makeUnsafe(false)
  const requests = admission(options.requestsMax, options.answersKeptMax, () => void wake.openUnsafe())

  const first = yield* openSession(postgres, ids, options, { writer: identity, again: false })
  const { ledger } = first
  let session: Session | undefined = first
  let flights: ReadonlyArray<Flight> = []
  let taken: Work | undefined
  let sweeps: Array<Sweep> = []
  let failure: { readonly cause: unknown } | undefined
  let refusal: LedgerUnavailable | undefined
  let closing = false

  const fail = (cause: unknown): void => {
    failure ??= { cause }
    wake.openUnsafe()
  }

  const refuse = (reason: string | undefined): void => {
    refusal = reason === undefined ? undefined : new LedgerUnavailable({ reason })
    requests.refuse(refusal)
  }

  const committed = (flight: Flight): void => {
    flights = flights.filter((each) => each !== flight)
    if (bell.isHeard())
      for (const { entries } of flight.batch.appended.transactions)
        for (const { accountId } of entries) bell.ring(accountId)
    for (const { request, outcome } of flight.batch.appended.decided) requests.finish(request, outcome)
    for (const sweep of flight.sweeps) sweep(Result.succeed(flight.batch.expired))
    wake.openUnsafe()
  }

  const abandon = ({ requests: lost, sweeps: unswept }: Work, reason: string): void => {
    const answer = unavailable(reason)
    for (const request of lost) requests.finish(request, answer)
    for (const sweep of unswept) sweep(answer)
  }

  /** All that waits or, where nothing is on its way, half of it: the other half is decided while the first is written. */
  const takeWork = (): Work => {
    const waiting = requests.waiting()
    const isHalved = flights.length === 0 && waiting >= 2 * behindMin
    const count = Math.min(options.batchMax, isHalved ? Math.ceil(waiting / 2) : waiting)
    const work = { requests: requests.take(count), sweeps }
    sweeps = []
    return work
  }

  /** All that was taken and has no answer. */
  const takeLost = (): Work => {
    const works = taken === undefined ? flights : [...flights, taken]
    flights = []
    taken = undefined
    return {
      requests: works.flatMap((work) => work.requests),
      sweeps: works.flatMap((work) => work.sweeps)
    }
  }

  const isReady = (): boolean => {
    const waiting = requests.waiting()
    if (waiting === 0 && sweeps.length === 0) return false
    const [ahead] = flights
    // A batch behind another is worth its own cost when it is neither small nor smaller.
    return (
      ahead === undefined ||
      (flights.length < depthMax && waiting >= Math.min(options.batchMax, Math.max(behindMin, ahead.requests.length)))
    )
  }

  const writeNext = Effect.fnUntraced(function* (current: Session) {
    const millis = yield* Clock.currentTimeMillis
    const work = takeWork()
    taken = work
    const behind = flights.map(({ batch }) => batch)
    current.cache.evict(options.accountsCachedMax, (behind[0]?.number ?? Number.POSITIVE_INFINITY) - 1)
    const batch = yield* current.deciding.decide(work.requests, behind, millis)
    for (const { request, answer } of batch.replayed) requests.finish(request, answer)
    const flight: Flight = {
      batch,
      requests: batch.appended.decided.map(({ request }) => request),
      sweeps: work.sweeps
    }
    taken = undefined
    if (flight.requests.length === 0 && batch.holds.size === 0) return committed(flight)
    flights = [...flights, flight]
    // Sent at once, so that batches go in the order in which they were decided; a child, for a closing scope takes none.
    yield* Effect.forkChild(
      Effect.matchCause(current.write(batch.appended), {
        onSuccess: () => {
          if (flights.includes(flight)) committed(flight)
        },
        onFailure: (cause) => {
          if (flights.includes(flight)) fail(Cause.squash(cause))
        }
      }),
      { startImmediately: true }
    )
  })

  /** Answers requests of an earlier epoch by what is stored: nothing of that epoch can be stored any more. */
  const settle = Effect.fnUntraced(function* (current: Session, lost: Work) {
    const answers = yield* current.lookup.answers(lost.requests.map(({ keyDigest }) => keyDigest))
    const transactions = yield* current.lookup.transactions(transactionsIn(answers))
    const undone = unavailable("the store was lost before the request was committed")
    const settled = lost.requests.map((request) => {
      const stored = answers.get(request.keyDigest)
      return { request, answer: stored === undefined ? undone : replayOf(request, stored, transactions) }
    })
    for (const { request, answer } of settled) requests.finish(request, answer)
    for (const sweep of lost.sweeps) sweep(undone)
  })

  const abandonAll = (lost: Work, reason: string): void => {
    refuse(reason)
    abandon(lost, reason)
    while (requests.waiting() > 0 || sweeps.length > 0) abandon(takeWork(), reason)
  }

  const reopen = Effect.fnUntraced(function* (lost: Work) {
    const next = yield* openSession(postgres, ids, options, { writer: identity, again: true })
    yield* Effect.onError(settle(next, lost), () => next.close)
    return next
  })

  /** Comes back only with a session, or when another writer has the ledger. */
  const recover = Effect.fnUntraced(function* (broken: Session, cause: unknown) {
    yield* Effect.logWarning("the ledger's writer lost its store", { reason: reasonOf(cause) })
    session = undefined
    yield* broken.close
    let lost = takeLost()
    let reason = cause
    for (let attempt = 1; !isFenced(reason); attempt++) {
      const outcome = yield* Effect.exit(reopen(lost))
      if (Exit.isSuccess(outcome)) {
        session = outcome.value
        failure = undefined
        return refuse(closing ? closingReason : undefined)
      }
      if (Cause.hasInterrupts(outcome.cause)) return yield* Effect.interrupt
      reason = Cause.squash(outcome.cause)
      if (attempt >= patientAttempts) {
        abandonAll(lost, reasonOf(reason))
        lost = nothing
      }
      yield* Effect.sleep(Math.min(retryLastMs, retryFirstMs * 2 ** Math.min(attempt - 1, 16)))
    }
    failure = undefined
    abandonAll(lost, "another writer has taken over the ledger")
  })

  const step = Effect.suspend((): Effect.Effect<void> => {
    const current = session
    if (current !== undefined && failure !== undefined) return recover(current, failure.cause)
    if (current !== undefined && isReady())
      return Effect.catchCause(writeNext(current), (cause) =>
        Cause.hasInterrupts(cause) ? Effect.interrupt : Effect.sync(() => fail(Cause.squash(cause)))
      )
    if (closing && requests.unfinished() === 0) drained.openUnsafe()
    wake.closeUnsafe()
    return wake.await
  })

  yield* Effect.addFinalizer(() => Effect.suspend(() => session?.close ?? Effect.void))
  yield* Effect.forkScoped(Effect.forever(step))
  yield* Effect.addFinalizer(() =>
    Effect.suspend(() => {
      closing = true
      if (refusal === undefined) refuse(closingReason)
      wake.openUnsafe()
      return drained.await
    }).pipe(
      Effect.timeoutOption(options.closeTimeoutMs),
      Effect.andThen(Effect.sync(() => abandonAll(takeLost(), closingReason)))
    )
  )

  const result: Writer = {
    ledger,
    submit: requests.submit,
    submitMany: requests.submitMany,
    expireHolds: Effect.callback<number, LedgerUnavailable>((resume) => {
      if (refusal !== undefined) return resume(Effect.fail(refusal))
      sweeps.push((expired) => resume(Effect.fromResult(expired)))
      wake.openUnsafe()
    })
  }
  return result
})
