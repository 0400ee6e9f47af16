import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Result, Schema } from "effect"
import { Instant } from "../calendar/index.ts"
import { Money } from "../money/index.ts"
import * as Command from "./Command.ts"
import {
  alice,
  bank,
  bob,
  cents,
  configure,
  eur,
  exampleLedger,
  holdCommand,
  openCommand,
  transfer,
  unopened
} from "./examples.ts"
import * as Receipt from "./Receipt.ts"
import * as Rejection from "./Rejection.ts"
import { Description, Metadata } from "./Transaction.ts"

const roundTrip = <A, E>(schema: Schema.Codec<A, E>, value: A): A => {
  const codec = Schema.fromJsonString(schema)
  return Schema.decodeUnknownSync(codec)(Schema.encodeSync(codec)(value))
}

const isValid = (schema: Schema.Codec<unknown, unknown>, input: unknown): boolean =>
  Result.isSuccess(Schema.decodeUnknownResult(schema)(input, { onExcessProperty: "error" }))

describe("the ledger's commands, receipts and rejections as JSON", () => {
  test("INV-20: commands and receipts of a whole story decode from what they encode to", () => {
    const ledger = exampleLedger()
    const story = (command: Command.Command): Receipt.Receipt => {
      assert.deepEqual(roundTrip(Command.Command, command), command)
      const receipt = ledger.accept(command)
      assert.deepEqual(roundTrip(Receipt.Receipt, receipt), receipt)
      return receipt
    }
    story(openCommand(unopened, { overdraftLimit: cents(Money.amountMinorMax) }))
    story(configure(unopened, { restriction: "debits" }))
    const paid = story({ ...transfer(alice, bob, cents(300)), description: "Ω 🦫", metadata: { "a.b-c_1": "\n" } })
    const held = story(holdCommand(alice, bob, cents(300), { expiresAt: Instant.addMillis(ledger.now(), 1) }))
    assert.ok(paid._tag === "TransactionPosted" && held._tag === "HoldChanged")
    story({ _tag: "Capture", holdId: held.hold.id, amount: cents(100), keepRest: true })
    story({ _tag: "Release", holdId: held.hold.id })
    story({ _tag: "Reverse", transactionId: paid.transaction.id, amount: cents(1) })
    story({ _tag: "Linked", commands: [transfer(alice, bob, cents(1)), holdCommand(alice, bob, cents(1))] })
    story({ _tag: "Release", holdId: [...ledger.snapshot().holds].at(-1)?.id ?? held.hold.id })
    story({ _tag: "CloseAccount", accountId: alice, sweepTo: bob, revision: 3 })
  })

  test("INV-20: a rejection decodes from what it encodes to, with its fields", () => {
    const ledger = exampleLedger()
    for (const command of [
      transfer(bob, alice, cents(1)),
      transfer(alice, unopened, cents(1)),
      transfer(alice, bob, Money.make(1n, eur)),
      openCommand(alice),
      { _tag: "CloseAccount", accountId: alice, revision: 2 } as const,
      { _tag: "Linked", commands: [transfer(alice, bob, cents(1)), transfer(bob, alice, cents(2))] } as const
    ]) {
      const rejection = ledger.refuse(command)
      assert.deepEqual({ ...roundTrip(Rejection.Rejection, rejection) }, { ...rejection })
    }
  })

  test("a post has 2 to 500 legs of a positive amount, and no kind that other commands make", () => {
    const leg = { accountId: bank, side: "debit", amount: { amount: "1.00", currency: "USD" } }
    const post = (legs: ReadonlyArray<unknown>, kind = "journal") => ({ _tag: "Post", kind, legs })
    const legs = (count: number) => Array.from({ length: count }, () => leg)
    for (const [count, valid] of [
      [0, false],
      [1, false],
      [2, true],
      [500, true],
      [501, false]
    ] as const)
      assert.equal(isValid(Command.Post, post(legs(count))), valid, `${count} legs`)
    for (const amount of ["0.00", "-1.00", "1.001", "10000000000000.00"])
      assert.equal(isValid(Command.Post, post([leg, { ...leg, amount: { amount, currency: "USD" } }])), false, amount)
    for (const kind of ["capture", "reversal", "closing", "gift"])
      assert.equal(isValid(Command.Post, post(legs(2), kind)), false, kind)
    assert.equal(isValid(Command.Post, { ...post(legs(2)), surplus: 1 }), false)
  })

  test("an overdraft limit is zero or more", () => {
    const open = (amount: string) => ({ ...openCommand(alice), overdraftLimit: { amount, currency: "USD" } })
    assert.equal(isValid(Command.OpenAccount, open("0.00")), true)
    assert.equal(isValid(Command.OpenAccount, open("-0.01")), false)
    const set = { ...configure(alice), overdraftLimit: { amount: "-0.01", currency: "USD" } }
    assert.equal(isValid(Command.ConfigureAccount, set), false)
  })

  test("a description is up to 140 characters of text, in any script, without control characters", () => {
    for (const valid of ["", "x".repeat(140), "🦫".repeat(140), "Grüße\u00a0東京"])
      assert.equal(isValid(Description, valid), true, valid)
    for (const invalid of ["x".repeat(141), "🦫".repeat(141), "a\nb", "a\u0000", "\u0085", "\ud800", 1])
      assert.equal(isValid(Description, invalid), false, String(invalid))
  })

  test("metadata is up to 20 keys of plain characters with up to 500 characters each", () => {
    const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, ""]))
    for (const valid of [{}, keys(20), { "A.b-c_9": "🦫\n".repeat(250) }, { [`${"k".repeat(40)}`]: "" }])
      assert.equal(isValid(Metadata, valid), true, JSON.stringify(valid))
    for (const invalid of [
      keys(21),
      { "": "" },
      { "a b": "" },
      { ключ: "" },
      { [`${"k".repeat(41)}`]: "" },
      { a: "x".repeat(501) },
      { a: "\u0000" },
      { a: "\ud800" },
      { a: 1 }
    ])
      assert.equal(isValid(Metadata, invalid), false, JSON.stringify(invalid))
  })
})
