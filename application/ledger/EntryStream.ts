import { Effect, Option, Stream } from "effect"
import type { AccountId } from "../../domain/ids/index.ts"
import type { Transaction } from "../../domain/ledger/index.ts"
import type { EntryQuery, LedgerUnavailable } from "../ports/Ledger.ts"

type Entries = ReadonlyArray<Transaction.BookedEntry>

/** Entries that a stream reads ahead of whoever consumes it. */
const pageSize = 200

/**
 * An account's entries after `after` from the pages that `entries` reads, without end. Where there is nothing new it does
 * `wait`, which comes back when there may be: too early costs a read, and what it watches must be watched from before
 * the stream's first read on.
 */
export const entryStream = (
  entries: (query: EntryQuery) => Effect.Effect<Entries, LedgerUnavailable>,
  accountId: AccountId,
  after: number,
  wait: Effect.Effect<void>
): Stream.Stream<Transaction.BookedEntry, LedgerUnavailable> =>
  Stream.paginate(after, (seen: number) =>
    Effect.gen(function* () {
      const page = yield* entries({ accountId, order: "oldest", after: seen, limit: pageSize })
      const last = page.at(-1)
      if (last === undefined) yield* wait
      return [page, Option.some(last?.sequence ?? seen)] as const
    })
  )
