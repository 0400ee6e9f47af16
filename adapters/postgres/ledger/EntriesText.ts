/**
 * The text that finds an account's entries in the order of a page. Entries of transactions of two are found in the indexes
 * that begin with the transaction's segment: segment by segment in the order of the page, each by two index searches, until
 * there are as many as are wanted or as there can be. Sequences ascend with segments, so that what a segment has comes before
 * what the next one has.
 */
import type { EntryQuery } from "../../../application/ports/Ledger.ts"
import { legPlace, type Place, pairPlace } from "./Rows.ts"

/** The greatest of PostgreSQL's 64-bit integers: no entry has it. */
export const sequenceMax = 2n ** 63n - 1n

/**
 * Entries of account `$2` of ledger `$1`, at most `limit`. `span` selects where they are, as the function `ledger.span` does,
 * and `wanted` says which of a place are wanted. All bounds hold whatever the parameters are, so that the plan that is made
 * once for all of them seeks the first entry in each index. `with ordinality` tells the planner in which order the segments
 * come: it sorts each by itself, and stops at the limit.
 */
export const entriesText = (
  order: EntryQuery["order"],
  span: string,
  limit: string,
  wanted: (place: Place) => string = () => ""
): string => {
  const direction = order === "newest" ? "desc" : "asc"
  const segments =
    order === "newest"
      ? "(select segment_last from span), (select segment_first from span), -1"
      : "(select segment_first from span), (select segment_last from span)"
  const part = (place: Place): string => `(select ${place.columns} from ${place.from}
    and ${place.sequence} between (select first from span) and (select last from span) ${wanted(place)}
    order by ${place.sequence} ${direction} limit ${limit})`
  return `with span as materialized (${span})
    ${part(legPlace)}
    union all (select found.* from generate_series(${segments}) with ordinality as searched (segment, place)
      cross join lateral (
        ${part(pairPlace(1, "searched.segment"))} union all ${part(pairPlace(2, "searched.segment"))}
        order by sequence ${direction} limit ${limit}) found
      order by searched.place, found.sequence ${direction}
      limit (select least(${limit}, greatest(last - first + 1, 0)) from span))
    order by sequence ${direction} limit ${limit}`
}
