import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { bytesToHex } from "@noble/hashes/utils.js"
import { Result, Schema } from "effect"
import * as fc from "fast-check"
import { Instant } from "../calendar/index.ts"
import type { Transaction } from "../ledger/index.ts"
import { Bytes } from "./Bytes.ts"
import { alterationsOf, type Json, transaction } from "./examples.ts"
import { ofLeaf } from "./Hash.ts"
import * as Leaf from "./Leaf.ts"

const hexOf = (text: string): string => bytesToHex(new TextEncoder().encode(text))

const decode = Schema.decodeUnknownResult(Leaf.Content)

const plain: Transaction.Transaction = {
  id: transaction.id,
  kind: "deposit",
  bookedAt: transaction.bookedAt,
  valueDate: transaction.valueDate,
  entries: []
}

describe("the leaf of a transaction", () => {
  test("has the documented bytes, forever", () => {
    const expected = [
      "01",
      "01935e850dc072378dd49a4552d14cf7",
      "06",
      "000001a20ba5a26b",
      hexOf("2026-11-25"),
      "0f",
      "0000000f",
      "5ac3bc7269636820e282acf09f8fa6",
      "00000002",
      `00000005${hexOf("Batch")}`,
      "00000000",
      `00000005${hexOf("order")}`,
      `00000003${hexOf("A-1")}`,
      "01935e850dc072378dd49a4552d14cf8",
      "01935e850dc072378dd49a4552d14cf9",
      "00000002",
      "01935e850dc072378dd49a4552d14cf4",
      "00",
      `${hexOf("USD")}000000000000000000000000000004d2`,
      "01935e850dc072378dd49a4552d14cf5",
      "01",
      `${hexOf("USD")}000000000000000000000000000004d2`
    ]
    assert.equal(bytesToHex(Leaf.bytesOf(transaction)), expected.join(""))
  })

  test("has the documented bytes where every optional field is absent", () => {
    assert.equal(
      bytesToHex(Leaf.bytesOf(plain)),
      `0101935e850dc072378dd49a4552d14cf701000001a20ba5a26b${hexOf("2026-11-25")}0000000000`
    )
  })

  test("is hashed as RFC 9162 has it, one transaction after another", () => {
    for (const each of [transaction, plain, transaction])
      assert.deepEqual(Leaf.hashOf(each), ofLeaf(Leaf.bytesOf(each)))
  })

  test("does not depend on the order of keys", () => {
    const {
      id,
      kind,
      bookedAt,
      valueDate,
      description = "",
      metadata = {},
      reverses = id,
      holdId,
      entries
    } = transaction
    const turned: Transaction.Transaction = {
      entries: entries.map(({ accountId, side, amount, sequence, balance }) => ({
        balance: { currency: balance.currency, minor: balance.minor },
        sequence,
        amount,
        side,
        accountId
      })),
      ...(holdId === undefined ? {} : { holdId }),
      reverses,
      metadata: Object.fromEntries(Object.entries(metadata).reverse()),
      description,
      valueDate,
      bookedAt,
      kind,
      id
    }
    assert.deepEqual(turned, transaction)
    assert.deepEqual(Leaf.bytesOf(turned), Leaf.bytesOf(transaction))
  })

  test("differs with every field, key, entry and character", () => {
    const encode = Schema.encodeSync(Leaf.Content)
    const wire: Json = JSON.parse(JSON.stringify(encode(Leaf.contentOf(transaction))))
    const seen = new Map([[bytesToHex(Leaf.bytesOf(transaction)), JSON.stringify(wire)]])
    for (const altered of alterationsOf(wire)) {
      const decoded = decode(altered, { onExcessProperty: "error" })
      if (Result.isFailure(decoded)) continue
      const text = JSON.stringify(encode(decoded.success))
      const bytes = bytesToHex(Leaf.bytesOf(decoded.success))
      assert.equal(seen.get(bytes) ?? text, text)
      seen.set(bytes, text)
    }
    assert.ok(seen.size > 120, `${seen.size} distinct leaves`)
  })

  test("is the same whatever the balances and numbers of the entries", () => {
    const entries = transaction.entries.map((entry) => ({ ...entry, sequence: 1, balance: entry.amount }))
    for (const other of [{ ...transaction, entries }, Leaf.contentOf(transaction)])
      assert.deepEqual(Leaf.bytesOf(other), Leaf.bytesOf(transaction))
  })

  test("tells no metadata from empty metadata, and no description from an empty one", () => {
    const leaves = [plain, { ...plain, metadata: {} }, { ...plain, description: "" }].map((each) =>
      bytesToHex(Leaf.bytesOf(each))
    )
    assert.equal(new Set(leaves).size, 3)
  })

  test("has room for any number of entries, and times before 1970", () => {
    const [entry] = transaction.entries
    assert.ok(entry !== undefined)
    const entries = Array.from({ length: 1000 }, () => entry)
    const bytes = Leaf.bytesOf({ ...plain, entries })
    assert.equal(bytes.length, 41 + 1000 * 36)
    const one = Leaf.bytesOf({ ...plain, entries: [entry] })
    // The count of entries lies in the four bytes before the first.
    assert.deepEqual(bytes.slice(0, 37), one.slice(0, 37))
    for (const index of [0, 1, 6, 7, 8, 500, 999])
      assert.deepEqual(bytes.slice(41 + index * 36, 41 + (index + 1) * 36), one.slice(41))
    const early = Leaf.bytesOf({ ...plain, bookedAt: Instant.fromMillis(-1) })
    assert.equal(bytesToHex(early.slice(18, 26)), "ffffffffffffffff")
  })
})

