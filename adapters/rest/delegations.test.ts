import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import { Layer } from "effect"
import { Permission } from "../../domain/identity/index.ts"
import { tenant } from "../contract/index.ts"
import { layer as ids } from "../ids/index.ts"
import { layer as memory } from "../memory/index.ts"
import { described } from "./described.fixture.ts"
import { addTotp, newCustomer, type Person, raise, staff } from "./people.fixture.ts"
import { freshKey, startBank } from "./rest.fixture.ts"

const usd = (amount: string) => ({ amount, currency: "USD" })

describe("delegations over REST", () => {
  const bank = described(
    startBank(Layer.provideMerge(memory, ids), {
      terms: { ...Permission.termsUsual, tenant, selfServiceCash: true },
      callers: new Map([staff("o", "operator"), staff("u", "auditor")])
    })
  )
  const { send } = bank
  after(() => bank.dispose())

  /** A customer with a fresh second factor, and an account of 100 dollars. */
  const owner = async (name: string) => {
    const person = await newCustomer(bank, `${name}@example.com`)
    await addTotp(bank, person)
    const token = await raise(bank, person)
    const opened = await send("POST", "/v1/accounts", { token, body: { product: "checking", currency: "USD" } })
    const account = opened.textAt("id")
    const body = { amount: usd("100.00") }
    const paid = await send("POST", `/v1/accounts/${account}/deposits`, { token, body, key: freshKey() })
    assert.equal(paid.status, 201, paid.text)
    return { ...person, token, account }
  }
  const give = (by: Person, to: Person, more: object) =>
    send("POST", "/v1/delegations", {
      token: by.token,
      body: { grantee: to.customer, kind: "joint_holder", right: "view", ...more }
    })
  const pay = (by: Person, from: string, to: string, amount: string) =>
    send("POST", "/v1/transfers", { token: by.token, body: { from, to, amount: usd(amount) }, key: freshKey() })

  test("an owner lets another customer in, as far as was said, and out again", async () => {
    const [ann, zoe] = [await owner("ann"), await owner("zoe")]
    const see = () => send("GET", `/v1/accounts/${ann.account}`, { token: zoe.token })
    assert.equal((await see()).at("code"), "account_not_found")
    const viewed = await give(ann, zoe, { account: ann.account })
    assert.equal(viewed.status, 201, viewed.text)
    assert.equal(viewed.headers.get("location"), `/v1/delegations/${viewed.textAt("id")}`)
    assert.equal((await see()).at("balances.posted.amount"), "100.00")
    assert.equal((await pay(zoe, ann.account, zoe.account, "5.00")).status, 404, "to see is not to move")
    const paying = await give(ann, zoe, { account: ann.account, right: "transact", amountMax: usd("20.00") })
    assert.equal((await pay(zoe, ann.account, zoe.account, "20.00")).status, 201)
    assert.equal((await pay(zoe, ann.account, zoe.account, "20.01")).at("code"), "delegation_limit_exceeded")
    for (const { textAt } of [viewed, paying]) {
      const revoked = await send("POST", `/v1/delegations/${textAt("id")}/revoke`, { token: ann.token })
      assert.equal(typeof revoked.at("revokedAt"), "string", revoked.text)
    }
    assert.equal((await see()).status, 404)
    assert.equal((await pay(zoe, ann.account, zoe.account, "1.00")).status, 404)
  })

  test("both sides see a delegation and end it; a third customer does neither", async () => {
    const [ann, zoe, eve] = [await owner("giver"), await owner("taker"), await owner("third")]
    const made = await give(ann, zoe, {})
    const path = `/v1/delegations/${made.textAt("id")}`
    for (const { token } of [ann, zoe]) {
      assert.equal((await send("GET", path, { token })).text, made.text)
      assert.deepEqual((await send("GET", "/v1/delegations", { token })).at("items.0"), JSON.parse(made.text))
    }
    const { token } = eve
    assert.equal((await send("GET", path, { token })).at("code"), "delegation_not_found")
    assert.equal((await send("POST", `${path}/revoke`, { token })).at("code"), "delegation_not_found")
    assert.deepEqual((await send("GET", "/v1/delegations", { token })).at("items"), [])
    assert.equal((await send("GET", `/v1/delegations?customer=${ann.customer}`, { token })).status, 404)
    const audited = await send("GET", `/v1/delegations?customer=${ann.customer}`, { token: "u" })
    assert.deepEqual(audited.at("items.0"), JSON.parse(made.text))
    assert.equal((await send("POST", `${path}/revoke`, { token: zoe.token })).status, 200)
  })

  test("nobody gives what is another's, and no delegate hands on what was delegated", async () => {
    const [ann, zoe, eve] = [await owner("rich"), await owner("sly"), await owner("friend")]
    assert.equal((await give(zoe, zoe, { account: ann.account })).at("code"), "delegation_to_self")
    assert.equal((await give(zoe, eve, { account: ann.account })).at("code"), "account_not_found")
    assert.equal((await give(zoe, eve, { grantor: ann.customer })).at("code"), "owner_not_found")
    await give(ann, zoe, { right: "manage" })
    assert.equal((await give(zoe, eve, { grantor: ann.customer })).at("code"), "owner_not_found")
    assert.equal((await give(zoe, eve, { account: ann.account })).at("code"), "account_not_found")
  })

  test("bad input names its field, and a retry of the key is one delegation", async () => {
    const [ann, zoe] = [await owner("exact"), await owner("kin")]
    for (const [more, field] of [
      [{ right: "own" }, "right"],
      [{ kind: "friend" }, "kind"],
      [{ amountMax: usd("-1.00") }, "amountMax.amount"],
      [{ endsAt: "tomorrow" }, "endsAt"],
      [{ until: "2030-01-01" }, "until"]
    ] as const) {
      const { status, at, text } = await give(ann, zoe, more)
      assert.deepEqual([status, at("errors.0.field")], [400, field], text)
    }
    const key = freshKey()
    const body = { grantee: zoe.customer, kind: "signatory", right: "view" }
    const [first, second] = await Promise.all(
      [0, 1].map(() => send("POST", "/v1/delegations", { token: ann.token, body, key }))
    )
    assert.equal(first?.text, second?.text)
    const other = await send("POST", "/v1/delegations", { token: ann.token, body: { ...body, right: "manage" }, key })
    assert.equal(other.at("code"), "idempotency_key_reused")
  })
})
