import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Instant } from "../calendar/index.ts"
import type { HoldId } from "../ids/index.ts"
import { Money } from "../money/index.ts"
import type { Capture } from "./Command.ts"
import {
  alice,
  bank,
  bob,
  cents,
  configure,
  type ExampleLedger,
  erika,
  eur,
  exampleLedger,
  holdCommand,
  hour,
  holdId as nthHold,
  openCommand,
  start,
  transfer,
  unopened
} from "./examples.ts"
import { available, balanceMinorMax, balances } from "./LedgerAccount.ts"

const captureOf = (holdId: HoldId, more: Partial<Capture> = {}): Capture => ({
  _tag: "Capture",
  holdId,
  keepRest: false,
  ...more
})

const anHourOn = Instant.addMillis(start, hour)

const pending = (ledger: ExampleLedger): ReadonlyArray<bigint | number> => {
  const [from, to] = [ledger.account(alice), ledger.account(bob)]
  return [from.pendingDebits, from.openHolds, to.pendingCredits, to.openHolds]
}

describe("holds", () => {
  test("a hold reserves on both accounts, is pending on both and available on neither", () => {
    const ledger = exampleLedger()
    const hold = ledger.hold(holdCommand(alice, bob, cents(400), { expiresAt: anHourOn, description: "Hotel" }))
    assert.deepEqual(hold, {
      id: hold.id,
      debitAccountId: alice,
      creditAccountId: bob,
      amount: cents(400),
      captured: cents(0),
      status: "authorized",
      authorizedAt: start,
      expiresAt: anHourOn,
      description: "Hotel"
    })
    assert.deepEqual(balances(ledger.account(alice)), {
      posted: cents(1000),
      pending: cents(600),
      available: cents(600)
    })
    assert.deepEqual(balances(ledger.account(bob)), { posted: cents(0), pending: cents(400), available: cents(0) })
    assert.equal(ledger.account(alice).sequence, 1)
  })

  test("held money is neither spent nor held again, and money to come not at all", () => {
    const ledger = exampleLedger()
    ledger.accept(holdCommand(alice, bob, cents(700)))
    for (const refused of [transfer(alice, bob, cents(301)), holdCommand(alice, bob, cents(301))])
      assert.deepEqual(
        { ...ledger.refuse(refused) },
        { _tag: "InsufficientFunds", accountId: alice, available: cents(300), requested: cents(301) }
      )
    assert.equal(ledger.refuse(transfer(bob, alice, cents(1)))._tag, "InsufficientFunds")
    ledger.accept(holdCommand(alice, bob, cents(300)))
  })

  test("a capture posts what is held, with the hold's description unless it has its own, and ends the hold", () => {
    const ledger = exampleLedger()
    const memo = { description: "Hotel", metadata: { room: "12" } }
    const [first, second] = [1, 2].map(() => ledger.hold(holdCommand(alice, bob, cents(400), memo)))
    assert.ok(first !== undefined && second !== undefined)
    const receipt = ledger.accept(captureOf(first.id))
    assert.ok(receipt._tag === "TransactionPosted")
    assert.deepEqual(receipt.hold, { ...first, captured: cents(400), status: "captured" })
    const { kind, holdId, description, metadata } = receipt.transaction
    assert.deepEqual({ kind, holdId, description, metadata }, { kind: "capture", holdId: first.id, ...memo })
    assert.equal(ledger.post(captureOf(second.id, { description: "Bar" })).description, "Bar")
    assert.deepEqual(pending(ledger), [0n, 0, 0n, 0])
  })

  test("a partial capture releases the rest, or keeps it where asked", () => {
    const released = exampleLedger()
    const { id } = released.hold(holdCommand(alice, bob, cents(400)))
    released.accept(captureOf(id, { amount: cents(150) }))
    assert.deepEqual([released.book.hold(id)?.status, ...pending(released)], ["captured", 0n, 0, 0n, 0])
    assert.equal(available(released.account(alice)), 850n)

    const kept = exampleLedger()
    const { id: keptId } = kept.hold(holdCommand(alice, bob, cents(400)))
    kept.accept(captureOf(keptId, { amount: cents(150), keepRest: true }))
    assert.deepEqual([kept.book.hold(keptId)?.status, ...pending(kept)], ["authorized", 250n, 1, 250n, 1])
    kept.accept(captureOf(keptId, { amount: cents(250), keepRest: true }))
    assert.deepEqual([kept.book.hold(keptId)?.status, ...pending(kept)], ["captured", 0n, 0, 0n, 0])
    assert.equal(available(kept.account(alice)), 600n)
  })

  test("a capture without amount takes what earlier captures left", () => {
    const ledger = exampleLedger()
    const { id } = ledger.hold(holdCommand(alice, bob, cents(400)))
    ledger.accept(captureOf(id, { amount: cents(150), keepRest: true }))
    assert.deepEqual(
      { ...ledger.refuse(captureOf(id, { amount: cents(251) })) },
      { _tag: "CaptureExceedsHold", holdId: id, remaining: cents(250), requested: cents(251) }
    )
    assert.deepEqual(ledger.post(captureOf(id)).entries[0]?.amount, cents(250))
    assert.deepEqual(ledger.book.hold(id)?.captured, cents(400))
  })

  test("money that was held is captured even after the limit that covered it was lowered", () => {
    const ledger = exampleLedger()
    ledger.accept(configure(bob, { overdraftLimit: cents(500) }))
    const { id } = ledger.hold(holdCommand(bob, alice, cents(500)))
    ledger.accept(configure(bob, { revision: 3 }))
    assert.equal(available(ledger.account(bob)), -500n)
    ledger.accept(captureOf(id))
    assert.equal(available(ledger.account(bob)), -500n)
  })

  test("a capture of held money is still refused where the turnover would not fit into 64 bits", () => {
    const ledger = exampleLedger()
    ledger.accept(configure(bob, { overdraftLimit: cents(500) }))
    const { id } = ledger.hold(holdCommand(bob, alice, cents(500)))
    ledger.accept(transfer(bank, bob, cents(balanceMinorMax - 2000n)))
    ledger.accept(transfer(bob, bank, cents(balanceMinorMax - 2000n)))
    ledger.accept(openCommand(unopened, { kind: "internal" }))
    ledger.accept(transfer(unopened, bob, cents(1501)))
    ledger.accept(transfer(bob, unopened, cents(1501)))
    ledger.accept(configure(bob, { revision: 3 }))
    assert.deepEqual({ ...ledger.refuse(captureOf(id)) }, { _tag: "BalanceOverflow", accountId: bob })
  })

  test("a capture of a frozen side is refused like any entry", () => {
    const ledger = exampleLedger()
    const { id } = ledger.hold(holdCommand(alice, bob, cents(400)))
    ledger.accept(configure(alice, { restriction: "debits" }))
    assert.equal(ledger.refuse(captureOf(id))._tag, "AccountRestricted")
    assert.deepEqual(pending(ledger), [400n, 1, 400n, 1])
    ledger.accept({ _tag: "Release", holdId: id })
  })

  test("a release gives back what is left", () => {
    const ledger = exampleLedger()
    const { id } = ledger.hold(holdCommand(alice, bob, cents(400)))
    ledger.accept(captureOf(id, { amount: cents(100), keepRest: true }))
    const released = ledger.hold({ _tag: "Release", holdId: id })
    assert.deepEqual([released.status, released.captured, ...pending(ledger)], ["released", cents(100), 0n, 0, 0n, 0])
  })

  test("a hold ends once: whatever came first is what later commands are told", () => {
    const endings = {
      captured: (ledger: ExampleLedger, id: HoldId) => ledger.accept(captureOf(id)),
      released: (ledger: ExampleLedger, id: HoldId) => ledger.accept({ _tag: "Release", holdId: id }),
      expired: (ledger: ExampleLedger) => ledger.advance(hour)
    }
    for (const [status, end] of Object.entries(endings)) {
      const ledger = exampleLedger()
      const { id } = ledger.hold(holdCommand(alice, bob, cents(400), { expiresAt: anHourOn }))
      end(ledger, id)
      const ended = { _tag: "HoldEnded", holdId: id, status }
      assert.deepEqual({ ...ledger.refuse(captureOf(id)) }, ended)
      assert.deepEqual({ ...ledger.refuse({ _tag: "Release", holdId: id }) }, ended)
    }
  })

  test("a hold stands until the millisecond before its expiry, and is gone at it", () => {
    const ledger = exampleLedger()
    const { id } = ledger.hold(holdCommand(alice, bob, cents(1000), { expiresAt: anHourOn }))
    ledger.advance(hour - 1)
    assert.equal(ledger.refuse(transfer(alice, bob, cents(1)))._tag, "InsufficientFunds")
    ledger.advance(1)
    ledger.accept(transfer(alice, bob, cents(1000)))
    assert.deepEqual([ledger.book.hold(id)?.status, ...pending(ledger)], ["expired", 0n, 0, 0n, 0])
  })

  test("a hold without expiry stands for ever", () => {
    const ledger = exampleLedger()
    const { id } = ledger.hold(holdCommand(alice, bob, cents(1000)))
    ledger.advance(100 * 365 * 24 * hour)
    ledger.accept(captureOf(id))
  })

  test("a hold of an account for itself reserves and gives back on both sides", () => {
    const ledger = exampleLedger()
    const { id } = ledger.hold(holdCommand(alice, alice, cents(400)))
    assert.equal(available(ledger.account(alice)), 600n)
    ledger.accept(captureOf(id, { amount: cents(100) }))
    assert.deepEqual([available(ledger.account(alice)), ledger.account(alice).openHolds], [1000n, 0])
  })

  test("authorize fails in this order: expired; per side not found, closed, currency, restricted; funds, overflow", () => {
    const ledger = exampleLedger()
    const past = { expiresAt: start }
    const euro = Money.make(1n, eur)
    assert.equal(ledger.refuse(holdCommand(unopened, erika, cents(1), past))._tag, "HoldAlreadyExpired")
    assert.equal(ledger.refuse(holdCommand(unopened, erika, cents(1)))._tag, "AccountNotFound")
    ledger.accept(openCommand(unopened))
    ledger.accept(configure(unopened, { restriction: "both" }))
    assert.equal(ledger.refuse(holdCommand(unopened, bob, euro))._tag, "AccountCurrencyMismatch")
    assert.equal(ledger.refuse(holdCommand(unopened, erika, cents(1)))._tag, "AccountRestricted")
    ledger.accept({ _tag: "CloseAccount", accountId: unopened, revision: 3 })
    assert.equal(ledger.refuse(holdCommand(unopened, erika, euro))._tag, "AccountClosed")
    assert.equal(ledger.refuse(holdCommand(bob, erika, cents(1)))._tag, "AccountCurrencyMismatch")
    ledger.accept(holdCommand(bank, alice, cents(balanceMinorMax)))
    assert.equal(ledger.refuse(holdCommand(bob, alice, cents(1)))._tag, "InsufficientFunds")
    assert.equal(ledger.refuse(holdCommand(bank, alice, cents(1)))._tag, "BalanceOverflow")
  })

  test("capture fails in this order: not found, ended, currency, beyond the hold, then as a transaction", () => {
    const ledger = exampleLedger()
    assert.deepEqual({ ...ledger.refuse(captureOf(nthHold(999))) }, { _tag: "HoldNotFound", holdId: nthHold(999) })
    const { id } = ledger.hold(holdCommand(alice, bob, cents(400), { expiresAt: anHourOn }))
    ledger.accept(configure(alice, { restriction: "both" }))
    const euros = { amount: Money.make(500n, eur) }
    assert.deepEqual(
      { ...ledger.refuse(captureOf(id, euros)) },
      { _tag: "CurrencyMismatch", expected: "USD", actual: "EUR" }
    )
    assert.deepEqual(
      { ...ledger.refuse(captureOf(id, { amount: cents(401) })) },
      { _tag: "CaptureExceedsHold", holdId: id, remaining: cents(400), requested: cents(401) }
    )
    assert.equal(ledger.refuse(captureOf(id, { amount: cents(400) }))._tag, "AccountRestricted")
    ledger.advance(hour)
    assert.equal(ledger.refuse(captureOf(id, euros))._tag, "HoldEnded")
  })

  test("release fails in this order: not found, ended", () => {
    const ledger = exampleLedger()
    assert.equal(ledger.refuse({ _tag: "Release", holdId: nthHold(999) })._tag, "HoldNotFound")
    const { id } = ledger.hold(holdCommand(alice, bob, cents(400)))
    ledger.accept({ _tag: "Release", holdId: id })
    assert.equal(ledger.refuse({ _tag: "Release", holdId: id })._tag, "HoldEnded")
  })
})