describe("canonical bytes", () => {
  test("of text are those of a TextEncoder", () => {
    const codePoints = fc.oneof(
      fc.integer({ min: 0, max: 0x7f }),
      fc.integer({ min: 0x80, max: 0xd7ff }),
      fc.integer({ min: 0xe000, max: 0x10ffff }),
      fc.constantFrom(0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff)
    )
    const texts = fc.string({ unit: codePoints.map((code) => String.fromCodePoint(code)), maxLength: 300 })
    fc.assert(
      fc.property(texts, (text) => {
        const utf8 = new TextEncoder().encode(text)
        assert.deepEqual(new Bytes().uint8(9).text(text).written().slice(5), utf8)
        assert.deepEqual(new Bytes().text(text).written().slice(0, 4), new Bytes().uint32(utf8.length).written())
      })
    )
  })

  test("of numbers are those of a DataView, to the ends of 53 and 128 bits", () => {
    const view = new DataView(new ArrayBuffer(16))
    const ends = [Number.MIN_SAFE_INTEGER, -(2 ** 32), -1, 0, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER]
    fc.assert(
      fc.property(fc.oneof(fc.maxSafeInteger(), fc.constantFrom(...ends)), (value) => {
        view.setBigInt64(0, BigInt(value))
        assert.deepEqual(new Bytes().int64(value).written(), new Uint8Array(view.buffer.slice(0, 8)))
      })
    )
    const max = 2n ** 127n - 1n
    const bigEnds = [-max - 1n, max, 2n ** 53n, -(2n ** 53n), 2n ** 36n, 2n ** 64n, -(2n ** 64n)]
    const anyBig = fc.oneof(
      fc.bigInt({ min: -max - 1n, max }),
      fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n }),
      fc.constantFrom(...bigEnds)
    )
    fc.assert(
      fc.property(anyBig, (value) => {
        view.setBigInt64(0, value >> 64n)
        view.setBigInt64(8, BigInt.asIntN(64, value))
        assert.deepEqual(new Bytes().int128(value).written(), new Uint8Array(view.buffer.slice(0)))
      })
    )
    assert.throws(() => new Bytes().int128(max + 1n), RangeError)
    assert.throws(() => new Bytes().int128(-max - 2n), RangeError)
  })
})
