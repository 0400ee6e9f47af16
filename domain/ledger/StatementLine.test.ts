import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Schema } from "effect"
import * as fc from "fast-check"
import { Period } from "../calendar/index.ts"
import { alice, bank, cents, exampleLedger, transfer } from "./examples.ts"
import { statement } from "./Statement.ts"
import { closingAfter, closingFrom, lineOf, openingOf, StatementLine } from "./StatementLine.ts"
import { bookedEntries } from "./Transaction.ts"

const march = Schema.decodeSync(Period.Period)("2026-03")

const history = (count: number) => {
  const ledger = exampleLedger()
  for (let index = 1; index <= count; index++)
    ledger.submit(index % 3 === 0 ? transfer(alice, bank, cents(index)) : transfer(bank, alice, cents(index)))
  return ledger
    .snapshot()
    .transactions.flatMap(bookedEntries)
    .filter(({ accountId }) => accountId === alice)
}

describe("a statement line by line", () => {
  test("closes as the whole statement does, wherever its pages are cut", () => {
    const entries = history(20)
    fc.assert(
      fc.property(fc.array(fc.nat(20), { maxLength: 4 }), (cuts) => {
        const ends = [0, ...cuts.toSorted((left, right) => left - right), entries.length]
        const closing = ends
          .slice(1)
          .reduce((total, end, index) => closingAfter(total, entries.slice(ends[index], end)), closingFrom(cents(7)))
        const { totalDebits, totalCredits, closing: balance } = statement(alice, march, cents(7), entries)
        const expected = { entries: entries.length, totalDebits, totalCredits, closing: balance }
        assert.deepEqual(closing, { _tag: "StatementClosing", ...expected })
      })
    )
  })

  test("decodes from what it encodes to", () => {
    const [entry = assert.fail("there is an entry")] = history(1)
    for (const line of [openingOf(alice, march, cents(1)), lineOf(entry), closingFrom(cents(1))]) {
      const text = Schema.encodeSync(Schema.fromJsonString(StatementLine))(line)
      assert.deepEqual(Schema.decodeSync(Schema.fromJsonString(StatementLine))(text), line)
    }
  })
})
