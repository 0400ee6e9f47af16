import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import { Layer } from "effect"
import { layer as ids } from "../ids/index.ts"
import { layer as memory } from "../memory/index.ts"
import { freshKey, startBank } from "./rest.fixture.ts"

const usd = (amount: string) => ({ amount, currency: "USD" })

describe("requests with an Idempotency-Key", () => {
  const bank = startBank(Layer.provideMerge(memory, ids))
  const { send } = bank
  after(() => bank.dispose())

  test("a hundred identical requests at once post once and are answered byte for byte alike", async () => {
    const from = await bank.fundedAccount("1000.00")
    const to = await bank.openAccount()
    const key = freshKey()
    const send1 = () => send("POST", "/v1/transfers", { body: { from, to, amount: usd("7.00") }, key })
    const answers = await Promise.all(Array.from({ length: 100 }, send1))
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [201])
    assert.equal(new Set(answers.map(({ text }) => text)).size, 1)
    assert.equal(new Set(answers.map(({ headers }) => headers.get("x-request-id"))).size, 1)
    assert.equal(await bank.posted(from), "993.00")
    assert.equal(await bank.posted(to), "7.00")
  })

  test("of 64 withdrawals at once that ten can be paid, ten are", async () => {
    const id = await bank.fundedAccount("10.00")
    const path = `/v1/accounts/${id}/withdrawals`
    const answers = await Promise.all(
      Array.from({ length: 64 }, () => send("POST", path, { body: { amount: usd("1.00") }, key: freshKey() }))
    )
    assert.equal(answers.filter(({ status }) => status === 201).length, 10)
    const refused = answers.filter(({ status }) => status === 422)
    assert.equal(refused.length, 54)
    assert.ok(refused.every((each) => each.at("code") === "insufficient_funds"))
    assert.equal(await bank.posted(id), "0.00")
  })

  test("another body under the same key is refused and does nothing", async () => {
    const id = await bank.openAccount()
    const key = freshKey()
    const path = `/v1/accounts/${id}/deposits`
    assert.equal((await send("POST", path, { body: { amount: usd("1.00") }, key })).status, 201)
    const other = await send("POST", path, { body: { amount: usd("2.00") }, key })
    assert.equal(other.status, 422)
    assert.equal(other.at("code"), "idempotency_key_reused")
    assert.equal(other.at("errors.0.field"), "Idempotency-Key")
    assert.equal(await bank.posted(id), "1.00")
  })

  test("a refusal is remembered too, byte for byte, after the money has come", async () => {
    const id = await bank.openAccount()
    const withdrawal = { body: { amount: usd("1.00") }, key: freshKey() }
    const refused = await send("POST", `/v1/accounts/${id}/withdrawals`, withdrawal)
    assert.equal(refused.status, 422)
    await send("POST", `/v1/accounts/${id}/deposits`, { body: { amount: usd("5.00") }, key: freshKey() })
    const again = await send("POST", `/v1/accounts/${id}/withdrawals`, withdrawal)
    assert.equal(again.text, refused.text)
  })

  test("two callers may use the same key", async () => {
    const id = await bank.openAccount()
    const deposit = { body: { amount: usd("1.00") }, key: freshKey() }
    const ann = await send("POST", `/v1/accounts/${id}/deposits`, deposit)
    const bob = await send("POST", `/v1/accounts/${id}/deposits`, { ...deposit, token: "bob" })
    assert.notEqual(ann.at("id"), bob.at("id"))
    assert.notEqual(ann.headers.get("x-request-id"), bob.headers.get("x-request-id"))
    assert.equal(await bank.posted(id), "2.00")
  })

  test("a request that was malformed may be mended under its key", async () => {
    const id = await bank.openAccount()
    const key = freshKey()
    assert.equal((await send("POST", `/v1/accounts/${id}/deposits`, { body: { amount: "1.00" }, key })).status, 400)
    assert.equal(
      (await send("POST", `/v1/accounts/${id}/deposits`, { body: { amount: usd("1.00") }, key })).status,
      201
    )
  })

  test("opening an account with a key opens one, without a key one each time", async () => {
    const opening = { body: { product: "savings", currency: "EUR" } }
    const key = freshKey()
    const keyed = await Promise.all([1, 2, 3].map(() => send("POST", "/v1/accounts", { ...opening, key })))
    assert.equal(new Set(keyed.map(({ text }) => text)).size, 1)
    const free = await Promise.all([1, 2, 3].map(() => send("POST", "/v1/accounts", opening)))
    assert.equal(new Set(free.map((each) => each.at("id"))).size, 3)
  })

  test("every POST that moves money needs a key and names the header where it lacks", async () => {
    const account = "acc_01h455vb4pex5vsknk084sn02q"
    for (const path of [
      `/v1/accounts/${account}/deposits`,
      `/v1/accounts/${account}/withdrawals`,
      "/v1/transfers",
      "/v1/transfers/batch",
      "/v1/transactions",
      "/v1/transactions/txn_01h455vb4pex5vsknk084sn02q/reversals",
      "/v1/holds",
      "/v1/holds/hold_01h455vb4pex5vsknk084sn02q/captures"
    ]) {
      const received = await send("POST", path, { body: {} })
      assert.equal(received.status, 400, path)
      assert.equal(received.at("errors.0.field"), "Idempotency-Key", path)
    }
  })
})
