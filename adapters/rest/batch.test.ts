import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import { Layer } from "effect"
import { layer as ids } from "../ids/index.ts"
import { layer as memory } from "../memory/index.ts"
import { freshKey, startBank } from "./rest.fixture.ts"

const path = "/v1/transfers/batch"
const usd = (amount: string) => ({ amount, currency: "USD" })

describe("a batch over REST", () => {
  const bank = startBank(Layer.provideMerge(memory, ids))
  const { send } = bank
  after(() => bank.dispose())

  const transfers = (from: string, to: string, count: number) =>
    Array.from({ length: count }, (_, index) => ({
      kind: "transfer",
      from,
      to,
      amount: usd("1.00"),
      description: `No. ${index}`
    }))
  const post = (mode: string, items: ReadonlyArray<unknown>, key: string) =>
    send("POST", path, { body: { mode, items }, key })

  for (const mode of ["independent", "all_or_nothing"])
    test(`a thousand items, ${mode}, are posted once and a retry is answered byte for byte alike`, async () => {
      const from = await bank.fundedAccount("1000.00")
      const to = await bank.openAccount()
      const key = freshKey()
      const first = await post(mode, transfers(from, to, 1000), key)
      assert.equal(first.status, 200, first.text.slice(0, 300))
      assert.deepEqual(
        [first.at("items.0.index"), first.at("items.999.index"), first.at("items.999.transaction.description")],
        [0, 999, "No. 999"]
      )
      const again = await post(mode, transfers(from, to, 1000), key)
      assert.deepEqual([again.text, again.headers.get("x-request-id")], [first.text, first.headers.get("x-request-id")])
      assert.deepEqual([await bank.posted(from), await bank.posted(to)], ["0.00", "1000.00"])
    })

  test("ten thousand items are taken", async () => {
    const from = await bank.fundedAccount("10000.00")
    const to = await bank.openAccount()
    const received = await post("independent", transfers(from, to, 10_000), freshKey())
    assert.equal(received.status, 200)
    assert.equal(await bank.posted(to), "10000.00")
  })

  test("independent items fail by themselves, each with its index, field and figures", async () => {
    const from = await bank.fundedAccount("2.00")
    const to = await bank.openAccount()
    const missing = "acc_01h455vb4pex5vsknk084sn02q"
    const [item] = transfers(from, to, 1)
    const deposit = { kind: "deposit", account: from, amount: usd("0.50") }
    const withdrawal = { kind: "withdrawal", account: to, amount: usd("0.25") }
    const items = [item, { ...item, amount: usd("9.00") }, { ...item, to: missing }, deposit, item, withdrawal]
    const key = freshKey()
    const received = await post("independent", items, key)
    assert.equal(received.status, 200)
    const errors = [1, 2].map((index) => [
      received.at(`items.${index}.error.code`),
      received.at(`items.${index}.error.field`)
    ])
    assert.deepEqual(errors, [
      ["insufficient_funds", "items.1.amount"],
      ["account_not_found", "items.2"]
    ])
    assert.match(received.textAt("items.1.error.detail"), /1\.00 USD available; 9\.00 USD/)
    assert.deepEqual(
      [0, 3, 4, 5].map((index) => received.at(`items.${index}.transaction.kind`)),
      ["transfer", "deposit", "transfer", "withdrawal"]
    )
    assert.deepEqual([await bank.posted(from), await bank.posted(to)], ["0.50", "1.75"])
    await send("POST", `/v1/accounts/${from}/deposits`, { body: { amount: usd("90.00") }, key: freshKey() })
    assert.equal((await post("independent", items, key)).text, received.text)
  })

  test("of an all-or-nothing batch with one item that fails nothing is done, and the item is named", async () => {
    const from = await bank.fundedAccount("2.00")
    const to = await bank.openAccount()
    const key = freshKey()
    const received = await post("all_or_nothing", transfers(from, to, 3), key)
    assert.deepEqual([received.status, received.at("code")], [422, "insufficient_funds"])
    assert.equal(received.at("errors.0.field"), "items.2.amount")
    assert.match(received.textAt("detail"), /^Nothing was done, because of items\.2: /)
    assert.deepEqual([await bank.posted(from), await bank.posted(to)], ["2.00", "0.00"])
    await send("POST", `/v1/accounts/${from}/deposits`, { body: { amount: usd("90.00") }, key: freshKey() })
    assert.equal((await post("all_or_nothing", transfers(from, to, 3), key)).text, received.text)
  })

  test("another body under the key is refused: as a whole, or the items that differ", async () => {
    const from = await bank.fundedAccount("50.00")
    const to = await bank.openAccount()
    const key = freshKey()
    const items = transfers(from, to, 2)
    const changed = items.map((item, index) => (index === 1 ? { ...item, amount: usd("2.00") } : item))
    await post("all_or_nothing", items, key)
    const whole = await post("all_or_nothing", changed, key)
    assert.deepEqual([whole.status, whole.at("code")], [422, "idempotency_key_reused"])
    const first = await post("independent", items, key)
    const second = await post("independent", changed, key)
    assert.deepEqual(second.at("items.0"), first.at("items.0"))
    assert.deepEqual(
      [second.at("items.1.error.code"), second.at("items.1.error.field")],
      ["idempotency_key_reused", "items.1"]
    )
    assert.equal(await bank.posted(to), "4.00")
  })

  test("a body of 8 MiB is read, a larger one is not", async () => {
    const padded = (bytes: number) =>
      send("POST", path, { raw: `{"mode":1}${" ".repeat(bytes - 10)}`, key: freshKey() })
    assert.equal((await padded(8 * 1024 * 1024)).status, 400)
    assert.equal((await padded(8 * 1024 * 1024 + 1)).status, 413)
  })
})
