import assert from "node:assert/strict"
import { Effect, Fiber, Stream } from "effect"
import { type EntrySearch, Ledger } from "../../application/ports/Ledger.ts"
import { Instant, LocalDate } from "../../domain/calendar/index.ts"
import type { AccountId } from "../../domain/ids/index.ts"
import { EntryFilter, type Transaction } from "../../domain/ledger/index.ts"
import { bankAccount, cents, funded, newAccountId, opened, posted, submit, transfer } from "./Desk.ts"
import type { Spec } from "./Spec.ts"

type Entries = ReadonlyArray<Transaction.BookedEntry>

const sequences = (entries: Entries): ReadonlyArray<number> => entries.map(({ sequence }) => sequence)

const all = (accountId: AccountId) =>
  Effect.flatMap(Ledger, (ledger) => ledger.entries({ accountId, order: "oldest", limit: 1000 }))

/** Every page of a search, `limit` entries each. */
const searched = (search: EntrySearch) =>
  Effect.gen(function* () {
    const ledger = yield* Ledger
    const found: Array<Transaction.BookedEntry> = []
    let after = search.after
    for (let pages = 0; pages < 100; pages++) {
      const page = yield* ledger.search({ ...search, ...(after === undefined ? {} : { after }) })
      assert.ok(page.entries.length <= search.limit)
      found.push(...page.entries)
      if (page.next === undefined) return found
      after = page.next
    }
    return assert.fail("the pages do not end")
  })

const today = (entry: Transaction.BookedEntry | undefined): LocalDate.LocalDate =>
  LocalDate.fromInstant(entry?.bookedAt ?? assert.fail("there is an entry"))

/** An account with entries of two counterparties, on both sides, of several days, amounts and metadata. */
const varied = Effect.gen(function* () {
  const { bank, account } = yield* funded(1000)
  const other = yield* opened()
  const day = today((yield* all(account))[0])
  const dates = [-2, -1, 0, 1].map((days) => LocalDate.addDays(day, days))
  for (let count = 0; count < 12; count++) {
    const counterparty = count % 3 === 0 ? other : bank
    const [from, to] = count % 4 < 2 || counterparty === other ? [account, counterparty] : [counterparty, account]
    const valueDate = dates[count % dates.length] ?? day
    const metadata = { run: String(count % 2), constructor: "x" }
    yield* submit({
      ...transfer(from, to, cents(count + 1)),
      valueDate,
      ...(count % 5 === 0 ? {} : { metadata })
    })
  }
  yield* submit({
    _tag: "Post",
    kind: "journal",
    legs: [
      { accountId: account, side: "debit", amount: cents(3) },
      { accountId: other, side: "credit", amount: cents(2) },
      { accountId: bank, side: "credit", amount: cents(1) }
    ]
  })
  return { account, bank, other, dates, day }
})

const filters = ({ account, bank, other, dates, day }: Effect.Success<typeof varied>) => {
  const [first = day, second = day] = dates
  const list: ReadonlyArray<EntryFilter.EntryFilter> = [
    {},
    { valueDateFrom: second },
    { valueDateTo: second },
    { valueDateFrom: first, valueDateTo: first },
    { amountMinorMin: 5n },
    { amountMinorMax: 5n, side: "debit" },
    { amountMinorMin: 6n, amountMinorMax: 5n },
    { side: "credit" },
    { kinds: ["journal"] },
    { kinds: [] },
    { kinds: [], side: "debit" },
    { kinds: ["journal", "transfer"], side: "debit" },
    { counterparty: other },
    { counterparty: bank, amountMinorMin: 3n },
    { counterparty: account },
    { counterparty: newAccountId() },
    { metadata: { run: "1" } },
    { metadata: { run: "1", constructor: "x" } },
    { metadata: { run: "1", constructor: "y" } },
    { metadata: { toString: "x" } },
    { metadata: {} }
  ]
  return list
}

