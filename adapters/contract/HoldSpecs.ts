import assert from "node:assert/strict"
import { Effect, Result } from "effect"
import { Ledger } from "../../application/ports/Ledger.ts"
import { Instant } from "../../domain/calendar/index.ts"
import { LedgerAccount } from "../../domain/ledger/index.ts"
import { Money } from "../../domain/money/index.ts"
import {
  accountOf,
  cents,
  eur,
  funded,
  held,
  hold,
  newHoldId,
  posted,
  refused,
  submit,
  totals,
  transfer
} from "./Desk.ts"
import type { Spec } from "./Spec.ts"

const reserving = (spec: Spec): void => {
  spec(
    "a hold reserves on both accounts and posts nothing",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(1000)
      const memo = { description: "Hôtel", metadata: { room: "12" } }
      const authorized = yield* held(hold(account, bank, cents(400), memo))
      assert.deepEqual(authorized, {
        id: authorized.id,
        debitAccountId: account,
        creditAccountId: bank,
        amount: cents(400),
        captured: cents(0),
        status: "authorized",
        authorizedAt: authorized.authorizedAt,
        ...memo
      })
      const after = yield* accountOf(account)
      assert.deepEqual([...totals(after), after.openHolds, after.sequence], [0n, 1000n, 400n, 0n, 1, 1])
      assert.deepEqual(LedgerAccount.balances(after), {
        posted: cents(1000),
        pending: cents(600),
        available: cents(600)
      })
      assert.deepEqual(totals(yield* accountOf(bank)), [1000n, 0n, 0n, 400n])
      assert.deepEqual(yield* (yield* Ledger).hold(authorized.id), authorized)
    })
  )

  spec(
    "held money cannot be spent or held again",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(1000)
      yield* submit(hold(account, bank, cents(700)))
      for (const command of [transfer(account, bank, cents(301)), hold(account, bank, cents(301))])
        assert.deepEqual(yield* refused(command), {
          _tag: "InsufficientFunds",
          accountId: account,
          available: { amount: "3.00", currency: "USD" },
          requested: { amount: "3.01", currency: "USD" }
        })
      yield* submit(transfer(account, bank, cents(300)))
    })
  )

  spec(
    "money that a hold will bring cannot be spent before it is captured",
    Effect.gen(function* () {
      const payer = yield* funded(500)
      const payee = yield* funded(0)
      yield* submit(hold(payer.account, payee.account, cents(500)))
      assert.equal((yield* refused(transfer(payee.account, payee.bank, cents(1))))._tag, "InsufficientFunds")
    })
  )

  spec(
    "of 64 holds at once on funds for ten, exactly ten are made",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(1000)
      const outcomes = yield* Effect.all(
        Array.from({ length: 64 }, () => Effect.result(submit(hold(account, bank, cents(100))))),
        { concurrency: "unbounded" }
      )
      assert.equal(outcomes.filter(Result.isSuccess).length, 10)
      assert.equal((yield* accountOf(account)).openHolds, 10)
    })
  )

  spec(
    "an expiry that is not in the future and a hold that does not exist are refused",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(1000)
      const expiresAt = Instant.fromMillis(0)
      assert.deepEqual(yield* refused(hold(account, bank, cents(1), { expiresAt })), { _tag: "HoldAlreadyExpired" })
      const holdId = newHoldId()
      const notFound = { _tag: "HoldNotFound", holdId }
      assert.deepEqual(yield* refused({ _tag: "Capture", holdId, keepRest: false }), notFound)
      assert.deepEqual(yield* refused({ _tag: "Release", holdId }), notFound)
      assert.equal((yield* Effect.flip((yield* Ledger).hold(holdId)))._tag, "HoldNotFound")
    })
  )
}

