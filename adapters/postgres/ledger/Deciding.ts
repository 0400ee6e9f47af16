/**
 * Decides a batch in memory. Phases: (1) where it needs any of it, one round trip, its queries side by side: which keys
 * are answered already, the holds and transactions that commands name, the accounts that are not in memory, holds that
 * are due; (2) where those name further accounts or transactions, another; (3) decide in order; (4) lay the changes over
 * the copy of the accounts.
 *
 * A key is looked up only where the filter says that it may be stored. No stored key is missed: a key is under way once
 * at a time (`Admission`); one that this session decided was added to the filter when its batch was taken, and the next
 * request with it comes after that batch is durable; one that was stored before the session is in the filter, or the
 * filter is not complete and all are looked up. Where a batch fails its keys stay in the filter, and are looked up.
 *
 * The batches `behind` are decided and not yet seen to be committed, so what they changed goes before what is read. The
 * list is taken before reading: a batch that commits meanwhile is then read or remembered or both, never neither.
 */
import { Effect } from "effect"
import type { Ids } from "../../../application/ports/Ids.ts"
import { Instant, LocalDate } from "../../../domain/calendar/index.ts"
import type { AccountId, HoldId, TransactionId } from "../../../domain/ids/index.ts"
import {
  type Book,
  type Command,
  decideBatch,
  Hold,
  type Occasion,
  Reference,
  type Transaction
} from "../../../domain/ledger/index.ts"
import type { PostgresUnavailable } from "../Failure.ts"
import { holdIdOf, transactionIdOf } from "../Uuid.ts"
import type { AccountCache, Change } from "./AccountCache.ts"
import type { Answer, Request } from "./Admission.ts"
import { type Appended, answersOf } from "./Appended.ts"
import { type Decided, decidedOf } from "./BatchColumns.ts"
import type { KeyFilter } from "./KeyFilter.ts"
import type { Lookup, Reversals } from "./Lookup.ts"
import { replayOf, transactionsIn } from "./Replay.ts"
import type { StoredAnswer } from "./Rows.ts"

/** Due holds that one batch expires before it decides: more than a stop of days leaves; the next batch takes the rest. */
const expiredMax = 100_000

/** A batch as decided: what to write, and what is known of it until it is seen to be committed. */
export interface Batch {
  readonly number: number
  readonly appended: Appended
  /** Requests that were answered before, with those answers. */
  readonly replayed: ReadonlyArray<{ readonly request: Request; readonly answer: Answer }>
  readonly expired: number
  readonly holds: ReadonlyMap<HoldId, Hold.Hold>
  /** When the first of its new holds expires; infinity for never. */
  readonly expiresFirst: number
}

export interface Deciding {
  readonly decide: (
    requests: ReadonlyArray<Request>,
    behind: ReadonlyArray<Batch>,
    millis: number
  ) => Effect.Effect<Batch, PostgresUnavailable>
  /** Is there a hold to expire at this time? */
  readonly isDue: (millis: number) => boolean
}

interface Read {
  readonly answers: ReadonlyMap<string, StoredAnswer>
  readonly holds: ReadonlyMap<HoldId, Hold.Hold>
  readonly transactions: ReadonlyMap<TransactionId, Transaction.Transaction>
  readonly reversals: Reversals
  readonly due: ReadonlyArray<Hold.Hold>
}

const newest = <A>(behind: ReadonlyArray<Batch>, of: (batch: Batch) => A | undefined): A | undefined => {
  for (let index = behind.length - 1; index >= 0; index--) {
    const batch = behind[index]
    const found = batch === undefined ? undefined : of(batch)
    if (found !== undefined) return found
  }
  return undefined
}

