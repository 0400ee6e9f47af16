/** How a search stays bounded: an account's entries are numbered without a gap, so what a call looks at is a range. */
import type { Transaction } from "../../domain/ledger/index.ts"
import { type EntryPage, type EntrySearch, scannedMax } from "../ports/Ledger.ts"

/** Sequences from `first` to `last`, both included; none where `first` is above `last`. */
export interface SequenceRange {
  readonly first: number
  readonly last: number
}

/** The sequences after the search's `after`, in its order. */
export const remaining = (
  { order, after }: Pick<EntrySearch, "order" | "after">,
  { first, last }: SequenceRange
): SequenceRange => {
  if (after === undefined) return { first, last }
  return order === "oldest" ? { first: Math.max(first, after + 1), last } : { first, last: Math.min(last, after - 1) }
}

/** The part of a range that one call looks at. */
export const windowOf = (order: EntrySearch["order"], { first, last }: SequenceRange): SequenceRange =>
  order === "oldest"
    ? { first, last: Math.min(last, first + scannedMax - 1) }
    : { first: Math.max(first, last - scannedMax + 1), last }

/** The page of what was found in the window of a range: the first `limit` wanted entries, in the search's order. */
export const entryPage = (
  { order, limit }: Pick<EntrySearch, "order" | "limit">,
  range: SequenceRange,
  entries: ReadonlyArray<Transaction.BookedEntry>
): EntryPage => {
  const window = windowOf(order, range)
  const [edge, end] = order === "oldest" ? [window.last, range.last] : [window.first, range.first]
  const reached = entries.length === limit ? (entries.at(-1)?.sequence ?? edge) : edge
  return range.first > range.last || reached === end ? { entries } : { entries, next: reached }
}
