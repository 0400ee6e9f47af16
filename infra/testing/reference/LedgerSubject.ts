import { Clock, Effect, type Layer } from "effect"
import { Ledger, type SubmitError } from "../../../application/ports/Ledger.ts"
import { LedgerAudit } from "../../../application/ports/LedgerAudit.ts"
import type { AccountId, HoldId, TransactionId } from "../../../domain/ids/index.ts"
import type { Command, NewIds, Receipt, Transaction } from "../../../domain/ledger/index.ts"
import { canonical } from "./canonical.ts"
import type { Answer } from "./Model.ts"
import { type Contents, type Observation, type Subject, stateOf } from "./Observation.ts"
import { accountId, type Step } from "./Step.ts"

/** Entries read at a time; small enough that long histories take several pages. */
const pageLimit = 250

/** Calls of the sweeper after which there is no hold left to expire, or the sweeper does not come to an end. */
const sweepsMax = 10_000

/** A clock that shows the time of the step at hand; sleeping takes as long as it does. */
const steppedClock = (real: Clock.Clock, now: { millis: number }): Clock.Clock => ({
  currentTimeMillisUnsafe: () => now.millis,
  currentTimeMillis: Effect.sync(() => now.millis),
  currentTimeNanosUnsafe: () => BigInt(now.millis) * 1_000_000n,
  currentTimeNanos: Effect.sync(() => BigInt(now.millis) * 1_000_000n),
  monotonicTimeNanosUnsafe: () => real.monotonicTimeNanosUnsafe(),
  monotonicTimeNanos: real.monotonicTimeNanos,
  sleep: (duration) => real.sleep(duration)
})

/** The ids that a ledger chose, for those that the steps foresee, and back. */
class Names {
  readonly transactions = new Map<TransactionId, TransactionId>()
  readonly holds = new Map<HoldId, HoldId>()
  readonly #foreseen = new Map<string, string>()

  /** Learns what the answer to a step made. An answer given again teaches nothing new. */
  learn({ occasion }: Step, receipt: Receipt.Receipt): void {
    if (receipt._tag !== "LinkedApplied") this.#learn(occasion, receipt)
    else for (const [index, each] of receipt.receipts.entries()) this.#learn(occasion.linked?.[index] ?? occasion, each)
  }

