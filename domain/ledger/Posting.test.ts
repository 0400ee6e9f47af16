import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { LocalDate } from "../calendar/index.ts"
import { Money } from "../money/index.ts"
import type { Leg, Post } from "./Command.ts"
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
  openCommand,
  start,
  transfer,
  unopened
} from "./examples.ts"
import { available, balanceMinorMax, posted } from "./LedgerAccount.ts"

const journal = (...legs: ReadonlyArray<Leg>): Post => ({ _tag: "Post", kind: "journal", legs })
const debit = (accountId: Leg["accountId"], amount: Money.Money): Leg => ({ accountId, side: "debit", amount })
const credit = (accountId: Leg["accountId"], amount: Money.Money): Leg => ({ accountId, side: "credit", amount })
const euros = (minor: number): Money.Money => Money.make(BigInt(minor), eur)

describe("posting", () => {
  test("a transaction is booked now, with value on the business date, its entries numbered and balances running", () => {
    const ledger = exampleLedger()
    const transaction = ledger.post(transfer(alice, bob, cents(250)))
    assert.deepEqual(transaction, {
      id: transaction.id,
      kind: "transfer",
      bookedAt: start,
      valueDate: "2026-03-31",
      entries: [
        { ...debit(alice, cents(250)), sequence: 2, balance: cents(750) },
        { ...credit(bob, cents(250)), sequence: 1, balance: cents(250) }
      ]
    })
  })

  test("a transaction keeps the value date, description and metadata it was given", () => {
    const memo = {
      valueDate: LocalDate.LocalDate.make("2026-04-01"),
      description: "Rent",
      metadata: { contract: "17" }
    }
    const transaction = exampleLedger().post({ ...transfer(alice, bob, cents(1)), ...memo })
    assert.deepEqual({ ...transaction, ...memo }, transaction)
  })

  test("a transaction of many legs balances in each of its currencies", () => {
    const ledger = exampleLedger()
    ledger.accept(
      journal(
        debit(bank, cents(300)),
        credit(erika, euros(70)),
        credit(alice, cents(100)),
        credit(bob, cents(200)),
        debit(euroBank, euros(70))
      )
    )
    assert.deepEqual(
      [alice, bob, erika].map((id) => posted(ledger.account(id))),
      [1100n, 200n, 70n]
    )
  })

  test("an account named twice in a transaction is judged on the net, whatever the order of legs", () => {
    const legs = [debit(bob, cents(40)), credit(bob, cents(100)), debit(bank, cents(60))]
    for (const order of [legs, legs.toReversed()]) {
      const ledger = exampleLedger()
      ledger.accept(journal(...order))
      assert.deepEqual([posted(ledger.account(bob)), ledger.account(bob).sequence], [60n, 2])
    }
    const short = exampleLedger().refuse(
      journal(credit(bob, cents(40)), debit(bob, cents(100)), credit(bank, cents(60)))
    )
    assert.deepEqual(
      [short._tag, "requested" in short && short.requested, "available" in short && short.available],
      ["InsufficientFunds", cents(60), cents(0)]
    )
  })

  test("an account that moves money to itself needs none", () => {
    const ledger = exampleLedger()
    ledger.accept(transfer(bob, bob, cents(5)))
    assert.deepEqual([posted(ledger.account(bob)), ledger.account(bob).sequence], [0n, 2])
  })

  test("a customer spends down to the limit and not a cent further", () => {
    const ledger = exampleLedger()
    ledger.accept(configure(alice, { overdraftLimit: cents(500) }))
    assert.equal(ledger.refuse(transfer(alice, bob, cents(1501)))._tag, "InsufficientFunds")
    ledger.accept(transfer(alice, bob, cents(1500)))
    assert.deepEqual([posted(ledger.account(alice)), available(ledger.account(alice))], [-500n, 0n])
    assert.equal(ledger.refuse(transfer(alice, bob, cents(1)))._tag, "InsufficientFunds")
  })

  test("an account that a lowered limit left short is refused every debit and takes every credit", () => {
    const ledger = exampleLedger()
    ledger.accept(configure(bob, { overdraftLimit: cents(500) }))
    ledger.accept(transfer(bob, alice, cents(400)))
    ledger.accept(configure(bob, { revision: 3, overdraftLimit: cents(100) }))
    assert.equal(ledger.refuse(transfer(bob, alice, cents(1)))._tag, "InsufficientFunds")
    ledger.accept(transfer(alice, bob, cents(1)))
    ledger.accept(journal(debit(bob, cents(5)), credit(bob, cents(5))))
    assert.equal(available(ledger.account(bob)), -299n)
  })

  test("a debit-normal customer account, such as a loan, is spent by credits", () => {
    const ledger = emptyLedger()
    ledger.accept(openCommand(bank, { kind: "internal" }))
    ledger.accept(openCommand(alice, { normalSide: "debit" }))
    assert.equal(ledger.refuse(transfer(bank, alice, cents(1)))._tag, "InsufficientFunds")
    ledger.accept(transfer(alice, bank, cents(100)))
    ledger.accept(transfer(bank, alice, cents(60)))
    assert.equal(posted(ledger.account(alice)), 40n)
  })

  test("a side that is frozen is refused, the other is not", () => {
    for (const [restriction, debits, credits] of [
      ["none", true, true],
      ["debits", false, true],
      ["credits", true, false],
      ["both", false, false]
    ] as const) {
      const ledger = exampleLedger()
      ledger.accept(configure(alice, { restriction }))
      for (const [command, passes] of [
        [transfer(alice, bob, cents(1)), debits],
        [transfer(bank, alice, cents(1)), credits]
      ] as const) {
        if (passes) ledger.accept(command)
        else
          assert.deepEqual({ ...ledger.refuse(command) }, { accountId: alice, restriction, _tag: "AccountRestricted" })
      }
    }
  })

  test("turnover ends at the largest 64-bit integer", () => {
    const ledger = exampleLedger()
    ledger.accept(transfer(bank, bob, cents(balanceMinorMax - 1000n)))
    const overflow = ledger.refuse(transfer(bank, bob, cents(1)))
    assert.deepEqual({ ...overflow }, { accountId: bank, _tag: "BalanceOverflow" })
    assert.equal(ledger.account(bank).postedDebits, balanceMinorMax)
  })

  test("legs are unbalanced whichever side is larger, and if only one currency of several is", () => {
    for (const [debits, credits] of [
      [2, 1],
      [1, 2]
    ] as const) {
      const ledger = exampleLedger()
      const unbalanced = { _tag: "Unbalanced", debits: euros(debits), credits: euros(credits) }
      const legs = [
        debit(bank, cents(5)),
        credit(alice, cents(5)),
        debit(euroBank, euros(debits)),
        credit(erika, euros(credits))
      ]
      assert.deepEqual({ ...ledger.refuse(journal(...legs)) }, unbalanced)
    }
  })

  test("a rejected transaction changes nothing", () => {
    const ledger = exampleLedger()
    const before = ledger.snapshot()
    ledger.refuse(
      journal(debit(bank, cents(10)), credit(bob, cents(10)), debit(bob, cents(11)), credit(bank, cents(11)))
    )
    assert.deepEqual(ledger.snapshot(), before)
  })

  test("errors come in this order: Unbalanced; per leg not found, closed, currency, restricted; per account funds, overflow", () => {
    const ledger = exampleLedger()
    const closed = openCommand(unopened)
    ledger.accept(configure(erika, { overdraftLimit: euros(0), restriction: "both" }))
    const tagOf = (command: Post): string => ledger.refuse(command)._tag
    // Each command still has all the faults of those below it.
    assert.equal(tagOf(journal(debit(unopened, cents(2)), credit(erika, cents(1)))), "Unbalanced")
    assert.equal(tagOf(journal(debit(unopened, cents(1)), credit(erika, cents(1)))), "AccountNotFound")
    ledger.accept({ ...closed, currency: eur, overdraftLimit: euros(0) })
    ledger.accept(configure(unopened, { overdraftLimit: euros(0), restriction: "both" }))
    assert.equal(tagOf(journal(debit(unopened, cents(1)), credit(erika, cents(1)))), "AccountCurrencyMismatch")
    assert.equal(tagOf(journal(debit(unopened, euros(1)), credit(alice, euros(1)))), "AccountRestricted")
    assert.equal(tagOf(journal(debit(erika, euros(1)), credit(alice, euros(1)))), "AccountRestricted")
    assert.equal(
      tagOf(journal(debit(bob, cents(1)), credit(alice, cents(1)), debit(bank, euros(1)), credit(erika, euros(1)))),
      "AccountCurrencyMismatch"
    )
    ledger.accept({ _tag: "CloseAccount", accountId: unopened, revision: 3 })
    assert.equal(tagOf(journal(debit(unopened, cents(1)), credit(erika, cents(1)))), "AccountClosed")
    const huge = cents(balanceMinorMax)
    assert.equal(tagOf(journal(debit(bob, huge), credit(alice, huge))), "InsufficientFunds")
    assert.equal(tagOf(journal(credit(alice, huge), debit(bob, huge))), "BalanceOverflow")
  })
})