const ending = (spec: Spec): void => {
  spec(
    "a capture without an amount posts all that is held and ends the hold",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(1000)
      const { id: holdId } = yield* held(hold(account, bank, cents(400), { description: "Hotel" }))
      const receipt = yield* submit({ _tag: "Capture", holdId, keepRest: false })
      assert.equal(receipt._tag, "TransactionPosted")
      const { transaction, hold: after } = receipt
      assert.deepEqual([transaction.kind, transaction.holdId, transaction.description], ["capture", holdId, "Hotel"])
      assert.deepEqual([after?.status, after?.captured], ["captured", cents(400)])
      assert.deepEqual(yield* (yield* Ledger).hold(holdId), after)
      const own = yield* accountOf(account)
      assert.deepEqual([...totals(own), own.openHolds], [400n, 1000n, 0n, 0n, 0])
      assert.deepEqual(yield* refused({ _tag: "Capture", holdId, keepRest: false }), {
        _tag: "HoldEnded",
        holdId,
        status: "captured"
      })
    })
  )

  spec(
    "a capture of a part gives the rest back",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(1000)
      const { id: holdId } = yield* held(hold(account, bank, cents(400)))
      yield* submit({ _tag: "Capture", holdId, amount: cents(150), keepRest: false, description: "Breakfast" })
      const own = yield* accountOf(account)
      assert.deepEqual([...totals(own), own.openHolds], [150n, 1000n, 0n, 0n, 0])
      const after = yield* (yield* Ledger).hold(holdId)
      assert.deepEqual([after.status, after.captured], ["captured", cents(150)])
    })
  )

  spec(
    "INV-7: a hold is captured in parts that keep the rest, and never beyond its amount",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(400)
      const { id: holdId } = yield* held(hold(account, bank, cents(400)))
      for (const amount of [100, 200]) {
        yield* posted({ _tag: "Capture", holdId, amount: cents(amount), keepRest: true })
      }
      const own = yield* accountOf(account)
      assert.deepEqual([...totals(own), own.openHolds], [300n, 400n, 100n, 0n, 1])
      assert.deepEqual(yield* refused({ _tag: "Capture", holdId, amount: cents(101), keepRest: true }), {
        _tag: "CaptureExceedsHold",
        holdId,
        remaining: { amount: "1.00", currency: "USD" },
        requested: { amount: "1.01", currency: "USD" }
      })
      assert.deepEqual(yield* refused({ _tag: "Capture", holdId, amount: Money.make(1n, eur), keepRest: true }), {
        _tag: "CurrencyMismatch",
        expected: "USD",
        actual: "EUR"
      })
      yield* submit({ _tag: "Capture", holdId, amount: cents(100), keepRest: true })
      assert.equal((yield* (yield* Ledger).hold(holdId)).status, "captured")
    })
  )

  spec(
    "of concurrent captures of one hold only as many are made as it has money for",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(1000)
      const { id: holdId } = yield* held(hold(account, bank, cents(500)))
      const outcomes = yield* Effect.all(
        Array.from({ length: 20 }, () =>
          Effect.result(submit({ _tag: "Capture", holdId, amount: cents(100), keepRest: true }))
        ),
        { concurrency: "unbounded" }
      )
      assert.equal(outcomes.filter(Result.isSuccess).length, 5)
      assert.equal((yield* accountOf(account)).postedDebits, 500n)
    })
  )

  spec(
    "a release gives back what is still held, and ends the hold",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(1000)
      const { id: holdId } = yield* held(hold(account, bank, cents(400)))
      yield* submit({ _tag: "Capture", holdId, amount: cents(100), keepRest: true })
      const released = yield* held({ _tag: "Release", holdId })
      assert.deepEqual([released.status, released.captured], ["released", cents(100)])
      const own = yield* accountOf(account)
      assert.deepEqual([...totals(own), own.openHolds], [100n, 1000n, 0n, 0n, 0])
      const ended = { _tag: "HoldEnded", holdId, status: "released" }
      assert.deepEqual(yield* refused({ _tag: "Release", holdId }), ended)
      assert.deepEqual(yield* refused({ _tag: "Capture", holdId, keepRest: false }), ended)
    })
  )
}

/** Reserving money, and using or giving back what is reserved. */
export const holdSpecs = (spec: Spec): void => {
  reserving(spec)
  ending(spec)
}