const bookOf = (cache: AccountCache, read: Read, behind: ReadonlyArray<Batch>): Book => {
  const posted = (id: TransactionId) =>
    newest(behind, ({ appended }) => appended.transactions.find((transaction) => transaction.id === id))
  return {
    account: cache.get,
    hold: (id) => newest(behind, ({ holds }) => holds.get(id)) ?? read.holds.get(id),
    transaction: (id) => read.transactions.get(id) ?? posted(id),
    reversed: (id) => {
      const amounts = new Map(read.reversals.get(id))
      for (const { appended } of behind)
        for (const { id: reversal, reverses, entries } of appended.transactions)
          if (reverses === id) amounts.set(reversal, entries[0]?.amount.minor ?? 0n)
      return [...amounts.values()].reduce((sum, minor) => sum + minor, 0n)
    }
  }
}

const present = <A>(values: Iterable<A | undefined>): ReadonlySet<A> => {
  const found = new Set<A>()
  for (const value of values) if (value !== undefined) found.add(value)
  return found
}

const none = <K, V>(): Effect.Effect<ReadonlyMap<K, V>> => Effect.succeed(new Map<K, V>())

const sideBySide = { concurrency: "unbounded" } as const

export const deciding = (
  lookup: Lookup,
  keys: KeyFilter,
  cache: AccountCache,
  ids: Ids["Service"],
  start: { readonly lastBooking: number; readonly nextExpiry: number }
): Deciding => {
  let bookedLast = start.lastBooking
  let nextExpiry = start.nextExpiry
  let number = 0

  /** Adds those that are not in memory. */
  const want = (missing: Set<AccountId>, ids: Iterable<AccountId>): void => {
    for (const id of ids) if (cache.get(id) === undefined) missing.add(id)
  }

  const load = (missing: ReadonlySet<AccountId>, batch: number) => {
    if (missing.size === 0) return Effect.void
    return Effect.map(lookup.stored(missing), (accounts) => {
      for (const account of accounts) cache.load(account, batch)
    })
  }

  const readDue = Effect.fnUntraced(function* (now: Instant.Instant, behind: ReadonlyArray<Batch>) {
    if (nextExpiry > now) return []
    const [due, next] = yield* Effect.all([lookup.due(now, expiredMax), lookup.nextExpiry(now)], sideBySide)
    const uncommitted = behind.map(({ expiresFirst }) => expiresFirst)
    nextExpiry = due.length === expiredMax ? now : Math.min(next, ...uncommitted)
    return due.map((hold) => newest(behind, ({ holds }) => holds.get(hold.id)) ?? hold)
  })

  const read = Effect.fnUntraced(function* (
    requests: ReadonlyArray<Request>,
    behind: ReadonlyArray<Batch>,
    now: Instant.Instant,
    batch: number
  ) {
    const commands = Reference.singles(requests.map(({ first }) => first.command))
    const holdIds = present(commands.map(Reference.holdOf))
    const originals = present(commands.map(Reference.transactionOf))
    const missing = new Set<AccountId>()
    for (const command of commands) want(missing, Reference.accountsOf(command))
    const asked: Array<string> = []
    for (const { keyDigest } of requests) if (keys.add(keyDigest)) asked.push(keyDigest)
    const [answers, holds, reversals, originalsRead, due] = yield* Effect.all(
      [
        asked.length === 0 ? none<string, StoredAnswer>() : lookup.answers(asked),
        holdIds.size === 0 ? none<HoldId, Hold.Hold>() : lookup.holds(holdIds),
        originals.size === 0 ? none<TransactionId, ReadonlyMap<TransactionId, bigint>>() : lookup.reversals(originals),
        originals.size === 0 ? none<TransactionId, Transaction.Transaction>() : lookup.transactions(originals),
        readDue(now, behind),
        load(missing, batch)
      ],
      sideBySide
    )
    const answered = transactionsIn(answers)
    const replayed = answered.size === 0 ? [] : yield* lookup.transactions(answered)
    return { answers, holds, reversals, due, transactions: new Map([...originalsRead, ...replayed]) }
  })

  const decide = Effect.fnUntraced(function* (
    requests: ReadonlyArray<Request>,
    behind: ReadonlyArray<Batch>,
    millis: number
  ) {
    const batch = ++number
    bookedLast = Math.max(bookedLast, millis)
    const now = Instant.fromMillis(bookedLast)
    const found = yield* read(requests, behind, now, batch)
    const fresh: Array<Request> = []
    const replayed: Array<{ request: Request; answer: Answer }> = []
    for (const request of requests) {
      const answer = found.answers.get(request.keyDigest)
      if (answer === undefined) fresh.push(request)
      else replayed.push({ request, answer: replayOf(request, answer, found.transactions) })
    }
    const book = bookOf(cache, found, behind)
    const further = new Set<AccountId>()
    for (const hold of found.due) want(further, [hold.debitAccountId, hold.creditAccountId])
    const follow = (command: Command.Single): void => {
      const holdId = Reference.holdOf(command)
      const original = Reference.transactionOf(command)
      if (holdId === undefined && original === undefined) return
      const hold = holdId === undefined ? undefined : book.hold(holdId)
      const transaction = original === undefined ? undefined : book.transaction(original)
      want(further, Reference.accountsOf(command, hold, transaction))
    }
    for (const { first } of fresh) {
      if (first.command._tag === "Linked") first.command.commands.forEach(follow)
      else follow(first.command)
    }
    if (further.size > 0) yield* load(further, batch)
    return decideIn(book, fresh, replayed, found.due, now, batch)
  })

  const decideIn = (
    book: Book,
    fresh: ReadonlyArray<Request>,
    replayed: Batch["replayed"],
    due: ReadonlyArray<Hold.Hold>,
    now: Instant.Instant,
    batch: number
  ): Batch => {
    const businessDate = LocalDate.fromInstant(now)
    // Only an authorization makes a hold, and it makes no transaction: what is not made shares an id that nothing gets.
    const unused = ids.next(now)
    const common = { now, businessDate, transactionId: transactionIdOf(unused), holdId: holdIdOf(unused) }
    const occasionOf = (command: Command.Single): Occasion => {
      const bytes = ids.next(now)
      if (command._tag === "Authorize") return { ...common, holdId: holdIdOf(bytes) }
      return { now, businessDate, transactionId: transactionIdOf(bytes), holdId: common.holdId }
    }
    const commands = fresh.map(({ first: { command } }) => ({
      command,
      occasion:
        command._tag === "Linked" ? { ...common, linked: command.commands.map(occasionOf) } : occasionOf(command)
    }))
    const { outcomes, draft } = decideBatch(book, due, commands, now)
    const changed = draft.changed()
    const decided: Array<Decided> = []
    for (const [index, outcome] of outcomes.entries()) {
      const request = fresh[index]
      if (request !== undefined) decided.push(decidedOf(request, outcome))
    }
    const holds = new Map<HoldId, Hold.Hold>()
    const dueIds = new Set(due.map(({ id }) => id))
    let expiresFirst = Number.POSITIVE_INFINITY
    const newHolds: Array<Hold.Hold> = []
    const changedHolds: Array<Hold.Hold> = []
    for (const hold of changed.holds) {
      holds.set(hold.id, hold)
      if (book.hold(hold.id) === undefined && !dueIds.has(hold.id)) newHolds.push(hold)
      else changedHolds.push(hold)
      if (hold.status === "authorized") expiresFirst = Math.min(expiresFirst, hold.expiresAt ?? expiresFirst)
    }
    nextExpiry = Math.min(nextExpiry, expiresFirst)
    const accounts: Array<Change> = []
    for (const account of changed.accounts) {
      const change = cache.change(account, batch)
      if (change !== undefined) accounts.push(change)
    }
    const transactions = Array.from(changed.transactions)
    return {
      number: batch,
      appended: {
        bookedAt: now,
        decided,
        answers: answersOf(decided, transactions),
        transactions,
        accounts,
        newHolds,
        changedHolds
      },
      replayed,
      expired: due.filter((hold) => Hold.isDue(hold, now)).length,
      holds,
      expiresFirst
    }
  }

  return { decide, isDue: (millis) => nextExpiry <= Math.max(bookedLast, millis) }
}
