/**
 * Reads of an account's history beyond plain pages, on the reader's pool: no locks. A filtered search takes two round trips,
 * where the entries of the period are and then the wanted entries of at most `scannedMax` of them. A balance by value date
 * takes one: the balance at the end of that booking day, corrected by the entries whose value date is another day than
 * their booking day.
 */
import { Effect, Stream } from "effect"
import {
  type EntryBell,
  entryPage,
  entryStream,
  remaining,
  type SequenceRange,
  windowOf
} from "../../../application/ledger/index.ts"
import type { EntryPage, EntryQuery, EntrySearch, LedgerUnavailable } from "../../../application/ports/Ledger.ts"
import type { LocalDate } from "../../../domain/calendar/index.ts"
import type { AccountId } from "../../../domain/ids/index.ts"
import { EntryFilter, type Transaction } from "../../../domain/ledger/index.ts"
import type { PostgresUnavailable } from "../Failure.ts"
import { bigintOf, intOf } from "../Fields.ts"
import type { Pool } from "../Postgres.ts"
import { uuidOf } from "../Uuid.ts"
import { entriesText, sequenceMax } from "./EntriesText.ts"
import { bookedEntries, type Place } from "./Rows.ts"

type Entries = ReadonlyArray<Transaction.BookedEntry>

/** Where an account's entries of a period are. */
const rangeText = `select * from ledger.span($1, $2, 0, ${sequenceMax}, $3::timestamptz, $4::timestamptz)`

/** What the filter wants of one of the places where entries are. The same text whatever is filtered by. */
const wantedOf = ({ amount, side }: Place): string => `
  and ($7::text is null or t.value_date >= $7::text::date)
  and ($8::text is null or t.value_date <= $8::text::date)
  and ($9::bigint is null or ${amount} >= $9::bigint)
  and ($10::bigint is null or ${amount} <= $10::bigint)
  and ($11::text is null or (${side})::text = $11::text)
  and ($12::text is null or t.kind::text = any(string_to_array($12::text, ',')))
  and ($13::text is null or coalesce(t.metadata::jsonb, '{}') @> $13::text::jsonb)
  and ($14::uuid is null
    or ($14::uuid <> $2::uuid and $14::uuid = any(coalesce(t.accounts, array[t.account_1, t.account_2]))))`

const wantedText = (order: EntryQuery["order"]): string =>
  entriesText(
    order,
    "select $3::bigint as first, $4::bigint as last, $5::bigint as segment_first, $6::bigint as segment_last",
    "$15",
    wantedOf
  )

const timestamp = (instant: number | undefined): string | null =>
  instant === undefined ? null : new Date(instant).toISOString()

const filterParameters = (filter: EntryFilter.EntryFilter) => [
  filter.valueDateFrom ?? null,
  filter.valueDateTo ?? null,
  filter.amountMinorMin?.toString() ?? null,
  filter.amountMinorMax?.toString() ?? null,
  filter.side ?? null,
  filter.kinds === undefined || filter.kinds.length === 0 ? null : filter.kinds.join(","),
  filter.metadata === undefined ? null : JSON.stringify(filter.metadata),
  filter.counterparty === undefined ? null : uuidOf(filter.counterparty)
]

const filtered = Effect.fnUntraced(function* (pool: Pool, ledger: number, search: EntrySearch) {
  const account = uuidOf(search.accountId)
  const bounds = [ledger, account, timestamp(search.bookedFrom), timestamp(search.bookedBefore)]
  const [row] = yield* pool.query(rangeText, bounds)
  if (row === undefined) return yield* Effect.die(new Error("bounds are one row"))
  const range: SequenceRange = remaining(search, { first: intOf(row, "first"), last: intOf(row, "last") })
  const { first, last } = windowOf(search.order, range)
  if (first > last) return entryPage(search, range, [])
  const places = [first, last, intOf(row, "segment_first"), intOf(row, "segment_last")]
  const parameters = [ledger, account, ...places, ...filterParameters(search), search.limit]
  const rows = yield* pool.query(wantedText(search.order), parameters)
  return entryPage(search, range, bookedEntries(rows, search.accountId))
})

/** A page of all entries: it is the last where it is not full, and where it ends at the first entry. */
const plainPage = ({ order, limit }: EntryQuery, entries: Entries): EntryPage => {
  const last = entries.at(-1)
  return last === undefined || entries.length < limit || (order === "newest" && last.sequence === 1)
    ? { entries }
    : { entries, next: last.sequence }
}

// Midnights are of UTC, as booking days are.
const balanceText = `select ledger.off_dated($1, $2, $3::text::date)
    + ledger.balance_before($1, $2, ($3::text::date + 1)::timestamp at time zone 'UTC') as minor`

/** The parts of the port `Ledger` that look back over, and follow, an account's history. */
export const history = (
  pool: Pool,
  ledger: number,
  bell: EntryBell,
  entries: (query: EntryQuery) => Effect.Effect<Entries, LedgerUnavailable>,
  unavailable: <A>(read: Effect.Effect<A, PostgresUnavailable>) => Effect.Effect<A, LedgerUnavailable>
) => ({
  search: (search: EntrySearch) =>
    EntryFilter.isEmpty(search)
      ? Effect.map(entries(search), (page) => plainPage(search, page))
      : unavailable(filtered(pool, ledger, search)),
  balanceByValueDate: (accountId: AccountId, valueDate: LocalDate.LocalDate) =>
    unavailable(
      Effect.map(pool.query(balanceText, [ledger, uuidOf(accountId), valueDate]), ([row]) =>
        row === undefined ? 0n : bigintOf(row, "minor")
      )
    ),
  follow: (accountId: AccountId, after: number) =>
    Stream.unwrap(Effect.map(bell.listen(accountId), (wait) => entryStream(entries, accountId, after, wait)))
})
