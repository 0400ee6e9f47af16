import assert from "node:assert/strict"
import { Effect } from "effect"
import { type EntryQuery, Ledger } from "../../application/ports/Ledger.ts"
import { Instant } from "../../domain/calendar/index.ts"
import type { AccountId } from "../../domain/ids/index.ts"
import type { Transaction } from "../../domain/ledger/index.ts"
import { bankAccount, cents, funded, newAccountId, opened, posted, submit, transfer } from "./Desk.ts"
import type { Advance, Spec } from "./Spec.ts"

type Entries = ReadonlyArray<Transaction.BookedEntry>

const entriesOf = (accountId: AccountId, query: Partial<EntryQuery> = {}) =>
  Effect.flatMap(Ledger, (ledger) => ledger.entries({ accountId, order: "oldest", limit: 1000, ...query }))

const sequences = (entries: Entries): ReadonlyArray<number> => entries.map((entry) => entry.sequence)

/** What the query asks for, worked out the plain way from the whole history, oldest first. */
const expected = (history: Entries, { order, after, bookedFrom, bookedBefore, limit }: Omit<EntryQuery, "accountId">) =>
  (order === "oldest" ? history : history.toReversed())
    .filter((entry) => bookedFrom === undefined || entry.bookedAt >= bookedFrom)
    .filter((entry) => bookedBefore === undefined || entry.bookedAt < bookedBefore)
    .filter((entry) => after === undefined || (order === "oldest" ? entry.sequence > after : entry.sequence < after))
    .slice(0, limit)

/** Reads a whole history in pages of three, doing `between` after each. */
const paged = (accountId: AccountId, order: EntryQuery["order"], between: Effect.Effect<unknown, unknown, Ledger>) =>
  Effect.gen(function* () {
    const seen: Array<Transaction.BookedEntry> = []
    for (let page = 0; page < 20; page++) {
      const last = seen.at(-1)
      const after = last === undefined ? {} : { after: last.sequence }
      const entries = yield* entriesOf(accountId, { order, limit: 3, ...after })
      if (entries.length === 0) return seen
      seen.push(...entries)
      yield* between
    }
    return assert.fail("the pages do not end")
  })

const reading = (spec: Spec): void => {
  spec(
    "an account's entries carry the head of their transaction",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(1000)
      const { entries, id, ...head } = yield* posted({
        ...transfer(account, bank, cents(1)),
        description: "Rent",
        metadata: { month: "5" }
      })
      const [own] = entries
      const [newest, ...rest] = yield* entriesOf(account, { order: "newest" })
      assert.deepEqual(newest, { ...own, ...head, transactionId: id })
      assert.deepEqual(sequences(rest), [1])
    })
  )

  spec(
    "an account without entries and an account that does not exist have none",
    Effect.gen(function* () {
      assert.deepEqual(yield* entriesOf(yield* opened()), [])
      assert.deepEqual(yield* entriesOf(newAccountId(), { order: "newest" }), [])
    })
  )

  spec(
    "pages follow one another without gap or repetition, in both orders, while entries are booked",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(1000)
      const another = submit(transfer(account, bank, cents(1)))
      for (let count = 0; count < 6; count++) yield* another
      const back = yield* paged(account, "newest", another)
      assert.deepEqual(sequences(back), [7, 6, 5, 4, 3, 2, 1])
      const forth = yield* paged(account, "oldest", Effect.void)
      assert.deepEqual(
        sequences(forth),
        Array.from({ length: 10 }, (_, index) => index + 1)
      )
      assert.deepEqual(forth.slice(0, 7), back.toReversed())
    })
  )

  spec(
    "an account that a transaction names twice has both entries in its history",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(0)
      yield* submit({
        _tag: "Post",
        kind: "journal",
        legs: [
          { accountId: account, side: "credit", amount: cents(5) },
          { accountId: account, side: "credit", amount: cents(6) },
          { accountId: bank, side: "debit", amount: cents(11) }
        ]
      })
      const entries = yield* entriesOf(account)
      assert.deepEqual(
        entries.map((entry) => entry.balance.minor),
        [5n, 11n]
      )
    })
  )
}

const bounded = (spec: Spec, advance: Advance): void => {
  spec(
    "bounds of the booking time include the first instant and exclude the last, on any page and in both orders",
    Effect.gen(function* () {
      const bank = yield* bankAccount()
      const account = yield* opened()
      for (let count = 0; count < 8; count++) {
        yield* submit(transfer(bank, account, cents(1)))
        // Pairs share an hour, so that bounds fall between and upon entries.
        if (count % 2 === 1) yield* advance(3_600_000)
      }
      const history = yield* entriesOf(account)
      const instants = history.map((entry) => entry.bookedAt)
      const first = instants[0] ?? assert.fail("there are entries")
      const bounds = [undefined, first, Instant.addMillis(first, 1), ...instants.slice(2, 6)]
      for (const order of ["newest", "oldest"] as const)
        for (const bookedFrom of bounds)
          for (const bookedBefore of bounds)
            for (const after of [undefined, 0, 3, 9]) {
              const query = {
                order,
                limit: 3,
                ...(after === undefined ? {} : { after }),
                ...(bookedFrom === undefined ? {} : { bookedFrom }),
                ...(bookedBefore === undefined ? {} : { bookedBefore })
              }
              assert.deepEqual(
                sequences(yield* entriesOf(account, query)),
                sequences(expected(history, query)),
                JSON.stringify(query)
              )
            }
    })
  )
}

/** An account's history, in pages. */
export const entrySpecs = (spec: Spec, advance: Advance): void => {
  reading(spec)
  bounded(spec, advance)
}
