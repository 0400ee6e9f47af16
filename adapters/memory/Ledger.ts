import { Clock, Effect, Equal, Layer, Result, Stream } from "effect"
import { entryPage, entryStream, remaining, type SequenceRange, windowOf } from "../../application/ledger/index.ts"
import { IdempotencyConflict } from "../../application/ports/Idempotency.ts"
import { Ids } from "../../application/ports/Ids.ts"
import {
  type EntryPage,
  type EntryQuery,
  type EntrySearch,
  type Instruction,
  Ledger
} from "../../application/ports/Ledger.ts"
import { Instant, LocalDate } from "../../domain/calendar/index.ts"
import { type AccountId, HoldId, TransactionId, TypedId } from "../../domain/ids/index.ts"
import {
  decideBatch,
  EntryFilter,
  type NewIds,
  type Receipt,
  Rejection,
  type Transaction
} from "../../domain/ledger/index.ts"
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

type Bounds = Pick<EntryQuery, "bookedFrom" | "bookedBefore">

/** The indexes that bounds of the booking time include and exclude. */
const indexesOf = (entries: ReadonlyArray<Transaction.BookedEntry>, { bookedFrom, bookedBefore }: Bounds) => ({
  from: bookedFrom === undefined ? 0 : indexAt(entries, bookedFrom),
  to: bookedBefore === undefined ? entries.length : indexAt(entries, bookedBefore)
})

const page = (
  entries: ReadonlyArray<Transaction.BookedEntry>,
  query: EntryQuery
): ReadonlyArray<Transaction.BookedEntry> => {
  const { order, after, limit } = query
  const { from, to } = indexesOf(entries, query)
  if (order === "oldest") {
    const start = Math.max(from, after ?? 0)
    return entries.slice(start, Math.max(start, Math.min(to, start + limit)))
  }
  // The entry of sequence n is at n − 1, so those before `after` end at after − 1.
  const end = Math.max(from, Math.min(to, (after ?? to + 1) - 1))
  return entries.slice(Math.max(from, end - limit), end).reverse()
}

/** The wanted ones of a range of sequences, at most `limit`, in the search's order. */
const wantedIn = (
  entries: ReadonlyArray<Transaction.BookedEntry>,
  search: EntrySearch,
  { first, last }: SequenceRange,
  accountsOf: (id: TransactionId) => ReadonlyArray<AccountId>
): ReadonlyArray<Transaction.BookedEntry> => {
  const found: Array<Transaction.BookedEntry> = []
  for (let step = 0; step <= last - first && found.length < search.limit; step++) {
    const entry = entries[(search.order === "oldest" ? first + step : last - step) - 1]
    if (entry !== undefined && EntryFilter.isWanted(search, entry, () => accountsOf(entry.transactionId)))
      found.push(entry)
  }
  return found
}

/** Minor units of the entries that count up to a date: each entry's part is its balance less the one before. */
const sumByValueDate = (entries: ReadonlyArray<Transaction.BookedEntry>, valueDate: LocalDate.LocalDate): bigint => {
  let sum = 0n
  let before = 0n
  for (const { balance, valueDate: counts } of entries) {
    if (counts <= valueDate) sum += balance.minor - before
    before = balance.minor
  }
  return sum
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

  const accountsOf = (id: TransactionId): ReadonlyArray<AccountId> =>
    state.transactions.get(id)?.entries.map(({ accountId }) => accountId) ?? []

  const search = (wanted: EntrySearch): EntryPage => {
    const entries = state.entries(wanted.accountId)
    const { from, to } = indexesOf(entries, wanted)
    // The entry of sequence n is at n − 1.
    const range = remaining(wanted, { first: from + 1, last: to })
    return entryPage(wanted, range, wantedIn(entries, wanted, windowOf(wanted.order, range), accountsOf))
  }

  const entries = (query: EntryQuery) => Effect.sync(() => page(state.entries(query.accountId), query))

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
    entries,
    search: (query) => Effect.sync(() => search(query)),
    balanceByValueDate: (accountId, valueDate) =>
      Effect.sync(() => sumByValueDate(state.entries(accountId), valueDate)),
    follow: (accountId, after) =>
      Stream.unwrap(Effect.map(state.bell.listen(accountId), (wait) => entryStream(entries, accountId, after, wait))),
    expireHolds: Effect.map(Clock.currentTimeMillis, expireAt)
  })
})

/** The ledger's port over plain maps. A command is decided in one step, so concurrent submits are decided one by one. */
export const layer: Layer.Layer<Ledger, never, Ids | LedgerState> = Layer.effect(Ledger, make)
