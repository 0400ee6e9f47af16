import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import { Layer } from "effect"
import { layer as ids } from "../ids/index.ts"
import { layer as memory } from "../memory/index.ts"
import { cursorOf } from "./Cursor.ts"
import { freshKey, startBank } from "./rest.fixture.ts"

const usd = (amount: string) => ({ amount, currency: "USD" })

describe("pages", () => {
  const bank = startBank(Layer.provideMerge(memory, ids))
  const { send } = bank
  after(() => bank.dispose())

  const follow = async (
    path: string,
    limit: number,
    field: string,
    between = async () => {}
  ): Promise<Array<unknown>> => {
    const seen: Array<unknown> = []
    for (let cursor: unknown = ""; cursor !== null; ) {
      const received = await send("GET", `${path}?limit=${limit}${cursor === "" ? "" : `&cursor=${cursor}`}`)
      assert.equal(received.status, 200, received.text)
      for (let index = 0; index < limit && received.at(`items.${index}`) !== undefined; index++)
        seen.push(received.at(`items.${index}.${field}`))
      cursor = received.at("nextCursor")
      await between()
    }
    return seen
  }

  test("an account's transactions come newest first, each once, while others are posted", async () => {
    const id = await bank.openAccount()
    const deposit = (amount: string) =>
      send("POST", `/v1/accounts/${id}/deposits`, { body: { amount: usd(amount) }, key: freshKey() })
    for (let cents = 1; cents <= 9; cents++) await deposit(`0.0${cents}`)
    const seen = await follow(`/v1/accounts/${id}/transactions`, 2, "amount.amount", async () => {
      await deposit("5.00")
    })
    assert.deepEqual(seen, ["0.09", "0.08", "0.07", "0.06", "0.05", "0.04", "0.03", "0.02", "0.01"])
  })

  test("accounts come in the order of opening, each once", async () => {
    const opened: Array<string> = []
    for (let count = 0; count < 5; count++) opened.push(await bank.openAccount())
    const seen = await follow("/v1/accounts", 2, "id")
    assert.deepEqual(seen.slice(-5), opened)
    assert.equal(new Set(seen).size, seen.length)
  })

  test("a cursor of one list is no cursor of another", async () => {
    const id = await bank.openAccount()
    const cursor = cursorOf("transactions", 5)
    assert.equal((await send("GET", `/v1/accounts/${id}/transactions?cursor=${cursor}`)).status, 200)
    const received = await send("GET", `/v1/accounts?cursor=${cursor}`)
    assert.equal(received.status, 400)
    assert.equal(received.at("errors.0.field"), "cursor")
  })
})

describe("editing by If-Match", () => {
  const bank = startBank(Layer.provideMerge(memory, ids))
  const { send } = bank
  after(() => bank.dispose())
  const etagOf = async (id: string) => (await send("GET", `/v1/accounts/${id}`)).headers.get("etag") ?? ""

  test("an edit with the ETag that was read is made and gives the next ETag", async () => {
    const id = await bank.openAccount()
    const before = await etagOf(id)
    const renamed = await send("PATCH", `/v1/accounts/${id}`, {
      body: { name: "Holidays" },
      headers: { "If-Match": before }
    })
    assert.equal(renamed.status, 200, renamed.text)
    assert.equal(renamed.at("name"), "Holidays")
    assert.notEqual(renamed.headers.get("etag"), before)
    assert.equal(renamed.headers.get("etag"), await etagOf(id))
    const limited = await send("PUT", `/v1/accounts/${id}/overdraft-limit`, {
      body: { overdraftLimit: usd("50.00") },
      headers: { "If-Match": renamed.headers.get("etag") ?? "" }
    })
    assert.equal(limited.status, 200, limited.text)
    assert.deepEqual(limited.at("balances.available"), usd("50.00"))
    const unnamed = await send("PATCH", `/v1/accounts/${id}`, { body: { name: null }, headers: { "If-Match": "*" } })
    assert.equal(unnamed.status, 200, unnamed.text)
    assert.equal(unnamed.at("name"), undefined)
  })

  test("an edit with an ETag that is stale, weak or unknown changes nothing", async () => {
    const id = await bank.openAccount()
    const etag = await etagOf(id)
    await send("PATCH", `/v1/accounts/${id}`, { body: { name: "First" }, headers: { "If-Match": etag } })
    for (const tag of [etag, `W/${await etagOf(id)}`, '"abc"', '"0"', '"999999999999999999999"']) {
      const received = await send("PATCH", `/v1/accounts/${id}`, {
        body: { name: "Second" },
        headers: { "If-Match": tag }
      })
      assert.equal(received.status, 412, `${tag} ${received.text}`)
      assert.equal(received.at("errors.0.field"), "If-Match")
    }
    assert.equal((await send("GET", `/v1/accounts/${id}`)).at("name"), "First")
  })

  test("of many edits with one ETag at once, one is made", async () => {
    const id = await bank.openAccount()
    const etag = await etagOf(id)
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        send("PATCH", `/v1/accounts/${id}`, { body: { name: `Name ${index}` }, headers: { "If-Match": etag } })
      )
    )
    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
    assert.equal(answers.filter(({ status }) => status === 412).length, 19)
  })

  test("an edit without If-Match is asked for it", async () => {
    const id = await bank.openAccount()
    const rename = await send("PATCH", `/v1/accounts/${id}`, { body: { name: "Holidays" } })
    const limit = await send("PUT", `/v1/accounts/${id}/overdraft-limit`, { body: { overdraftLimit: usd("5.00") } })
    for (const received of [rename, limit]) {
      assert.equal(received.status, 428)
      assert.equal(received.at("code"), "precondition_required")
      assert.equal(received.at("errors.0.field"), "If-Match")
    }
  })
})
