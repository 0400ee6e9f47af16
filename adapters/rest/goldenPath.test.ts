import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import { Layer } from "effect"
import { layer as ids } from "../ids/index.ts"
import { layer as memory } from "../memory/index.ts"
import { freshKey, startBank } from "./rest.fixture.ts"

const usd = (amount: string) => ({ amount, currency: "USD" })

describe("the golden path over REST", () => {
  const bank = startBank(Layer.provideMerge(memory, ids))
  const { send } = bank
  after(() => bank.dispose())

  test("an account is opened, read and listed", async () => {
    const opened = await send("POST", "/v1/accounts", {
      body: { product: "checking", currency: "USD", name: "Household" },
      key: freshKey()
    })
    assert.equal(opened.status, 201, opened.text)
    const id = opened.textAt("id")
    assert.equal(opened.headers.get("location"), `/v1/accounts/${id}`)
    const read = await send("GET", `/v1/accounts/${id}`)
    assert.equal(read.status, 200)
    assert.equal(read.text, opened.text)
    assert.equal(read.headers.get("etag"), `"${read.at("version")}"`)
    const listed = await send("GET", `/v1/accounts?owner=${opened.textAt("owner")}&limit=10`)
    assert.deepEqual(listed.at("items.0"), JSON.parse(read.text))
    assert.equal(listed.at("nextCursor"), null)
  })

  test("money is deposited, transferred, withdrawn, and every balance says so", async () => {
    const from = await bank.fundedAccount("100.00")
    const to = await bank.openAccount()
    const transferred = await send("POST", "/v1/transfers", {
      body: { from, to, amount: usd("30.5"), description: "Rent", metadata: { invoice: "7" } },
      key: freshKey()
    })
    assert.equal(transferred.status, 201, transferred.text)
    assert.equal(transferred.at("entries.0.amount.amount"), "30.50")
    assert.equal(transferred.headers.get("location"), `/v1/transactions/${transferred.textAt("id")}`)
    const read = await send("GET", `/v1/transactions/${transferred.textAt("id")}`)
    assert.equal(read.text, transferred.text)
    const withdrawn = await send("POST", `/v1/accounts/${to}/withdrawals`, {
      body: { amount: usd("0.50") },
      key: freshKey()
    })
    assert.equal(withdrawn.status, 201, withdrawn.text)
    assert.equal(await bank.posted(from), "69.50")
    assert.equal(await bank.posted(to), "30.00")
  })

  test("a journal transaction is posted and reversed in part and then wholly", async () => {
    const one = await bank.fundedAccount("10.00")
    const two = await bank.openAccount()
    const posted = await send("POST", "/v1/transactions", {
      body: {
        entries: [
          { accountId: one, side: "debit", amount: usd("4.00") },
          { accountId: two, side: "credit", amount: usd("4.00") }
        ]
      },
      key: freshKey()
    })
    assert.equal(posted.status, 201, posted.text)
    const path = `/v1/transactions/${posted.textAt("id")}/reversals`
    const part = await send("POST", path, { body: { amount: usd("1.00") }, key: freshKey() })
    assert.equal(part.status, 201, part.text)
    assert.equal(part.at("reverses"), posted.at("id"))
    const rest = await send("POST", path, { key: freshKey() })
    assert.equal(rest.status, 201, rest.text)
    assert.equal(await bank.posted(one), "10.00")
    const more = await send("POST", path, { key: freshKey() })
    assert.equal(more.at("code"), "reversal_exceeds_transaction")
  })

  test("a hold reserves, is captured in part and released", async () => {
    const from = await bank.fundedAccount("10.00")
    const to = await bank.openAccount()
    const held = await send("POST", "/v1/holds", { body: { from, to, amount: usd("6.00") }, key: freshKey() })
    assert.equal(held.status, 201, held.text)
    const path = `/v1/holds/${held.textAt("id")}`
    assert.equal(held.headers.get("location"), path)
    const account = await send("GET", `/v1/accounts/${from}`)
    assert.deepEqual(account.at("balances"), { posted: usd("10.00"), pending: usd("4.00"), available: usd("4.00") })
    const captured = await send("POST", `${path}/captures`, {
      body: { amount: usd("2.00"), keepRest: true },
      key: freshKey()
    })
    assert.equal(captured.status, 201, captured.text)
    const released = await send("POST", `${path}/release`)
    assert.equal(released.status, 200, released.text)
    assert.equal((await send("GET", path)).at("status"), "released")
    assert.equal(await bank.posted(from), "8.00")
    assert.equal((await send("POST", `${path}/release`)).at("code"), "hold_ended")
  })

  test("a statement's opening and entries give its closing", async () => {
    const id = await bank.fundedAccount("10.00")
    await send("POST", `/v1/accounts/${id}/withdrawals`, { body: { amount: usd("2.25") }, key: freshKey() })
    const statement = await send("GET", `/v1/accounts/${id}/statements/2026-11`)
    assert.equal(statement.status, 200, statement.text)
    assert.equal(statement.at("opening.amount"), "0.00")
    assert.equal(statement.at("totalCredits.amount"), "10.00")
    assert.equal(statement.at("totalDebits.amount"), "2.25")
    assert.equal(statement.at("closing.amount"), "7.75")
    const before = await send("GET", `/v1/accounts/${id}/statements/2026-10`)
    assert.deepEqual(before.at("entries"), [])
  })

  test("a frozen account refuses debits until it is unfrozen, and a closed one for good", async () => {
    const id = await bank.fundedAccount("5.00")
    const heir = await bank.openAccount()
    const withdraw = () =>
      send("POST", `/v1/accounts/${id}/withdrawals`, { body: { amount: usd("1.00") }, key: freshKey() })
    assert.equal((await send("POST", `/v1/accounts/${id}/freeze`, { body: { freeze: "debits" } })).status, 200)
    assert.equal((await withdraw()).at("code"), "account_frozen")
    assert.equal((await send("POST", `/v1/accounts/${id}/unfreeze`)).status, 200)
    assert.equal((await withdraw()).status, 201)
    const closed = await send("POST", `/v1/accounts/${id}/close`, { body: { sweepTo: heir } })
    assert.equal(closed.status, 200, closed.text)
    assert.equal(closed.at("status"), "closed")
    assert.equal(await bank.posted(heir), "4.00")
    assert.equal((await withdraw()).at("code"), "account_closed")
  })

  test("the keys of an answer stand in the order of its Schema", async () => {
    const id = await bank.fundedAccount("1.00")
    const account: unknown = JSON.parse((await send("GET", `/v1/accounts/${id}`)).text)
    assert.deepEqual(Object.keys(Object(account)), [
      ...[
        "id",
        "owner",
        "product",
        "currency",
        "number",
        "status",
        "overdraftLimit",
        "balances",
        "createdAt",
        "version"
      ]
    ])
  })
})
