import { Clock, Effect, Equal, Layer, Result } from "effect"
import { IdempotencyConflict } from "../../application/ports/Idempotency.ts"
import { Ids } from "../../application/ports/Ids.ts"
import { type EntryQuery, type Instruction, Ledger } from "../../application/ports/Ledger.ts"
import { Instant, LocalDate } from "../../domain/calendar/index.ts"
import { HoldId, TransactionId, TypedId } from "../../domain/ids/index.ts"
import { decideBatch, type NewIds, type Receipt, Rejection, type Transaction } from "../../domain/ledger/index.ts"
import { LedgerState } from "./LedgerState.ts"

/** The most holds that one call of `expireHolds` ends. */
const expiredMax = 1000

/** The first index whose entry is booked at `instant` or later; entries are in booking order. */
const indexAt = (entries: ReadonlyArray<Transaction.BookedEntry>, instant: Instant.Instant): number => {
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const entry = entries[middle]
    if (entry !== undefined && entry.bookedAt < instant) low = middle + 1
    else high = middle
  }
  return low
}

const page = (
  entries: ReadonlyArray<Transaction.BookedEntry>,
  { order, after, bookedFrom, bookedBefore, limit }: EntryQuery
): ReadonlyArray<Transaction.BookedEntry> => {
  const from = bookedFrom === undefined ? 0 : indexAt(entries, bookedFrom)
  const to = bookedBefore === undefined ? entries.length : indexAt(entries, bookedBefore)
  if (order === "oldest") {
    const start = Math.max(from, after ?? 0)
    return entries.slice(start, Math.max(start, Math.min(to, start + limit)))
  }
  // The entry of sequence n is at n − 1, so those before `after` end at after − 1.
  const end = Math.max(from, Math.min(to, (after ?? to + 1) - 1))
  return entries.slice(Math.max(from, end - limit), end).reverse()
}

const present = <A, E>(value: A | undefined, missing: () => E): Effect.Effect<A, E> =>
  value === undefined ? Effect.fail(missing()) : Effect.succeed(value)

const make = Effect.gen(function* () {
  const state = yield* LedgerState
  const ids = yield* Ids

  const submitAt = (
    { key, command }: Instruction,
    millis: number
  ): Result.Result<Receipt.Receipt, Rejection.Rejection | IdempotencyConflict> => {
    const answered = state.answers.get(key)
    if (answered !== undefined)
      return Equal.equals(answered.command, command) ? answered.outcome : Result.fail(new IdempotencyConflict({ key }))
    const now = state.bookingTime(Instant.fromMillis(millis))
    const newIds = (): NewIds => ({
      transactionId: TransactionId.make(TypedId.fromBytes("txn", ids.next(now))),
      holdId: HoldId.make(TypedId.fromBytes("hold", ids.next(now)))
    })
    const occasion = {
      now,
      businessDate: LocalDate.fromInstant(now),
      ...newIds(),
      ...(command._tag === "Linked" ? { linked: command.commands.map(newIds) } : {})
    }
    const due = state.due(now, Number.POSITIVE_INFINITY)
    const { outcomes, draft } = decideBatch(state.book, due, [{ command, occasion }], now)
    const [outcome] = outcomes
    if (outcome === undefined) throw new Error("a batch of one has one outcome")
    state.commit(draft)
    state.answers.set(key, { command, outcome })
    return outcome
  }

  const expireAt = (millis: number): number => {
    const now = state.bookingTime(Instant.fromMillis(millis))
    const due = state.due(now, expiredMax)
    state.commit(decideBatch(state.book, due, [], now).draft)
    return due.length
  }

  return Ledger.of({
    submit: Effect.fn("Ledger.submit")((instruction) =>
      Effect.flatMap(Clock.currentTimeMillis, (millis) => Effect.fromResult(submitAt(instruction, millis)))
    ),
    submitMany: (instructions) =>
      Effect.map(Clock.currentTimeMillis, (millis) => instructions.map((each) => submitAt(each, millis))),
    accounts: (wanted) =>
      Effect.sync(() =>
        [...new Set(wanted)].flatMap((id) => {
          const account = state.accounts.get(id)
          return account === undefined ? [] : [account]
        })
      ),
    transaction: (transactionId) =>
      Effect.suspend(() =>
        present(state.transactions.get(transactionId), () => new Rejection.TransactionNotFound({ transactionId }))
      ),
    hold: (holdId) =>
      Effect.suspend(() => present(state.holds.get(holdId), () => new Rejection.HoldNotFound({ holdId }))),
    entries: (query) => Effect.sync(() => page(state.entries(query.accountId), query)),
    expireHolds: Effect.map(Clock.currentTimeMillis, expireAt)
  })
})

/** The ledger's port over plain maps. A command is decided in one step, so concurrent submits are decided one by one. */
export const layer: Layer.Layer<Ledger, never, Ids | LedgerState> = Layer.effect(Ledger, make)
