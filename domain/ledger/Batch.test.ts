import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Result } from "effect"
import { Instant, LocalDate } from "../calendar/index.ts"
import { decideBatch } from "./Batch.ts"
import type { Command } from "./Command.ts"
import { decide, type Occasion } from "./Decide.ts"
import {
  alice,
  bank,
  bob,
  cents,
  configure,
  exampleLedger,
  holdCommand,
  holdId,
  hour,
  openCommand,
  start,
  transactionId,
  transfer,
  unopened
} from "./examples.ts"

const tags = (outcomes: ReadonlyArray<Result.Result<unknown, { readonly _tag: string }>>): ReadonlyArray<string> =>
  outcomes.map((each) => (Result.isSuccess(each) ? "accepted" : each.failure._tag))

const occasion = (n: number, now: Instant.Instant = start): Occasion => ({
  now,
  businessDate: LocalDate.fromInstant(now),
  transactionId: transactionId(1000 + n),
  holdId: holdId(1000 + n)
})

const inTurn = (commands: ReadonlyArray<Command>) =>
  commands.map((command, index) => ({ command, occasion: occasion(index) }))

describe("a batch", () => {
  test("each command sees what those before it did, and nothing of those refused", () => {
    const ledger = exampleLedger()
    const outcomes = ledger.batch([
      transfer(bob, alice, cents(1)),
      transfer(alice, bob, cents(1000)),
      transfer(alice, bob, cents(1)),
      transfer(bob, alice, cents(600)),
      holdCommand(alice, bob, cents(600)),
      transfer(alice, bob, cents(1)),
      openCommand(unopened),
      openCommand(unopened),
      transfer(bob, unopened, cents(400)),
      configure(unopened, { restriction: "both" }),
      transfer(bank, unopened, cents(1))
    ])
    assert.deepEqual(tags(outcomes), [
      "InsufficientFunds",
      "accepted",
      "InsufficientFunds",
      "accepted",
      "accepted",
      "InsufficientFunds",
      "accepted",
      "AccountAlreadyExists",
      "accepted",
      "accepted",
      "AccountRestricted"
    ])
  })

  test("a hold, a transaction and their ends may share a batch", () => {
    const ledger = exampleLedger()
    const held = occasion(0)
    const { outcomes, draft } = decideBatch(
      ledger.book,
      [],
      inTurn([
        holdCommand(alice, bob, cents(400)),
        { _tag: "Capture", holdId: held.holdId, amount: cents(100), keepRest: true },
        { _tag: "Reverse", transactionId: occasion(1).transactionId, amount: cents(60) },
        { _tag: "Reverse", transactionId: occasion(1).transactionId, amount: cents(41) },
        { _tag: "Release", holdId: held.holdId },
        { _tag: "Release", holdId: held.holdId }
      ]),
      start
    )
    assert.deepEqual(tags(outcomes), [
      "accepted",
      "accepted",
      "accepted",
      "ReversalExceedsTransaction",
      "accepted",
      "HoldEnded"
    ])
    assert.equal(draft.hold(held.holdId)?.status, "released")
    assert.equal(draft.reversed(occasion(1).transactionId), 60n)
  })

  test("holds that are due are expired first, and only those", () => {
    const ledger = exampleLedger()
    const expiresAt = Instant.addMillis(start, hour)
    const due = ledger.hold(holdCommand(alice, bob, cents(600), { expiresAt }))
    const later = ledger.hold(holdCommand(alice, bob, cents(300), { expiresAt: Instant.addMillis(start, 2 * hour) }))
    const { outcomes, draft } = decideBatch(
      ledger.book,
      [due, later],
      [{ command: transfer(alice, bob, cents(700)), occasion: occasion(0, expiresAt) }],
      expiresAt
    )
    assert.deepEqual(tags(outcomes), ["accepted"])
    assert.deepEqual([draft.hold(due.id)?.status, draft.hold(later.id)?.status], ["expired", "authorized"])
    assert.deepEqual(
      [...draft.changed().holds].map((hold) => hold.id),
      [due.id]
    )
  })

  test("a hold that is due is not captured or released even where no one has expired it", () => {
    const ledger = exampleLedger()
    const expiresAt = Instant.addMillis(start, hour)
    const { id } = ledger.hold(holdCommand(alice, bob, cents(600), { expiresAt }))
    for (const command of [
      { _tag: "Capture", holdId: id, keepRest: false },
      { _tag: "Release", holdId: id }
    ] as const) {
      const decided = decide(ledger.book, command, occasion(0, expiresAt))
      assert.ok(Result.isFailure(decided) && decided.failure._tag === "HoldEnded")
      assert.equal(decided.failure.status, "expired")
    }
  })

  test("the book it is decided against stays as it was, and the draft lists each change once", () => {
    const ledger = exampleLedger()
    const before = ledger.snapshot()
    const { draft } = decideBatch(
      ledger.book,
      [],
      inTurn([transfer(alice, bob, cents(1)), transfer(alice, bob, cents(1)), transfer(bob, bank, cents(99))]),
      start
    )
    assert.deepEqual(ledger.snapshot(), before)
    const changed = draft.changed()
    assert.deepEqual(
      [...changed.accounts].map((account) => [account.id, account.sequence]),
      [
        [alice, 3],
        [bob, 2]
      ]
    )
    assert.equal([...changed.transactions].length, 2)
    assert.deepEqual([...changed.holds], [])
  })

  test("a batch of nothing changes nothing", () => {
    const { outcomes, draft } = decideBatch(exampleLedger().book, [], [], start)
    const { accounts, holds, transactions } = draft.changed()
    assert.deepEqual([outcomes, [...accounts], [...holds], [...transactions]], [[], [], [], []])
  })
})
