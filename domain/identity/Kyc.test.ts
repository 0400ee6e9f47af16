import assert from "node:assert/strict"
import { test } from "node:test"
import { Currency, Money } from "../money/index.ts"
import { Kyc } from "./index.ts"

const usd = Currency.Code.make("USD")
const yen = Currency.Code.make("JPY")
const dinar = Currency.Code.make("BHD")

test("who has shown only an email address moves up to 150 at once, who was checked up to 15,000", () => {
  assert.deepEqual(Kyc.limitOf("none", usd), Money.make(15_000n, usd))
  assert.deepEqual(Kyc.limitOf("basic", usd), Money.make(1_500_000n, usd))
})

test("who has shown an identity document has no limit", () => {
  for (const currency of [usd, yen, dinar]) assert.equal(Kyc.limitOf("full", currency), undefined)
})

test("a limit is of whole units, whatever the decimals of its currency", () => {
  assert.deepEqual(Kyc.limitOf("none", yen), Money.make(150n, yen))
  assert.deepEqual(Kyc.limitOf("none", dinar), Money.make(150_000n, dinar))
})

test("a better known customer never has a lower limit", () => {
  for (const currency of [usd, yen, dinar]) {
    const limits = Kyc.KycLevel.literals.map((level) => Kyc.limitOf(level, currency)?.minor ?? Money.amountMinorMax)
    assert.deepEqual(
      limits,
      limits.toSorted((left, right) => (left < right ? -1 : left > right ? 1 : 0))
    )
  }
})
