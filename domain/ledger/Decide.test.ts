import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { TypedId } from "../ids/index.ts"
import { Money } from "../money/index.ts"
import {
  alice,
  bank,
  bob,
  cents,
  configure,
  emptyLedger,
  erika,
  eur,
  euroBank,
  exampleLedger,
  holdCommand,
  openCommand,
  start,
  transfer,
  unopened,
  usd
} from "./examples.ts"
import { internalAccountId, openInternal } from "./InternalAccount.ts"
import { posted } from "./LedgerAccount.ts"

const close = (accountId: typeof alice, sweepTo?: typeof alice) =>
  ({ _tag: "CloseAccount", accountId, revision: 9, ...(sweepTo === undefined ? {} : { sweepTo }) }) as const

describe("opening", () => {
  test("an account opens now, empty, unrestricted, with the terms it was given", () => {
    const ledger = emptyLedger()
    const terms = { kind: "customer", currency: usd, normalSide: "credit", revision: 4 } as const
    const receipt = ledger.accept(openCommand(alice, { ...terms, overdraftLimit: cents(500) }))
    assert.deepEqual(receipt, { _tag: "AccountChanged", account: ledger.account(alice) })
    assert.deepEqual(ledger.account(alice), {
      ...terms,
      id: alice,
      overdraftLimit: 500n,
      restriction: "none",
      closed: false,
      sequence: 0,
      openHolds: 0,
      postedDebits: 0n,
      postedCredits: 0n,
      pendingDebits: 0n,
      pendingCredits: 0n,
      openedAt: start
    })
  })

  test("open fails in this order: it exists, the limit's currency", () => {
    const ledger = exampleLedger()
    const inEuros = { overdraftLimit: Money.zero(eur) }
    assert.deepEqual(
      { ...ledger.refuse(openCommand(alice, inEuros)) },
      { _tag: "AccountAlreadyExists", accountId: alice }
    )
    assert.deepEqual(
      { ...ledger.refuse(openCommand(unopened, inEuros)) },
      { _tag: "AccountCurrencyMismatch", accountId: unopened, expected: "USD", actual: "EUR" }
    )
    ledger.accept(close(bob))
    assert.equal(ledger.refuse(openCommand(bob))._tag, "AccountAlreadyExists")
  })

  test("the bank's own accounts have the same ids everywhere, one for each role and currency", () => {
    // A UUID of version 8 that ends in "casUSD".
    assert.equal(TypedId.toUuid(internalAccountId("cash", usd)), "00000000-0000-8000-8000-636173555344")
    const ids = (["cash", "settlement"] as const).flatMap((role) =>
      [usd, eur].map((code) => internalAccountId(role, code))
    )
    assert.equal(new Set(ids).size, 4)
    const ledger = emptyLedger()
    for (const role of ["cash", "settlement"] as const) ledger.accept(openInternal(role, usd))
    const sides = (["cash", "settlement"] as const).map(
      (role) => ledger.account(internalAccountId(role, usd)).normalSide
    )
    assert.deepEqual(sides, ["debit", "credit"])
    ledger.accept(transfer(internalAccountId("settlement", usd), internalAccountId("cash", usd), cents(5)))
    assert.equal(posted(ledger.account(internalAccountId("cash", usd))), -5n)
  })
})

describe("settings", () => {
  test("a newer revision applies limit and restriction, an older or equal one changes nothing", () => {
    const ledger = exampleLedger()
    ledger.accept(configure(alice, { revision: 5, overdraftLimit: cents(70), restriction: "debits" }))
    const { overdraftLimit, restriction, revision } = ledger.account(alice)
    assert.deepEqual(
      { overdraftLimit, restriction, revision },
      { overdraftLimit: 70n, restriction: "debits", revision: 5 }
    )
    const before = ledger.account(alice)
    for (const stale of [1, 4, 5])
      assert.deepEqual(ledger.accept(configure(alice, { revision: stale })), {
        _tag: "AccountChanged",
        account: before
      })
    assert.deepEqual(ledger.account(alice), before)
  })

  test("configure fails in this order: not found, closed, the limit's currency", () => {
    const ledger = exampleLedger()
    const inEuros = { overdraftLimit: Money.zero(eur) }
    assert.deepEqual(
      { ...ledger.refuse(configure(unopened, inEuros)) },
      { _tag: "AccountNotFound", accountId: unopened }
    )
    assert.deepEqual(
      { ...ledger.refuse(configure(alice, inEuros)) },
      { _tag: "AccountCurrencyMismatch", accountId: alice, expected: "USD", actual: "EUR" }
    )
    ledger.accept(close(bob))
    assert.deepEqual({ ...ledger.refuse(configure(bob, inEuros)) }, { _tag: "AccountClosed", accountId: bob })
  })
})

