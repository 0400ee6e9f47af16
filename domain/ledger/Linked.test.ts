import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Result, Schema } from "effect"
import * as fc from "fast-check"
import { type Linkable, Linked, legsMax, linkedMax } from "./Command.ts"
import {
  alice,
  bank,
  bob,
  cents,
  type ExampleLedger,
  exampleLedger,
  holdCommand,
  holdId,
  transactionId,
  transfer,
  unopened
} from "./examples.ts"
import type { LinkedApplied } from "./Receipt.ts"
import { Rejection } from "./Rejection.ts"

const encode = Schema.encodeSync(Rejection)

const link = (...commands: ReadonlyArray<Linkable>): Linked => ({ _tag: "Linked", commands })

const applied = (ledger: ExampleLedger, ...commands: ReadonlyArray<Linkable>): LinkedApplied["receipts"] => {
  const receipt = ledger.accept(link(...commands))
  assert.ok(receipt._tag === "LinkedApplied")
  return receipt.receipts
}

/** Ledgers of the same story, one for the linked commands and one for the same commands one by one. */
const pair = () => {
  const [linked, single] = [exampleLedger(), exampleLedger()]
  const holds = [linked, single].map((ledger) => ledger.hold(holdCommand(alice, bob, cents(300))).id)
  const posts = [linked, single].map((ledger) => ledger.post(transfer(alice, bob, cents(200))).id)
  return { linked, single, hold: holds[0] ?? holdId(0), post: posts[0] ?? transactionId(0) }
}

/** A snapshot without the ids that ledgers choose, which differ with the number of commands. */
const state = (ledger: ExampleLedger): unknown => {
  const { accounts, transactions, holds, short } = ledger.snapshot()
  const { hold, post } = { hold: holds[0]?.id, post: transactions[1]?.id }
  return {
    accounts,
    short,
    transactions: transactions.map(({ id, ...rest }) => ({ ...rest, same: id === post })),
    holds: holds.map(({ id, ...rest }) => ({ ...rest, same: id === hold }))
  }
}

const minor = fc.integer({ min: 1, max: 400 })
const account = fc.constantFrom(alice, bob, bank, alice, bob, bank, alice, bob, bank, unopened)
const { hold: heldId, post: postedId } = pair()
const linkable: fc.Arbitrary<Linkable> = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(account, account, minor).map(([from, to, of]) => transfer(from, to, cents(of))) },
  fc.tuple(account, account, minor).map(([from, to, of]) => holdCommand(from, to, cents(of))),
  fc
    .tuple(minor, fc.boolean())
    .map(([of, keepRest]): Linkable => ({ _tag: "Capture", holdId: heldId, amount: cents(of), keepRest })),
  fc.constant<Linkable>({ _tag: "Release", holdId: heldId }),
  minor.map((of): Linkable => ({ _tag: "Reverse", transactionId: postedId, amount: cents(of) }))
)

