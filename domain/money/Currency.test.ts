import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Result, Schema } from "effect"
import { Currency } from "./index.ts"

const code = (text: string) => Currency.Code.make(text)

describe("currency", () => {
  test("yen has no decimals, dollars two, dinars three, the unidad de fomento four", () => {
    assert.deepEqual(
      ["JPY", "USD", "EUR", "KWD", "BHD", "CLF"].map((text) => Currency.exponent(code(text))),
      [0, 2, 2, 3, 3, 4]
    )
  })

  test("the list has 165 currencies, each code and number once, in order", () => {
    assert.equal(Currency.all.length, 165)
    assert.equal(new Set(Currency.all.map((currency) => currency.numeric)).size, 165)
    const codes = Currency.all.map((currency) => currency.code)
    assert.deepEqual(codes, [...new Set(codes)].sort())
    for (const currency of Currency.all) {
      assert.match(currency.code, /^[A-Z]{3}$/u)
      assert.match(currency.numeric, /^\d{3}$/u)
      assert.ok([0, 2, 3, 4].includes(currency.exponent), currency.code)
      assert.notEqual(currency.name, "")
    }
  })

  test("a number keeps its leading zeros", () => {
    assert.deepEqual(Currency.get(code("ALL")), { code: "ALL", numeric: "008", exponent: 2, name: "Lek" })
  })

  test("successors are listed and what they replaced is not", () => {
    for (const current of ["XCG", "XAD", "ZWG", "SLE", "VED", "MRU", "STN"])
      assert.ok(Currency.isCode(current), current)
    for (const gone of ["ANG", "BGN", "HRK", "ZWL", "SLL", "CUC", "DEM", "MRO"]) {
      assert.ok(!Currency.isCode(gone), gone)
    }
  })

  test("codes without a minor unit are no currency to keep money in", () => {
    for (const text of ["XAU", "XAG", "XPT", "XPD", "XBA", "XDR", "XSU", "XUA", "XTS", "XXX"]) {
      assert.ok(!Currency.isCode(text), text)
    }
  })

  test("a code in lower case or with a space is refused", () => {
    for (const text of ["usd", "USD ", "US", "", "constructor"]) {
      assert.ok(Result.isFailure(Schema.decodeUnknownResult(Currency.Code)(text)), text)
    }
  })
})