describe("closing", () => {
  test("closing sweeps the balance to another account in a transaction of its own", () => {
    const ledger = exampleLedger()
    const receipt = ledger.accept(close(alice, bob))
    assert.ok(receipt._tag === "AccountChanged" && receipt.transaction !== undefined)
    assert.deepEqual(receipt.account, ledger.account(alice))
    assert.deepEqual([receipt.account.closed, receipt.account.revision], [true, 9])
    assert.equal(receipt.transaction.kind, "closing")
    assert.deepEqual(
      [alice, bob].map((id) => posted(ledger.account(id))),
      [0n, 1000n]
    )
  })

  test("an account of the bank with its money on the debit side is swept by a credit", () => {
    const ledger = exampleLedger()
    ledger.accept(openCommand(unopened, { kind: "internal", normalSide: "debit" }))
    ledger.accept(close(bank, unopened))
    assert.deepEqual(
      [bank, unopened].map((id) => posted(ledger.account(id))),
      [0n, 1000n]
    )
  })

  test("an account without balance closes without a transaction", () => {
    const ledger = exampleLedger()
    assert.deepEqual(ledger.accept(close(bob, alice)), { _tag: "AccountChanged", account: ledger.account(bob) })
    assert.equal(ledger.account(bob).closed, true)
  })

  test("an account that takes no credits, as while it is closing, is still swept; one that pays nothing is not", () => {
    const ledger = exampleLedger()
    ledger.accept(configure(alice, { restriction: "debits" }))
    assert.equal(ledger.refuse(close(alice, bob))._tag, "AccountRestricted")
    ledger.accept(configure(alice, { revision: 3, restriction: "credits" }))
    ledger.accept(close(alice, bob))
  })

  test("close fails in this order: not found, closed, holds, balance, then as the sweeping transaction", () => {
    const ledger = exampleLedger()
    assert.deepEqual({ ...ledger.refuse(close(unopened, alice)) }, { _tag: "AccountNotFound", accountId: unopened })
    const { id: holdId } = ledger.hold(holdCommand(bank, alice, cents(1)))
    assert.deepEqual({ ...ledger.refuse(close(alice)) }, { _tag: "HoldsOutstanding", accountId: alice, openHolds: 1 })
    ledger.accept({ _tag: "Release", holdId })
    const outstanding = { _tag: "BalanceOutstanding", accountId: alice, balance: cents(1000) }
    assert.deepEqual({ ...ledger.refuse(close(alice)) }, outstanding)
    assert.deepEqual({ ...ledger.refuse(close(alice, alice)) }, outstanding)
    ledger.accept(configure(bob, { overdraftLimit: cents(5) }))
    ledger.accept(transfer(bob, bank, cents(5)))
    assert.deepEqual(
      { ...ledger.refuse(close(bob, alice)) },
      { _tag: "BalanceOutstanding", accountId: bob, balance: cents(-5) }
    )
    assert.equal(ledger.refuse(close(alice, unopened))._tag, "AccountNotFound")
    assert.equal(ledger.refuse(close(alice, euroBank))._tag, "AccountCurrencyMismatch")
    assert.equal(ledger.account(alice).closed, false)
    ledger.accept(close(erika))
    assert.equal(ledger.refuse(close(erika, alice))._tag, "AccountClosed")
    assert.equal(ledger.refuse(close(alice, erika))._tag, "AccountClosed")
  })
})
