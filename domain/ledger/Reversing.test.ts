import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Result } from "effect"
import type { TransactionId } from "../ids/index.ts"
import { Currency, Money } from "../money/index.ts"
import type { Post, Reverse } from "./Command.ts"
import {
  alice,
  bank,
  bob,
  cents,
  configure,
  eur,
  exampleLedger,
  holdCommand,
  transactionId as nthTransaction,
  transfer
} from "./examples.ts"
import { posted } from "./LedgerAccount.ts"

const reverseOf = (transactionId: TransactionId, more: Partial<Reverse> = {}): Reverse => ({
  _tag: "Reverse",
  transactionId,
  ...more
})

const split: Post = {
  _tag: "Post",
  kind: "journal",
  legs: [
    { accountId: bank, side: "debit", amount: cents(300) },
    { accountId: alice, side: "credit", amount: cents(100) },
    { accountId: bob, side: "credit", amount: cents(200) }
  ]
}

describe("reversals", () => {
  test("a reversal is the mirror image, leg by leg, and names what it reverses", () => {
    const ledger = exampleLedger()
    const original = ledger.post(split)
    const reversal = ledger.post(reverseOf(original.id, { description: "Twice" }))
    assert.deepEqual(
      reversal.entries.map(({ accountId, side, amount }) => ({ accountId, side, amount })),
      [
        { accountId: bank, side: "credit", amount: cents(300) },
        { accountId: alice, side: "debit", amount: cents(100) },
        { accountId: bob, side: "debit", amount: cents(200) }
      ]
    )
    assert.deepEqual([reversal.kind, reversal.reverses, reversal.description], ["reversal", original.id, "Twice"])
    assert.deepEqual(
      [alice, bob].map((id) => posted(ledger.account(id))),
      [1000n, 0n]
    )
  })

  test("a transaction of two entries is reversed in parts until nothing is left", () => {
    const ledger = exampleLedger()
    const { id } = ledger.post(transfer(alice, bob, cents(300)))
    ledger.accept(reverseOf(id, { amount: cents(100) }))
    ledger.accept(reverseOf(id, { amount: cents(50) }))
    assert.deepEqual(
      { ...ledger.refuse(reverseOf(id, { amount: cents(151) })) },
      { _tag: "ReversalExceedsTransaction", transactionId: id, remaining: cents(150), requested: cents(151) }
    )
    assert.deepEqual(ledger.post(reverseOf(id)).entries[0]?.amount, cents(150))
    for (const again of [reverseOf(id), reverseOf(id, { amount: cents(300) }), reverseOf(id, { amount: cents(1) })])
      assert.equal(ledger.refuse(again)._tag, "ReversalExceedsTransaction")
    assert.equal(posted(ledger.account(alice)), 1000n)
  })

  test("a transaction of more entries is reversed as a whole, also where the whole is named, and once", () => {
    const named = exampleLedger()
    const { id } = named.post(split)
    assert.deepEqual(
      { ...named.refuse(reverseOf(id, { amount: cents(100) })) },
      { _tag: "PartialReversalUnsupported", transactionId: id }
    )
    // The same number in another currency is not the whole.
    const euros = Money.make(300n, Currency.Code.make("EUR"))
    assert.equal(named.refuse(reverseOf(id, { amount: euros }))._tag, "PartialReversalUnsupported")
    named.accept(reverseOf(id, { amount: cents(300) }))
    for (const again of [reverseOf(id), reverseOf(id, { amount: cents(300) })])
      assert.equal(named.refuse(again)._tag, "ReversalExceedsTransaction")
  })

  test("in one batch the second whole reversal is refused", () => {
    const ledger = exampleLedger()
    const { id } = ledger.post(transfer(alice, bob, cents(300)))
    const outcomes = ledger.batch([reverseOf(id), reverseOf(id)])
    assert.deepEqual(
      outcomes.map((each) => each._tag),
      ["Success", "Failure"]
    )
  })

  test("parts reversed before a batch and in it count together", () => {
    const ledger = exampleLedger()
    const { id } = ledger.post(transfer(alice, bob, cents(300)))
    ledger.accept(transfer(bank, bob, cents(1000)))
    ledger.accept(reverseOf(id, { amount: cents(100) }))
    const outcomes = ledger.batch([100, 50, 51, 50].map((minor) => reverseOf(id, { amount: cents(minor) })))
    assert.deepEqual(
      outcomes.map((each) => (Result.isFailure(each) ? each.failure._tag : "accepted")),
      ["accepted", "accepted", "ReversalExceedsTransaction", "accepted"]
    )
  })

  test("a reversal needs the money to be there and the accounts to be usable", () => {
    const ledger = exampleLedger()
    const { id } = ledger.post(transfer(alice, bob, cents(300)))
    ledger.accept(transfer(bob, bank, cents(1)))
    assert.equal(ledger.refuse(reverseOf(id))._tag, "InsufficientFunds")
    ledger.accept(configure(alice, { restriction: "credits" }))
    assert.equal(ledger.refuse(reverseOf(id, { amount: cents(1) }))._tag, "AccountRestricted")
  })

  test("a capture and a sweep are reversed like any transaction, as far as their accounts are open", () => {
    const ledger = exampleLedger()
    const { id: holdId } = ledger.hold(holdCommand(alice, bob, cents(100)))
    const capture = ledger.post({ _tag: "Capture", holdId, keepRest: false })
    ledger.accept(reverseOf(capture.id))
    const closed = ledger.accept({ _tag: "CloseAccount", accountId: alice, sweepTo: bob, revision: 2 })
    assert.ok(closed._tag === "AccountChanged" && closed.transaction !== undefined)
    assert.equal(ledger.refuse(reverseOf(closed.transaction.id))._tag, "AccountClosed")
  })

  test("reverse fails in this order: not found, a reversal, in part, currency, beyond, then as a transaction", () => {
    const ledger = exampleLedger()
    const unknown = nthTransaction(999)
    assert.deepEqual({ ...ledger.refuse(reverseOf(unknown)) }, { _tag: "TransactionNotFound", transactionId: unknown })
    const { id } = ledger.post(transfer(alice, bob, cents(300)))
    const { id: reversal } = ledger.post(reverseOf(id, { amount: cents(200) }))
    const euros = { amount: Money.make(500n, eur) }
    assert.deepEqual(
      { ...ledger.refuse(reverseOf(reversal, euros)) },
      { _tag: "NotReversible", transactionId: reversal }
    )
    const { id: several } = ledger.post(split)
    assert.equal(ledger.refuse(reverseOf(several, euros))._tag, "PartialReversalUnsupported")
    ledger.accept(configure(alice, { restriction: "both" }))
    assert.deepEqual(
      { ...ledger.refuse(reverseOf(id, euros)) },
      { _tag: "CurrencyMismatch", expected: "USD", actual: "EUR" }
    )
    assert.equal(ledger.refuse(reverseOf(id, { amount: cents(101) }))._tag, "ReversalExceedsTransaction")
    assert.equal(ledger.refuse(reverseOf(id))._tag, "AccountRestricted")
  })
})