  #learn(made: NewIds, receipt: Exclude<Receipt.Receipt, Receipt.LinkedApplied>): void {
    const transaction = receipt._tag === "HoldChanged" ? undefined : receipt.transaction
    if (transaction !== undefined && !this.#foreseen.has(transaction.id)) {
      this.transactions.set(made.transactionId, transaction.id)
      this.#foreseen.set(transaction.id, made.transactionId)
    }
    if (receipt._tag === "HoldChanged" && !this.#foreseen.has(receipt.hold.id)) {
      this.holds.set(made.holdId, receipt.hold.id)
      this.#foreseen.set(receipt.hold.id, made.holdId)
    }
  }

  /** The command with the ids that the ledger chose. */
  chosen(command: Command.Command): Command.Command {
    return command._tag === "Linked"
      ? { ...command, commands: command.commands.map((each) => this.#chosen(each)) }
      : this.#chosen(command)
  }

  #chosen<C extends Command.Single>(command: C): C {
    switch (command._tag) {
      case "Capture":
      case "Release":
        return { ...command, holdId: this.holds.get(command.holdId) ?? command.holdId }
      case "Reverse":
        return { ...command, transactionId: this.transactions.get(command.transactionId) ?? command.transactionId }
      default:
        return command
    }
  }

  /** The text with the ids that the steps foresee. */
  readonly foreseen = (text: string): string =>
    text.replace(/(?:txn|hold)_[0-9a-z]{26}/gu, (id) => this.#foreseen.get(id) ?? id)
}

const referencesOf = (command: Command.Command): ReadonlyArray<string> => {
  if (command._tag === "Linked") return command.commands.flatMap(referencesOf)
  if ("holdId" in command) return [command.holdId]
  return command._tag === "Reverse" ? [command.transactionId] : []
}

/** Splits steps where the time changes, and where one names what an earlier one makes: its id must be known first. */
const flightsOf = (steps: ReadonlyArray<Step>): ReadonlyArray<ReadonlyArray<Step>> => {
  const flights: Array<Array<Step>> = []
  let flight: Array<Step> = []
  let made = new Set<string>()
  for (const step of steps) {
    if (flight[0]?.batch !== step.batch || referencesOf(step.command).some((id) => made.has(id))) {
      flight = []
      made = new Set()
      flights.push(flight)
    }
    flight.push(step)
    for (const ids of [step.occasion, ...(step.occasion.linked ?? [])]) made.add(ids.transactionId).add(ids.holdId)
  }
  return flights
}

const answerOf = (error: SubmitError): Effect.Effect<Answer> => {
  switch (error._tag) {
    case "IdempotencyConflict":
      return Effect.succeed("conflict")
    case "LedgerOverloaded":
    case "LedgerUnavailable":
      return Effect.die(error)
    default:
      return Effect.succeed(error)
  }
}

const historyOf = Effect.fnUntraced(function* (id: AccountId, order: "oldest" | "newest") {
  const ledger = yield* Ledger
  const all: Array<Transaction.BookedEntry> = []
  for (;;) {
    const last = all.at(-1)?.sequence
    const after = last === undefined ? {} : { after: last }
    const page = yield* ledger.entries({ accountId: id, order, limit: pageLimit, ...after })
    all.push(...page)
    if (page.length < pageLimit) return order === "oldest" ? all : all.reverse()
  }
})

const contentsOf = Effect.fnUntraced(function* (steps: ReadonlyArray<Step>, names: Names) {
  const ledger = yield* Ledger
  const ids = new Set<AccountId>([accountId(1_000_000)])
  for (const { command } of steps) if (command._tag === "OpenAccount") ids.add(command.accountId)
  const accounts = yield* ledger.accounts([...ids])
  const oldest = yield* Effect.forEach(accounts, ({ id }) =>
    Effect.map(historyOf(id, "oldest"), (all) => [id, all] as const)
  )
  const newest = yield* Effect.forEach(accounts, ({ id }) => historyOf(id, "newest"))
  if (canonical(oldest.map(([, all]) => all)) !== canonical(newest))
    return yield* Effect.die("newest is not oldest reversed")
  const contents: Contents = {
    accounts,
    entries: oldest,
    transactions: yield* Effect.forEach(names.transactions.values(), ledger.transaction),
    holds: yield* Effect.forEach(names.holds.values(), ledger.hold)
  }
  return contents
})

const observe = Effect.fnUntraced(function* (steps: ReadonlyArray<Step>, now: { millis: number }) {
  const ledger = yield* Ledger
  const audit = yield* LedgerAudit
  const names = new Names()
  const answers: Array<string> = []
  for (const flight of flightsOf(steps)) {
    now.millis = flight[0]?.occasion.now ?? now.millis
    const given = yield* Effect.forEach(
      flight,
      ({ key, command }) => Effect.catch(ledger.submit({ key, command: names.chosen(command) }), answerOf),
      { concurrency: "unbounded" }
    )
    for (const [index, step] of flight.entries()) {
      const answer = given[index]
      if (typeof answer === "object" && !(answer instanceof Error)) names.learn(step, answer)
      answers.push(canonical(answer))
    }
  }
  let expired = 1
  for (let sweep = 0; sweep < sweepsMax && expired > 0; sweep++) expired = yield* ledger.expireHolds
  const state = stateOf(yield* contentsOf(steps, names), names.foreseen)
  const violations = yield* audit.violations
  if (violations.length > 0) state.set("violations", canonical(violations))
  const observation: Observation = { answers: answers.map(names.foreseen), state }
  return observation
})

/**
 * Any ledger behind its port, a new one for each run. Steps of one batch are sent at once and must be
 * decided in that order; the ids that the ledger chooses are read from its answers.
 */
export const ledgerSubject =
  <E>(newLedger: () => Layer.Layer<Ledger | LedgerAudit, E>): Subject =>
  (steps) => {
    const now = { millis: steps[0]?.occasion.now ?? 0 }
    return Effect.runPromise(
      Effect.gen(function* () {
        const clock = steppedClock(yield* Clock.Clock, now)
        return yield* Effect.provideService(Effect.provide(observe(steps, now), newLedger()), Clock.Clock, clock)
      })
    )
  }
