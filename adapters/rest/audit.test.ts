import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import { Layer } from "effect"
import { layer as ids } from "../ids/index.ts"
import { layer as memory } from "../memory/index.ts"
import { described } from "./described.fixture.ts"
import { codeAt } from "./outside.fixture.ts"
import { addTotp, logIn, newCustomer, password, raise, registration, staff, userId } from "./people.fixture.ts"
import { freshKey, type Received, startBank } from "./rest.fixture.ts"

describe("the audit log and clients over REST", () => {
  const bank = described(
    startBank(Layer.provideMerge(memory, ids), {
      callers: new Map([staff("a", "administrator"), staff("u", "auditor"), staff("o", "operator")]),
      addressOf: () => "203.0.113.7"
    })
  )
  const { send } = bank
  after(() => bank.dispose())

  const search = async (query: string): Promise<Received> => {
    const found = await send("GET", `/v1/audit?${query}`, { token: "u" })
    assert.equal(found.status, 200, found.text)
    return found
  }
  const itemsOf = ({ at }: Received): ReadonlyArray<unknown> => {
    const items = at("items")
    return Array.isArray(items) ? items : assert.fail("no list")
  }
  const field = (item: unknown, name: string): unknown => Object(item)[name]

  test("an auditor sees who did what, when, from where and why, and what it was before and after", async () => {
    const { user, token, customer, session } = await newCustomer(bank, "seen@example.com")
    const headers = { "If-Match": "*", "X-Reason": "Married", "User-Agent": "Test/1" }
    await send("PATCH", "/v1/users/me", { token, body: { profile: { fullName: "Ada King" } }, headers })
    const found = await search(`operation=users.update&object=${user}`)
    assert.deepEqual(
      itemsOf(found).map((item) => field(item, "outcome")),
      ["done", "attempted"]
    )
    const { actor, origin, before, after: then, at } = Object(found.at("items.0"))
    assert.deepEqual(actor, { id: user, user, customer, roles: ["customer"], client: "gophers-bank-app", session })
    assert.deepEqual(
      { ...origin, requestId: "" },
      {
        requestId: "",
        address: "203.0.113.7",
        userAgent: "Test/1",
        reason: "Married"
      }
    )
    assert.equal(Object(JSON.parse(before)).profile.fullName, "Ada Lovelace")
    assert.equal(Object(JSON.parse(then)).profile.fullName, "Ada King")
    assert.equal(at, "2026-11-24T03:42:14.123Z")
  })

  test("a login that was tried is found by whose it is, and who only looked is seen too", async () => {
    const { user, email } = await newCustomer(bank, "tried@example.com")
    await send("POST", "/v1/sessions", { token: null, body: { email, password: "wrong horse battery" } })
    const [last] = itemsOf(await search(`operation=sessions.create&object=${user}`))
    assert.deepEqual([field(last, "outcome"), field(last, "code")], ["failed", "invalid_login"])
    await send("GET", `/v1/users/${user}`, { token: "a" })
    const read = itemsOf(await search(`operation=users.read&actor=${userId("a")}&object=${user}`))
    assert.deepEqual(
      read.map((item) => field(item, "outcome")),
      ["read"]
    )
    const refused = await send("POST", `/v1/users/${user}/erase`, { token: "o" })
    assert.equal(refused.status, 403)
    const [turnedAway] = itemsOf(await search(`operation=users.erase&actor=${userId("o")}`))
    assert.deepEqual([field(turnedAway, "outcome"), field(turnedAway, "code")], ["refused", "forbidden"])
  })

  test("its pages follow each other without a gap, and a filter that is none is refused", async () => {
    const first = await search("limit=3")
    const next = await search(`limit=3&cursor=${first.textAt("nextCursor")}`)
    const numbers = [...itemsOf(first), ...itemsOf(next)].map((item) => Number(field(item, "sequence")))
    const [newest = 0] = numbers
    assert.deepEqual(
      numbers,
      Array.from({ length: 6 }, (_, index) => newest - index)
    )
    for (const [query, name] of [
      ["operation=users.spy", "operation"],
      ["from=yesterday", "from"],
      ["customer=x", "customer"],
      ["limit=201", "limit"]
    ] as const) {
      const { status, at } = await send("GET", `/v1/audit?${query}`, { token: "u" })
      assert.deepEqual([status, at("errors.0.field")], [400, name])
    }
    assert.deepEqual((await search("from=2026-11-25T00:00:00Z")).at("items"), [])
  })

  test("its head moves with every entry, and nobody but auditors reads it", async () => {
    const head = async () => send("GET", "/v1/audit/head", { token: "u" })
    const before = await head()
    assert.match(before.textAt("hash"), /^[0-9a-f]{64}$/)
    await newCustomer(bank, "moves@example.com")
    const then = await head()
    assert.ok(Number(then.at("sequence")) > Number(before.at("sequence")))
    for (const token of ["a", "o"])
      for (const path of ["/v1/audit", "/v1/audit/head"]) assert.equal((await send("GET", path, { token })).status, 403)
  })

  test("an app is registered, told its secret once, listed and removed", async () => {
    const app = {
      name: "Household Ledger",
      confidentiality: "confidential",
      grantTypes: ["authorization_code", "refresh_token"],
      redirectUris: ["https://ledger.example/callback"],
      scopes: ["accounts:read"]
    }
    const add = (body: unknown) => send("POST", "/v1/clients", { token: "a", body })
    const registered = await add(app)
    assert.equal(registered.status, 201, registered.text)
    const secret = registered.textAt("secret")
    const listed = await send("GET", "/v1/clients", { token: "a" })
    assert.deepEqual(listed.at("items.0"), registered.at("client"))
    assert.ok(!listed.text.includes(secret))
    assert.equal((await add({ ...app, scopes: ["bank:admin"] })).at("code"), "scope_not_grantable")
    assert.equal(
      (await add({ ...app, redirectUris: ["http://ledger.example/"] })).at("errors.0.field"),
      "redirectUris.0"
    )
    const remove = () => send("DELETE", `/v1/clients/${registered.textAt("client.id")}`, { token: "a" })
    assert.equal((await remove()).status, 204)
    assert.equal((await remove()).at("code"), "client_not_found")
    assert.equal((await send("GET", "/v1/clients", { token: "o" })).status, 403)
  })

  test("no secret that was ever told or sent stands on the audit log", async () => {
    const email = "secretive@example.com"
    const begun = await send("POST", "/v1/users", { token: null, body: registration(email) })
    const mailed = { ticket: begun.textAt("ticket"), code: await bank.secretTo(email) }
    const verified = await send("POST", "/v1/users/verifications", { token: null, body: mailed })
    const person = { token: (await logIn(bank, email)).textAt("accessToken") }
    const codes = await addTotp(bank, person)
    const fresh = await raise(bank, person)
    const step = await send("POST", "/v1/sessions", { token: null, body: { email, password } })
    const ticket = step.textAt("ticket")
    bank.setTime(bank.now() + 30_000)
    const entered = await send("POST", "/v1/sessions", { token: null, body: { ticket, code: codeAt(bank.now()) } })
    const again = await send("POST", "/v1/users/me/factors/recovery-codes", { token: fresh })
    const client = await send("POST", "/v1/clients", {
      token: "a",
      body: {
        name: "Robot",
        confidentiality: "confidential",
        grantTypes: ["client_credentials"],
        redirectUris: [],
        scopes: ["accounts:read"]
      }
    })
    const began = await send("POST", "/v1/federated-logins", { token: null, body: { provider: "elsewhere" } })
    const body = { oldPassword: password, password: "eleven gophers dig" }
    assert.equal((await send("POST", "/v1/users/me/password", { token: fresh, body })).status, 204)
    const other = { product: "checking", currency: "USD" }
    await send("POST", "/v1/accounts", { token: fresh, body: other, key: freshKey() })
    const secrets = [
      ...[
        password,
        body.password,
        "JBSWY3DPEHPK3PXP",
        mailed.ticket,
        mailed.code,
        ticket,
        fresh,
        person.token,
        ...codes
      ],
      ...[entered.textAt("accessToken"), entered.textAt("refreshToken"), entered.textAt("device")],
      ...[again.textAt("recoveryCodes.0"), client.textAt("secret"), began.textAt("ticket")]
    ]
    let texts = ""
    for (let cursor = ""; ; ) {
      const page = await search(`limit=200${cursor}`)
      texts += JSON.stringify(itemsOf(page).map((item) => ({ ...Object(item), hash: "" })))
      const next = page.at("nextCursor")
      if (typeof next !== "string") break
      cursor = `&cursor=${next}`
    }
    assert.ok(texts.includes(verified.textAt("id")) && texts.includes("accounts.open"))
    for (const secret of secrets) assert.ok(!texts.includes(secret), secret)
  })
})
