/**
 * Reads of an account's history beyond plain pages, on the reader's pool: no locks. A filtered search takes two round
 * trips, the bounds as sequences and then the wanted entries of at most `scannedMax` of them, one range of each index of entries. A
 * balance by value date takes one: the balance at the end of that booking day, corrected by the entries whose value date
 * is another day than their booking day.
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
import { bookedEntries, entryColumns, legSource, pairColumns, pairSide, pairSource } from "./Rows.ts"

type Entries = ReadonlyArray<Transaction.BookedEntry>

/** One of the places where an account's entries are, with what a query names there. */
interface Place {
  readonly columns: string
  readonly from: string
  readonly sequence: string
  readonly amount: string
  readonly side: string
}

const legs: Place = {
  columns: entryColumns,
  from: legSource,
  sequence: "e.sequence",
  amount: "e.amount",
  side: "e.side"
}

const pair = (number: 1 | 2): Place => ({
  columns: pairColumns(number),
  from: pairSource(number),
  sequence: `t.sequence_${number}`,
  amount: "t.amount",
  side: pairSide[number]
})

const places = [legs, pair(1), pair(2)]

const direction = (order: EntryQuery["order"]): string => (order === "newest" ? "desc" : "asc")

const rangeText = `select
  case when $3::timestamptz is null then 1 else ledger.sequence_from($1, $2, $3) end as first,
  case when $4::timestamptz is null then coalesce(
    (select a.sequence from ledger.standing a where a.ledger_id = $1 and a.account_id = $2), 0)
  else ledger.sequence_from($1, $2, $4) - 1 end as last`

/** What the filter wants of one of the places where entries are. The same text whatever is filtered by. */
const wantedPart = (order: EntryQuery["order"], { columns, from, sequence, amount, side }: Place): string => `(
  select ${columns} from ${from} and ${sequence} between $3::bigint and $4::bigint
    and ($5::text is null or t.value_date >= $5::text::date)
    and ($6::text is null or t.value_date <= $6::text::date)
    and ($7::bigint is null or ${amount} >= $7::bigint)
    and ($8::bigint is null or ${amount} <= $8::bigint)
    and ($9::text is null or (${side})::text = $9::text)
    and ($10::text is null or t.kind::text = any(string_to_array($10::text, ',')))
    and ($11::text is null or coalesce(t.metadata::jsonb, '{}') @> $11::text::jsonb)
    and ($12::uuid is null
      or ($12::uuid <> $2::uuid and $12::uuid = any(coalesce(t.accounts, array[t.account_1, t.account_2]))))
  order by ${sequence} ${direction(order)} limit $13)`

const wantedText = (order: EntryQuery["order"]): string =>
  `${places.map((place) => wantedPart(order, place)).join(" union all ")}
  order by sequence ${direction(order)} limit $13`

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
  const parameters = [ledger, account, first, last, ...filterParameters(search), search.limit]
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
const balanceText = `select ledger.off_dated($1, $2, $3::text::date) + coalesce((
    select e.balance from ledger.entry e where e.ledger_id = $1 and e.account_id = $2 and e.sequence =
      (select ledger.sequence_from($1, $2, ($3::text::date + 1)::timestamp at time zone 'UTC') - 1)), 0) as minor`

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
