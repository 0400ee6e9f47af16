import assert from "node:assert/strict"
import { Clock, Effect } from "effect"
import { Ledger } from "../../application/ports/Ledger.ts"
import { Instant } from "../../domain/calendar/index.ts"
import type { AccountId, HoldId } from "../../domain/ids/index.ts"
import { accountOf, cents, funded, held, hold, refused, submit, totals, transfer } from "./Desk.ts"
import type { Advance, Spec } from "./Spec.ts"

const hour = 3_600_000

const hourHold = (debit: AccountId, credit: AccountId, minor: number) =>
  Effect.gen(function* () {
    const expiresAt = Instant.fromMillis((yield* Clock.currentTimeMillis) + hour)
    return yield* held(hold(debit, credit, cents(minor), { expiresAt }))
  })

// Each call expires a bounded number; a suite leaves far fewer behind than a hundred calls take.
const expireAll = Effect.gen(function* () {
  const ledger = yield* Ledger
  let expired = 0
  for (let call = 0; call < 100; call++) {
    const more = yield* ledger.expireHolds
    if (more === 0) return expired
    expired += more
  }
  return assert.fail("expireHolds finds ever more")
})

/** Holds whose time runs out; for implementations whose time can be moved. */
export const expirySpecs = (spec: Spec, advance: Advance): void => {
  spec(
    "expireHolds ends the holds whose time has run out, counts them, and leaves the others",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(1000)
      yield* advance(hour)
      yield* expireAll
      const short = [yield* hourHold(account, bank, 100), yield* hourHold(account, bank, 200)]
      const long = yield* held(hold(account, bank, cents(300)))
      yield* advance(hour - 60_000)
      assert.equal(yield* expireAll, 0)
      yield* advance(60_001)
      assert.equal(yield* expireAll, 2)
      const ledger = yield* Ledger
      for (const { id } of short) assert.equal((yield* ledger.hold(id)).status, "expired")
      assert.equal((yield* ledger.hold(long.id)).status, "authorized")
      const own = yield* accountOf(account)
      assert.deepEqual([...totals(own), own.openHolds], [0n, 1000n, 300n, 0n, 1])
      assert.deepEqual(totals(yield* accountOf(bank)), [1000n, 0n, 0n, 300n])
      assert.equal(yield* expireAll, 0)
    })
  )

  spec(
    "more than a thousand holds that are due together all give their money back before the next decision",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(1200)
      const each = Array.from({ length: 1200 }, () => hourHold(account, bank, 1))
      yield* Effect.all(each, { concurrency: "unbounded" })
      yield* advance(hour + 1)
      yield* submit(transfer(account, bank, cents(1200)))
      assert.equal((yield* accountOf(account)).openHolds, 0)
    })
  )

  spec(
    "of several holds each ends at its own time",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(1000)
      const start = yield* Clock.currentTimeMillis
      const ids: Array<HoldId> = []
      for (const hours of [3, 1, 2]) {
        const expiresAt = Instant.fromMillis(start + hours * hour)
        ids.push((yield* held(hold(account, bank, cents(100 * hours), { expiresAt }))).id)
      }
      for (const stillHeld of [500n, 300n, 0n]) {
        yield* advance(hour)
        yield* expireAll
        assert.equal((yield* accountOf(account)).pendingDebits, stillHeld)
      }
      for (const id of ids) assert.equal((yield* (yield* Ledger).hold(id)).status, "expired")
    })
  )

  spec(
    "held money is free at the expiry, even if nothing has swept",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(1000)
      const { id } = yield* hourHold(account, bank, 1000)
      assert.equal((yield* refused(transfer(account, bank, cents(1000))))._tag, "InsufficientFunds")
      yield* advance(hour)
      yield* submit(transfer(account, bank, cents(1000)))
      yield* expireAll
      assert.equal((yield* (yield* Ledger).hold(id)).status, "expired")
      const own = yield* accountOf(account)
      assert.deepEqual([...totals(own), own.openHolds], [1000n, 1000n, 0n, 0n, 0])
    })
  )

  spec(
    "a hold whose time has run out is not captured or released, even if nothing has swept",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(1000)
      const { id: holdId } = yield* hourHold(account, bank, 400)
      yield* advance(hour)
      const ended = { _tag: "HoldEnded", holdId, status: "expired" }
      assert.deepEqual(yield* refused({ _tag: "Capture", holdId, keepRest: false }), ended)
      assert.deepEqual(yield* refused({ _tag: "Release", holdId }), ended)
    })
  )

  spec(
    "a hold that was captured in part gives back at its expiry what was not",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(1000)
      const { id: holdId } = yield* hourHold(account, bank, 400)
      yield* submit({ _tag: "Capture", holdId, amount: cents(150), keepRest: true })
      yield* advance(hour)
      yield* expireAll
      const expired = yield* (yield* Ledger).hold(holdId)
      assert.deepEqual([expired.status, expired.captured], ["expired", cents(150)])
      const own = yield* accountOf(account)
      assert.deepEqual([...totals(own), own.openHolds], [150n, 1000n, 0n, 0n, 0])
    })
  )

  spec(
    "an account closes once its last hold has expired",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(1000)
      yield* hourHold(account, bank, 400)
      const close = { _tag: "CloseAccount", accountId: account, sweepTo: bank, revision: 2 } as const
      assert.equal((yield* refused(close))._tag, "HoldsOutstanding")
      yield* advance(hour)
      yield* submit(close)
      assert.ok((yield* accountOf(account)).closed)
    })
  )

  spec(
    "booking times ascend with the time",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(1000)
      yield* advance(hour)
      yield* submit(transfer(account, bank, cents(1)))
      const entries = yield* (yield* Ledger).entries({ accountId: account, order: "oldest", limit: 10 })
      const [first, second] = entries.map((entry) => entry.bookedAt)
      assert.ok(first !== undefined && second !== undefined && second - first >= hour)
    })
  )
}
