import { Context, type Effect, Schema, type Stream } from "effect"
import { Instant, type LocalDate } from "../../domain/calendar/index.ts"
import { AccountId, type HoldId, type TransactionId } from "../../domain/ids/index.ts"
import {
  Command,
  EntryFilter,
  type Hold,
  type LedgerAccount,
  type Receipt,
  type Rejection,
  Transaction
} from "../../domain/ledger/index.ts"
import { type IdempotencyConflict, IdempotencyKey } from "./Idempotency.ts"
import type { SubmitMany } from "./SubmitMany.ts"

/** A command with the key that makes it safe to send again. */
export const Instruction = Schema.Struct({ key: IdempotencyKey, command: Command.Command })
export type Instruction = typeof Instruction.Type

/** The ledger has as many requests waiting as it takes; nothing was done, try again after a moment. */
export class LedgerOverloaded extends Schema.TaggedError<LedgerOverloaded>()("LedgerOverloaded", {}) {}

/** The ledger cannot be reached or lost its store; whether the request was done is answered by sending it again. */
export class LedgerUnavailable extends Schema.TaggedError<LedgerUnavailable>()("LedgerUnavailable", {
  reason: Schema.String
}) {}

/**
 * Which entries of an account, in which order. `after` is the sequence of the last entry already seen, so pages stay
 * stable while entries are booked; `bookedFrom` is included, `bookedBefore` is not; `limit` is 1 to 1000.
 */
export const EntryQuery = Schema.Struct({
  accountId: AccountId,
  order: Schema.Literals(["newest", "oldest"]),
  after: Schema.optionalKey(Schema.Int),
  bookedFrom: Schema.optionalKey(Instant.Instant),
  bookedBefore: Schema.optionalKey(Instant.Instant),
  limit: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1000 }))
})
export type EntryQuery = typeof EntryQuery.Type

/** Entries that a filtered search looks at in one call, wanted or not. */
export const scannedMax = 20_000

/** As an EntryQuery, for entries that a filter wants. */
export const EntrySearch = Schema.Struct({ ...EntryQuery.fields, ...EntryFilter.EntryFilter.fields })
export type EntrySearch = typeof EntrySearch.Type

/**
 * What a search found: at most `limit` entries. With `next` there may be more: search on with it as `after`. A call looks
 * at a bounded number of entries, so that a page may be short, or empty, and still have a `next`.
 */
export const EntryPage = Schema.Struct({
  entries: Schema.Array(Transaction.BookedEntry),
  next: Schema.optionalKey(Schema.Int)
})
export type EntryPage = typeof EntryPage.Type

export type SubmitError = Rejection.Rejection | IdempotencyConflict | LedgerOverloaded | LedgerUnavailable

/**
 * One ledger. `submit` decides a command exactly once per key and answers after the decision is durable: a retry with
 * the same command gets the first answer, rejections too; another command under the key is an IdempotencyConflict.
 */
export class Ledger extends Context.Service<
  Ledger,
  {
    readonly submit: (instruction: Instruction) => Effect.Effect<Receipt.Receipt, SubmitError>
    readonly submitMany: SubmitMany
    /** The accounts that exist among `ids`, in no particular order. */
    readonly accounts: (
      ids: ReadonlyArray<AccountId>
    ) => Effect.Effect<ReadonlyArray<LedgerAccount.LedgerAccount>, LedgerUnavailable>
    readonly transaction: (
      id: TransactionId
    ) => Effect.Effect<Transaction.Transaction, Rejection.TransactionNotFound | LedgerUnavailable>
    readonly hold: (id: HoldId) => Effect.Effect<Hold.Hold, Rejection.HoldNotFound | LedgerUnavailable>
    readonly entries: (query: EntryQuery) => Effect.Effect<ReadonlyArray<Transaction.BookedEntry>, LedgerUnavailable>
    readonly search: (query: EntrySearch) => Effect.Effect<EntryPage, LedgerUnavailable>
    /**
     * Minor units of what an account's entries with a value date up to `valueDate`, that day included, sum up to, positive
     * on its normal side; zero for an account that the ledger does not know.
     */
    readonly balanceByValueDate: (
      accountId: AccountId,
      valueDate: LocalDate.LocalDate
    ) => Effect.Effect<bigint, LedgerUnavailable>
    /**
     * An account's entries after the sequence `after`, in their order, each once, and then every further one as it is
     * committed, whichever process does: soon by this one, within about a second by another. It never ends by itself, and
     * reads no further ahead than a page.
     */
    readonly follow: (accountId: AccountId, after: number) => Stream.Stream<Transaction.BookedEntry, LedgerUnavailable>
    /** Expires holds whose time has run out, a bounded number a call, and says how many. */
    readonly expireHolds: Effect.Effect<number, LedgerUnavailable>
  }
>()("bank/application/ports/Ledger") {}
