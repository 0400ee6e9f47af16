import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { type EntrySearch, scannedMax } from "../ports/Ledger.ts"
import { entryPage, remaining, windowOf } from "./SearchWindow.ts"

type Order = EntrySearch["order"]

/** The windows of one search after another that finds nothing, in an account of so many entries. */
const windows = (order: Order, last: number) => {
  const seen: Array<readonly [number, number]> = []
  for (let after: number | undefined; ; ) {
    // A search's account plays no part in its windows.
    const search: Pick<EntrySearch, "order" | "limit" | "after"> = {
      order,
      limit: 10,
      ...(after === undefined ? {} : { after })
    }
    const range = remaining(search, { first: 1, last })
    const window = windowOf(order, range)
    seen.push([window.first, window.last])
    const { next } = entryPage(search, range, [])
    if (next === undefined) return seen
    after = next
  }
}

describe("the windows of a search", () => {
  test("follow one another without gap or overlap, none larger than one call may look at", () => {
    assert.deepEqual(windows("oldest", 50_000), [
      [1, 20_000],
      [20_001, 40_000],
      [40_001, 50_000]
    ])
    assert.deepEqual(windows("newest", 50_000), [
      [30_001, 50_000],
      [10_001, 30_000],
      [1, 10_000]
    ])
  })

  test("end at the edge, where they fit exactly and where there is nothing", () => {
    for (const order of ["oldest", "newest"] as const) {
      assert.deepEqual(windows(order, scannedMax), [[1, scannedMax]])
      assert.equal(windows(order, 0).length, 1)
    }
  })
})
