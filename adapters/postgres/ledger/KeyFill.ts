/**
 * The filter of a session's keys, and the keys that were stored before the session: they are read in the background while
 * the session works, by pages of the transactions and then of the answers in the order of their primary keys, one round
 * trip each. A page takes some milliseconds of the server, and one or two of the thread that decides batches.
 *
 * What is committed meanwhile is of this session, which adds its keys itself: those may be read or not. Each table is read
 * to its end, which new rows push away far more slowly than pages come near.
 */
import { Cause, Effect, type Scope } from "effect"
import { reasonOf } from "../Failure.ts"
import type { Pool } from "../Postgres.ts"
import { digestDigits, type KeyFilter, keyFilter } from "./KeyFilter.ts"
import { type KeyPage, keyTables, type Lookup, lookup } from "./Lookup.ts"

/** Keys of one page. */
const pageMax = 5000

const firstPlace = "00000000-0000-0000-0000-000000000000"

const fill = Effect.fnUntraced(function* (reads: Pick<Lookup, "keys">, filter: KeyFilter) {
  for (const table of keyTables) {
    let after: string | undefined = firstPlace
    while (after !== undefined) {
      const page: KeyPage = yield* reads.keys(table, after, pageMax)
      for (let at = 0; at < page.digests.length; at += digestDigits) filter.add(page.digests, at)
      after = page.last
    }
  }
  filter.complete()
})

/** What a ledger has stored when it is taken over. */
interface Stored {
  readonly isEmpty: boolean
  readonly transactions: number
}

/**
 * The filter of a session that has just taken over the ledger with this number. `pool` is opened only where there are keys
 * to read, and closed with the last of them or with the scope. Where that fails the filter is never complete, so every
 * key is looked up: a line of the log, and no failure of the session.
 */
export const sessionKeys = Effect.fnUntraced(function* (
  pool: Effect.Effect<Pool, never, Scope.Scope>,
  ledger: number,
  { isEmpty, transactions }: Stored,
  keysMax: number
) {
  const hasRoom = transactions <= keysMax
  const filter = keyFilter(hasRoom ? keysMax : 0)
  if (isEmpty) filter.complete()
  else if (hasRoom)
    yield* Effect.flatMap(pool, (opened) => fill(lookup(opened, ledger), filter)).pipe(
      Effect.scoped,
      Effect.catchCause((cause) =>
        Cause.hasInterrupts(cause)
          ? Effect.interrupt
          : Effect.logWarning("the ledger's stored keys could not be read", { reason: reasonOf(Cause.squash(cause)) })
      ),
      Effect.forkScoped
    )
  return filter
})
