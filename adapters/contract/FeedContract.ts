import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import { Effect, type Layer, ManagedRuntime } from "effect"
import { relayEvents } from "../../application/ledger/index.ts"
import type { Ledger } from "../../application/ports/Ledger.ts"
import { type LedgerEvent, LedgerFeed } from "../../application/ports/LedgerFeed.ts"
import { cents, funded, hold, posted, submit, transfer } from "./Desk.ts"

/** Relays everything to a consumer that only remembers. */
const relayed = (consumer: string) =>
  Effect.gen(function* () {
    const events: Array<LedgerEvent> = []
    for (let more = 1; more > 0; )
      more = yield* relayEvents(consumer, (page) => Effect.sync(() => void events.push(...page)))
    return events
  })

const idOf = (event: LedgerEvent): string => {
  switch (event._tag) {
    case "TransactionPosted":
      return event.transaction.id
    case "HoldChanged":
      return event.hold.id
    case "AccountChanged":
      return event.account.id
  }
}

/** The suite that every implementation of the port `LedgerFeed` passes, given with the ledger that it is the feed of. */
export const feedContract = <E>(name: string, layer: Layer.Layer<Ledger | LedgerFeed, E>): void => {
  describe(`${name} as a feed`, () => {
    const runtime = ManagedRuntime.make(layer)
    after(() => runtime.dispose())
    const spec = (title: string, body: Effect.Effect<void, unknown, Ledger | LedgerFeed>): void => {
      test(title, () => runtime.runPromise(body))
    }

    spec(
      "a consumer gets every transaction, hold and account change, in the order of commitment",
      Effect.gen(function* () {
        yield* relayed("order")
        const { bank, account } = yield* funded(1000)
        const first = yield* posted({ ...transfer(account, bank, cents(1)), description: "Rent" })
        const authorized = yield* submit(hold(account, bank, cents(3)))
        const second = yield* posted(transfer(account, bank, cents(2)))
        const events = yield* relayed("order")
        const wanted: ReadonlySet<string> = new Set([first.id, second.id])
        const transactions = events.filter((event) => wanted.has(idOf(event)))
        assert.deepEqual(transactions, [
          { _tag: "TransactionPosted", transaction: first },
          { _tag: "TransactionPosted", transaction: second }
        ])
        assert.ok(authorized._tag === "HoldChanged")
        assert.ok(events.some((event) => event._tag === "HoldChanged" && event.hold.id === authorized.hold.id))
        assert.ok(events.some((event) => event._tag === "AccountChanged" && event.account.id === account))
        assert.deepEqual(yield* relayed("order"), [])
      })
    )

    spec(
      "what a consumer failed to take comes again, and consumers do not disturb one another",
      Effect.gen(function* () {
        yield* relayed("failing")
        yield* relayed("other")
        const { bank, account } = yield* funded(10)
        const { id } = yield* posted(transfer(account, bank, cents(1)))
        const seen = (events: ReadonlyArray<LedgerEvent>) => events.filter((event) => idOf(event) === id).length
        assert.equal(yield* Effect.flip(relayEvents("failing", () => Effect.fail("down"))), "down")
        assert.equal(seen(yield* relayed("other")), 1)
        assert.equal(seen(yield* relayed("failing")), 1)
      })
    )

    spec(
      "each of many transactions comes once, and a cursor never goes back",
      Effect.gen(function* () {
        yield* relayed("many")
        const { bank, account } = yield* funded(1000)
        const feed = yield* LedgerFeed
        const early = yield* feed.cursor("many")
        const one = posted(transfer(account, bank, cents(1)))
        const made = yield* Effect.all(
          Array.from({ length: 300 }, () => one),
          { concurrency: "unbounded" }
        )
        const ids = (yield* relayed("many")).map(idOf)
        const known = new Set<string>(made.map(({ id }) => id))
        assert.deepEqual(ids.filter((id) => known.has(id)).sort(), [...known].sort())
        const late = yield* feed.cursor("many")
        yield* feed.advance("many", early)
        assert.deepEqual(yield* feed.cursor("many"), late)
      })
    )
  })
}