const searching = (spec: Spec): void => {
  spec(
    "a search finds what its filter wants and nothing else, in both orders, on pages of any size and between any bounds",
    Effect.gen(function* () {
      const ledger = yield* Ledger
      const world = yield* varied
      const history = yield* all(world.account)
      const accounts = new Map<string, ReadonlyArray<AccountId>>()
      for (const { transactionId } of history) {
        const { entries } = yield* ledger.transaction(transactionId)
        accounts.set(
          transactionId,
          entries.map(({ accountId }) => accountId)
        )
      }
      const last = history.at(-1) ?? assert.fail("there are entries")
      const bounds = [{}, { bookedFrom: last.bookedAt }, { bookedBefore: Instant.addMillis(last.bookedAt, 1) }]
      for (const filter of filters(world))
        for (const order of ["newest", "oldest"] as const)
          for (const [limit, bound] of [1, 4, 100].flatMap((size) => bounds.map((each) => [size, each] as const))) {
            const wanted = history.filter(
              (entry) =>
                (bound.bookedFrom === undefined || entry.bookedAt >= bound.bookedFrom) &&
                EntryFilter.isWanted(filter, entry, () => accounts.get(entry.transactionId) ?? [])
            )
            const search = { accountId: world.account, order, limit, ...bound, ...filter }
            const found = yield* searched(search)
            assert.deepEqual(found, order === "oldest" ? wanted : wanted.toReversed(), Object.keys(filter).join())
          }
    })
  )

  spec(
    "a search of an account without entries, and of one that does not exist, is one empty page",
    Effect.gen(function* () {
      const ledger = yield* Ledger
      for (const accountId of [yield* opened(), newAccountId()])
        for (const filter of [{}, { side: "debit" } as const])
          assert.deepEqual(yield* ledger.search({ accountId, order: "newest", limit: 5, ...filter }), { entries: [] })
    })
  )
}

const balances = (spec: Spec): void => {
  spec(
    "the balance by value date sums up the entries that count by then, on the account's normal side",
    Effect.gen(function* () {
      const ledger = yield* Ledger
      const { account, bank, dates, day } = yield* varied
      for (const accountId of [account, bank])
        for (const valueDate of [...dates, LocalDate.addDays(day, -3), LocalDate.addDays(day, 40)]) {
          let expected = 0n
          let before = 0n
          for (const entry of yield* all(accountId)) {
            if (entry.valueDate <= valueDate) expected += entry.balance.minor - before
            before = entry.balance.minor
          }
          assert.equal(yield* ledger.balanceByValueDate(accountId, valueDate), expected, `${accountId} ${valueDate}`)
        }
      assert.equal(yield* ledger.balanceByValueDate(newAccountId(), day), 0n)
    })
  )
}

/** Takes entries from a stream until there are this many. */
const taken = (accountId: AccountId, after: number, count: number) =>
  Effect.flatMap(Ledger, (ledger) =>
    Stream.runCollect(Stream.take(ledger.follow(accountId, after), count)).pipe(Effect.timeout("20 seconds"))
  )

const following = (spec: Spec): void => {
  spec(
    "who follows an account gets what was booked before and what is booked meanwhile, each once and in order",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(1000)
      const another = submit(transfer(account, bank, cents(1)))
      for (let count = 0; count < 4; count++) yield* another
      const early = yield* Effect.forkChild(taken(account, 0, 60), { startImmediately: true })
      const late = yield* Effect.forkChild(taken(account, 3, 57), { startImmediately: true })
      yield* Effect.forEach(Array.from({ length: 55 }), () => another, { concurrency: 5 })
      const history = yield* all(account)
      assert.deepEqual(yield* Fiber.join(early), history)
      assert.deepEqual(yield* Fiber.join(late), history.slice(3))
    })
  )

  spec(
    "who reads slowly misses nothing, and who stops keeps nobody from booking",
    Effect.gen(function* () {
      const ledger = yield* Ledger
      const { bank, account } = yield* funded(1000)
      const another = submit(transfer(account, bank, cents(1)))
      const slow = ledger.follow(account, 0).pipe(
        Stream.tap(({ sequence }) => (sequence < 20 ? another : Effect.void)),
        Stream.take(20),
        Stream.runCollect
      )
      assert.deepEqual(
        sequences(yield* slow),
        Array.from({ length: 20 }, (_, index) => index + 1)
      )
      const stopped = yield* Effect.forkChild(taken(account, 20, 1), { startImmediately: true })
      yield* Fiber.interrupt(stopped)
      yield* another
      assert.deepEqual(sequences(yield* taken(account, 20, 1)), [21])
    })
  )

  spec(
    "an account that gets its first entry later is followed from it",
    Effect.gen(function* () {
      const bank = yield* bankAccount()
      const account = yield* opened()
      const first = yield* Effect.forkChild(taken(account, 0, 1), { startImmediately: true })
      const { id } = yield* posted(transfer(bank, account, cents(7)))
      assert.deepEqual(
        (yield* Fiber.join(first)).map(({ transactionId }) => transactionId),
        [id]
      )
    })
  )
}

/** Searches, balances as of a day, and entries as they are booked. */
export const historySpecs = (spec: Spec): void => {
  searching(spec)
  balances(spec)
  following(spec)
}
