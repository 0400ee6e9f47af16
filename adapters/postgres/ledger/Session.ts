/**
 * One epoch of a ledger's writer: its two connections, what it read when it took over, and its copy of accounts.
 *
 * Phases of opening, in this order and each a round trip: (1) take over; (2) the last booking time and the next expiry;
 * (3) where the journal stands, which is kept if it was not, and the journal of what was booked before there was one.
 * After that one connection only writes batches, each a script of its own, and the other only reads for the next. A third
 * reads the keys that are stored already, if there are any, and is closed when it has them.
 */
import { Effect, Exit, Schema, Scope } from "effect"
import type { Ids } from "../../../application/ports/Ids.ts"
import { Instant } from "../../../domain/calendar/index.ts"
import type { PostgresUnavailable } from "../Failure.ts"
import type { Pool, Postgres } from "../Postgres.ts"
import { type AccountCache, accountCache } from "./AccountCache.ts"
import { append, prepareAppend } from "./Append.ts"
import type { Appended } from "./Appended.ts"
import { type Deciding, deciding } from "./Deciding.ts"
import { keepEnd, takeOver, takeOverAgain } from "./Epoch.ts"
import { journaled } from "./Journal.ts"
import { catchUp } from "./JournalCatchUp.ts"
import { journalEnd } from "./JournalReader.ts"
import { sessionKeys } from "./KeyFill.ts"
import { type Lookup, lookup } from "./Lookup.ts"
import type { LedgerOptions } from "./Options.ts"

/** Another writer has taken the ledger over; this one must not write any more. */
export class LedgerFenced extends Schema.TaggedError<LedgerFenced>()("LedgerFenced", {}) {}

export interface Session {
  /** The ledger's number. */
  readonly ledger: number
  readonly cache: AccountCache
  readonly deciding: Deciding
  readonly lookup: Lookup
  /** Writes the next batch, behind those sent before; succeeds when it is durable. To be run once, at once. */
  readonly write: (batch: Appended) => Effect.Effect<unknown, PostgresUnavailable>
  /** Closes the connections without waiting for what was sent. */
  readonly close: Effect.Effect<void>
}

export const ledgerRole = "bank_ledger"

// Each statement of the writer finds rows by key. A plan made while a table was small would scan it when it is large,
// and planning again for each batch costs more than a small batch itself.
const settings = {
  plan_cache_mode: "force_generic_plan",
  enable_seqscan: "off",
  enable_hashjoin: "off",
  enable_mergejoin: "off",
  enable_bitmapscan: "off",
  enable_material: "off",
  enable_memoize: "off",
  jit: "off",
  standard_conforming_strings: "on"
} as const

// The writer closes a session that has nothing under way or has failed. Where a batch of a failed one still runs in the
// server, the next takeover waits for it or fences it.
const connection = { role: ledgerRole, settings } as const

const single = { ...connection, connectionsMax: 1, endTimeoutMs: 0 } as const

interface Who {
  readonly writer: string
  /** Whether this writer had the ledger before, and may have it only if it still has. */
  readonly again: boolean
}

const claim = Effect.fnUntraced(function* (pool: Pool, options: LedgerOptions, { writer, again }: Who) {
  if (!again) return yield* takeOver(pool, options.ledgerId, writer)
  const epoch = yield* takeOverAgain(pool, options.ledgerId, writer)
  return epoch ?? (yield* Effect.fail(new LedgerFenced({})))
})

const opened = Effect.fnUntraced(function* (
  postgres: Postgres["Service"],
  ids: Ids["Service"],
  options: LedgerOptions,
  who: Who
) {
  const writing = yield* postgres.channel({ ...connection, name: "ledger writer" })
  const reading = yield* postgres.pool({ ...single, name: "ledger lookup" })
  const epoch = yield* claim(reading, options, who)
  const { ledger } = epoch
  const reads = lookup(reading, ledger)
  const [last, nextExpiry] = yield* Effect.all([reads.last, reads.nextExpiry(Instant.fromMillis(Instant.millisMin))])
  const cache = accountCache(options.accountsPackedMax, options.snapshotEntriesMax)
  yield* writing.script(prepareAppend(ledger))
  const { isKept, ...journal } = yield* journalEnd(reading, ledger, options.ledgerId)
  if (!isKept) yield* keepEnd(reading, epoch, journal)
  let end = yield* catchUp(writing, reading, reads, epoch, journal, last.number + 1)
  const stored = { isEmpty: end.number === 0, transactions: last.number + 1 }
  const keysPool = postgres.pool({ ...single, name: "ledger keys" })
  const keys = yield* sessionKeys(keysPool, ledger, stored, options.keysFilteredMax)
  return {
    ledger,
    cache,
    lookup: reads,
    deciding: deciding(reads, keys, cache, ids, { lastBooking: last.bookedAt + 1, nextExpiry }),
    write: (batch: Appended) => {
      const next = journaled(end, batch)
      end = next.end
      const { text, copies } = append(epoch, next, batch)
      return writing.script(text, copies)
    }
  }
})

/** Takes the ledger over. Errors: PostgresUnavailable, and LedgerFenced for a writer that has lost it for good. */
export const openSession = (
  postgres: Postgres["Service"],
  ids: Ids["Service"],
  options: LedgerOptions,
  who: Who
): Effect.Effect<Session, PostgresUnavailable | LedgerFenced> =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const close = Scope.close(scope, Exit.void)
    return yield* opened(postgres, ids, options, who).pipe(
      Scope.provide(scope),
      Effect.map((session): Session => ({ ...session, close })),
      Effect.onError(() => close)
    )
  })
