import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Schema } from "effect"
import * as fc from "fast-check"
import { Period } from "../calendar/index.ts"
import type { Money } from "../money/index.ts"
import { alice, bank, bob, cents, exampleLedger, hour, transfer } from "./examples.ts"
import { statement } from "./Statement.ts"
import { type BookedEntry, bookedEntries } from "./Transaction.ts"

const march = Schema.decodeSync(Period.Period)("2026-03")

/** Alice's entries after the transfers, oldest first: what goes out is negative. */
const history = (amounts: ReadonlyArray<number>): ReadonlyArray<BookedEntry> => {
  const ledger = exampleLedger()
  for (const minor of amounts) {
    ledger.advance(hour)
    ledger.submit(minor < 0 ? transfer(alice, bob, cents(-minor)) : transfer(bank, alice, cents(minor + 1)))
  }
  return ledger
    .snapshot()
    .transactions.flatMap(bookedEntries)
    .filter((entry) => entry.accountId === alice)
}

describe("a statement", () => {
  test("shows the period from its first to its last day, the totals of both sides and the last balance", () => {
    const entries = history([-300, 49, -100])
    const shown = statement(alice, march, cents(0), entries)
    assert.deepEqual(shown, {
      accountId: alice,
      period: march,
      from: "2026-03-01",
      to: "2026-03-31",
      opening: cents(0),
      totalDebits: cents(400),
      totalCredits: cents(1050),
      closing: cents(650),
      entries
    })
  })

  test("without entries closes as it opened", () => {
    const shown = statement(alice, march, cents(-7), [])
    assert.deepEqual([shown.totalDebits, shown.totalCredits, shown.closing], [cents(0), cents(0), cents(-7)])
  })

  test("opening + credits − debits is closing, and the next period opens there, wherever a history is cut", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -400, max: 400 }), { maxLength: 20 }), fc.nat(20), (amounts, cut) => {
        const entries = history(amounts)
        let opening: Money.Money = cents(0)
        for (const part of [entries.slice(0, cut), entries.slice(cut)]) {
          const { totalCredits, totalDebits, closing } = statement(alice, march, opening, part)
          assert.equal(opening.minor + totalCredits.minor - totalDebits.minor, closing.minor)
          opening = closing
        }
        assert.deepEqual(opening, entries.at(-1)?.balance ?? cents(0))
      })
    )
  })

  test("an entry in a history carries the head of its transaction", () => {
    const ledger = exampleLedger()
    const { id, entries, ...head } = ledger.post({ ...transfer(alice, bob, cents(5)), description: "Tea" })
    assert.deepEqual(bookedEntries({ id, entries, ...head }), [
      { ...entries[0], ...head, transactionId: id },
      { ...entries[1], ...head, transactionId: id }
    ])
  })
})