describe("linked commands", () => {
  test("INV-44: they do what they do one after the other, or nothing, and fail as the first that fails", () => {
    const seen = { accepted: 0, refused: 0 }
    fc.assert(
      fc.property(fc.array(linkable, { minLength: 1, maxLength: 6 }), (commands) => {
        const { linked, single } = pair()
        const before = linked.snapshot()
        const outcome = linked.submit(link(...commands))
        const inTurn = commands.map((command) => single.submit(command))
        const failed = inTurn.findIndex(Result.isFailure)
        const reason = inTurn[failed]
        if (reason !== undefined && Result.isFailure(reason)) {
          seen.refused += 1
          assert.ok(Result.isFailure(outcome) && outcome.failure._tag === "LinkedRejected")
          assert.equal(outcome.failure.index, failed)
          assert.deepEqual({ ...outcome.failure.reason }, { ...reason.failure })
          assert.deepEqual(linked.snapshot(), before)
        } else {
          seen.accepted += 1
          assert.ok(Result.isSuccess(outcome) && outcome.success._tag === "LinkedApplied")
          assert.equal(outcome.success.receipts.length, commands.length)
          assert.deepEqual(state(linked), state(single))
        }
      }),
      { numRuns: 300, seed: 20_261_124 }
    )
    assert.ok(seen.accepted >= 50 && seen.refused >= 50, JSON.stringify(seen))
  })

  test("each sees the money that those before it moved, and balances run through the list", () => {
    const ledger = exampleLedger()
    const receipts = applied(ledger, transfer(alice, bob, cents(1000)), transfer(bob, alice, cents(400)))
    const balances = receipts.map((each) =>
      each._tag === "TransactionPosted" ? each.transaction.entries.map(({ balance }) => balance.minor) : []
    )
    assert.deepEqual(balances, [
      [0n, 1000n],
      [600n, 400n]
    ])
  })

  test("what they make gets ids that ascend in their order, and receipts are in that order", () => {
    const ledger = exampleLedger()
    const receipts = applied(
      ledger,
      transfer(alice, bob, cents(1)),
      holdCommand(alice, bob, cents(2)),
      transfer(alice, bob, cents(3)),
      transfer(alice, bob, cents(4))
    )
    const tags = ["TransactionPosted", "HoldChanged", "TransactionPosted", "TransactionPosted"]
    assert.deepEqual(
      receipts.map((each) => each._tag),
      tags
    )
    const ids = receipts.flatMap((each) => (each._tag === "TransactionPosted" ? [each.transaction.id] : []))
    assert.deepEqual(ids, [...new Set(ids)].sort())
    assert.deepEqual(ledger.snapshot().holds.length, 1)
  })

  test("captures and reversals of one hold and one transaction add up within the list", () => {
    const { linked: ledger, hold, post } = pair()
    const capture = { _tag: "Capture", holdId: hold, amount: cents(150), keepRest: true } as const
    const reverse = { _tag: "Reverse", transactionId: post, amount: cents(150) } as const
    const tooMuch = ledger.refuse(link(capture, capture, reverse, reverse))
    assert.ok(tooMuch._tag === "LinkedRejected")
    assert.deepEqual([tooMuch.index, tooMuch.reason._tag], [3, "ReversalExceedsTransaction"])
    const receipts = applied(ledger, capture, capture, reverse)
    const statuses = receipts.map((each) => each.hold?.status)
    assert.deepEqual(statuses, ["authorized", "captured", undefined])
  })

  test("in a batch, those refused leave nothing for later commands to see", () => {
    const ledger = exampleLedger()
    const outcomes = ledger.batch([
      link(transfer(alice, bob, cents(1000)), transfer(alice, bob, cents(1))),
      transfer(bob, alice, cents(1)),
      link(transfer(alice, bob, cents(600))),
      transfer(bob, alice, cents(600))
    ])
    assert.deepEqual(outcomes.map(Result.isSuccess), [false, false, true, true])
  })

  test("the transactions of a list have up to 10,000 entries in all", () => {
    const wide = (minor: number): Linkable => ({
      _tag: "Post",
      kind: "journal",
      legs: Array.from({ length: legsMax }, (_, index) => ({
        accountId: index % 2 === 0 ? bank : bob,
        side: index % 2 === 0 ? ("debit" as const) : ("credit" as const),
        amount: cents(minor)
      }))
    })
    const ledger = exampleLedger()
    const full = Array.from({ length: 20 }, () => wide(1))
    const tooLong = { _tag: "LinkedRejected", reason: { _tag: "LinkedTooLong", entriesMax: 10_000 } }
    const posted = ledger.refuse(link(...full, transfer(alice, bob, cents(1))))
    assert.deepEqual(encode(posted), { ...tooLong, index: 20 })
    const { id } = ledger.post(wide(2))
    const short = [...full.slice(1), transfer(alice, bob, cents(1))]
    const reversed = ledger.refuse(link(...short, { _tag: "Reverse", transactionId: id }))
    assert.deepEqual(encode(reversed), { ...tooLong, index: 20 })
    applied(ledger, ...full, holdCommand(alice, bob, cents(1)))
  })

  test("one to 1,000 commands are linked, and none that opens, configures or closes an account or links", () => {
    const isLinked = Schema.is(Linked)
    const some = (length: number) => Array.from({ length }, () => ({ _tag: "Release", holdId: holdId(1) }))
    for (const [length, valid] of [
      [0, false],
      [1, true],
      [linkedMax, true],
      [linkedMax + 1, false]
    ] as const)
      assert.equal(isLinked({ _tag: "Linked", commands: some(length) }), valid, `${length} commands`)
    assert.equal(isLinked(link({ _tag: "Release", holdId: holdId(1) })), true)
    for (const command of [
      { _tag: "CloseAccount", accountId: alice, revision: 2 },
      { _tag: "Linked", commands: some(1) }
    ])
      assert.equal(isLinked({ _tag: "Linked", commands: [command] }), false, command._tag)
  })
})
