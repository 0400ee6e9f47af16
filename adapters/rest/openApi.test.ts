import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import { Layer, Schema } from "effect"
import { catalogue } from "../../application/errors/index.ts"
import { layer as ids } from "../ids/index.ts"
import { layer as memory } from "../memory/index.ts"
import { edgeCatalogue } from "./EdgeError.ts"
import { parametersOf } from "./Endpoint.ts"
import { schemaFaults } from "./jsonSchema.fixture.ts"
import { endpoints } from "./RestApp.ts"
import { freshKey, startBank } from "./rest.fixture.ts"

type Node = Readonly<Record<string, unknown>>
const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && !Array.isArray(value)
const nodeAt = (value: unknown, ...path: ReadonlyArray<string>): Node => {
  const found = path.reduce<unknown>((inner, key) => (isNode(inner) ? inner[key] : undefined), value)
  assert.ok(isNode(found), `nothing at ${path.join(" ")}`)
  return found
}
const everyRef = (value: unknown): ReadonlyArray<string> =>
  Array.isArray(value)
    ? value.flatMap(everyRef)
    : isNode(value)
      ? Object.entries(value).flatMap(([key, inner]) => (key === "$ref" ? [String(inner)] : everyRef(inner)))
      : []

/** What anyone may ask for without a token. */
const openRoutes = [
  "POST /v1/users",
  "POST /v1/users/verifications",
  "POST /v1/password-resets",
  "POST /v1/password-resets/confirm",
  "POST /v1/sessions",
  "POST /v1/sessions/passkey-options",
  "POST /v1/sessions/second-factor-options",
  "GET /v1/identity-providers",
  "POST /v1/federated-logins",
  "POST /v1/federated-logins/complete"
]

const ulid = "01h455vb4pex5vsknk084sn02t"

describe("the API description", () => {
  const bank = startBank(Layer.provideMerge(memory, ids))
  const { send } = bank
  after(() => bank.dispose())
  const describe = async (): Promise<unknown> => JSON.parse((await send("GET", "/openapi.json", { token: null })).text)

  test("is OpenAPI 3.1: every reference resolves, every operation has its own id, every parameter is declared", async () => {
    const api = await describe()
    assert.equal(nodeAt(api).openapi, "3.1.0")
    const ids: Array<unknown> = []
    for (const reference of everyRef(api)) nodeAt(api, ...reference.slice(2).split("/"))
    for (const [path, item] of Object.entries(nodeAt(api, "paths")))
      for (const [method, operation] of Object.entries(nodeAt(item))) {
        assert.match(method, /^(get|post|put|patch|delete)$/)
        const { operationId, parameters, responses, security } = nodeAt(operation)
        ids.push(operationId)
        // Only what tells nothing of any customer is open, and what comes before a login.
        const isOpen = !path.startsWith("/v1/") || openRoutes.includes(`${method.toUpperCase()} ${path}`)
        assert.deepEqual(security, isOpen ? [] : undefined, path)
        assert.ok(Array.isArray(parameters))
        const inPath = parameters.filter((each) => nodeAt(each).in === "path")
        assert.deepEqual(
          inPath.map((each) => nodeAt(each).name),
          parametersOf(path)
        )
        for (const each of parameters) nodeAt(each, "schema")
        for (const [status, response] of Object.entries(nodeAt(responses))) {
          assert.match(status, /^([2-5]\d\d|default)$/)
          assert.equal(typeof nodeAt(response).description, "string")
        }
      }
    assert.equal(new Set(ids).size, ids.length)
  })

  test("lists every route, with the errors that it declares", async () => {
    const paths = nodeAt(await describe(), "paths")
    for (const { method, path, status, errors } of endpoints) {
      const responses = nodeAt(paths, path, method.toLowerCase(), "responses")
      nodeAt(responses, String(status))
      const told = Object.values(responses).map((each) => String(nodeAt(each).description))
      for (const tag of errors)
        assert.ok(
          told.some((each) => each.includes(catalogue[tag].code)),
          `${path} ${tag}`
        )
    }
  })

  test("lists health, metrics and problems as open to all", async () => {
    const paths = nodeAt(await describe(), "paths")
    for (const path of ["/healthz", "/readyz", "/metrics", "/openapi.json", "/problems", "/problems/{code}"]) {
      const content = nodeAt(paths, path, "get", "responses", "200", "content")
      const received = await send("GET", path.replace("{code}", "insufficient_funds"), { token: null })
      assert.deepEqual([received.status, received.headers.get("content-type")], [200, Object.keys(content)[0]])
    }
  })

  test("has examples that its own schemas and the commands accept", async () => {
    const api = await describe()
    let examples = 0
    for (const { method, path, command, example, ifMatch } of endpoints) {
      if (example === undefined) continue
      examples++
      const { schema } = nodeAt(api, "paths", path, method.toLowerCase(), "requestBody", "content", "application/json")
      assert.deepEqual(schemaFaults(api, schema, example), [], path)
      const things = { account: `acc_${ulid}`, hold: `hold_${ulid}`, transaction: `txn_${ulid}` }
      const people = { user: `usr_${ulid}`, session: `ses_${ulid}`, approval: `apr_${ulid}` }
      const all = { ...things, ...people, expectedVersion: 1 }
      const wanted = [...parametersOf(path), ...(ifMatch === undefined ? [] : ["expectedVersion"])]
      const rest = Object.fromEntries(Object.entries(all).filter(([name]) => wanted.includes(name)))
      Schema.decodeUnknownSync(command, { onExcessProperty: "error" })({ ...example, ...rest })
    }
    assert.ok(examples >= 10)
  })

  test("says of every answer what it is", async () => {
    const api = await describe()
    const check = async (method: string, path: string, sending: Parameters<typeof send>[2], pattern: string) => {
      const received = await send(method, path, sending)
      const content = nodeAt(
        api,
        "paths",
        pattern,
        method.toLowerCase(),
        "responses",
        String(received.status),
        "content"
      )
      const type = received.headers.get("content-type") ?? ""
      const value: unknown = JSON.parse(received.text)
      assert.deepEqual(
        schemaFaults(api, nodeAt(content, type, "schema"), value),
        [],
        `${method} ${path} ${received.text}`
      )
      return received
    }
    const amount = { amount: "5.00", currency: "USD" }
    const opened = await check(
      "POST",
      "/v1/accounts",
      { body: { product: "checking", currency: "USD" } },
      "/v1/accounts"
    )
    const from = opened.textAt("id")
    const to = await bank.openAccount()
    const one = "/v1/accounts/{account}"
    const keyed = (body: unknown) => ({ body, key: freshKey() })
    const edit = { headers: { "If-Match": "*" } }
    await check(
      "POST",
      `/v1/accounts/${from}/deposits`,
      keyed({ amount: { ...amount, amount: "90.00" }, metadata: { a: "b" } }),
      `${one}/deposits`
    )
    await check(
      "POST",
      `/v1/accounts/${from}/withdrawals`,
      keyed({ amount, description: "Cash" }),
      `${one}/withdrawals`
    )
    await check(
      "POST",
      `/v1/accounts/${from}/withdrawals`,
      keyed({ amount: { ...amount, amount: "900.00" } }),
      `${one}/withdrawals`
    )
    await check("POST", `/v1/accounts/${from}/withdrawals`, keyed({ amount: 5 }), `${one}/withdrawals`)
    await check("PATCH", `/v1/accounts/${from}`, { body: { name: "Holidays" }, ...edit }, one)
    await check("PATCH", `/v1/accounts/${from}`, { body: { name: "Holidays" } }, one)
    await check(
      "PUT",
      `/v1/accounts/${from}/overdraft-limit`,
      { body: { overdraftLimit: amount }, ...edit },
      `${one}/overdraft-limit`
    )
    const transferred = await check("POST", "/v1/transfers", keyed({ from, to, amount }), "/v1/transfers")
    const transaction = transferred.textAt("id")
    await check("GET", `/v1/transactions/${transaction}`, {}, "/v1/transactions/{transaction}")
    await check(
      "POST",
      `/v1/transactions/${transaction}/reversals`,
      keyed({}),
      "/v1/transactions/{transaction}/reversals"
    )
    const entries = [
      { accountId: from, side: "debit", amount },
      { accountId: to, side: "credit", amount }
    ]
    await check("POST", "/v1/transactions", keyed({ entries }), "/v1/transactions")
    const held = await check(
      "POST",
      "/v1/holds",
      keyed({ from, to, amount, expiresAt: "2999-01-01T00:00:00Z" }),
      "/v1/holds"
    )
    const hold = held.textAt("id")
    await check("GET", `/v1/holds/${hold}`, {}, "/v1/holds/{hold}")
    await check(
      "POST",
      `/v1/holds/${hold}/captures`,
      keyed({ keepRest: true, amount: { ...amount, amount: "1.00" } }),
      "/v1/holds/{hold}/captures"
    )
    await check("POST", `/v1/holds/${hold}/release`, {}, "/v1/holds/{hold}/release")
    await check("GET", `/v1/accounts/${from}`, {}, one)
    await check("GET", "/v1/accounts?limit=1", {}, "/v1/accounts")
    await check("GET", "/v1/accounts?limit=0", {}, "/v1/accounts")
    await check("GET", `/v1/accounts/${from}/transactions`, {}, `${one}/transactions`)
    await check("GET", `/v1/accounts/${from}/statements/2026-11`, {}, `${one}/statements/{period}`)
    await check("POST", `/v1/accounts/${from}/freeze`, { body: { freeze: "both" } }, `${one}/freeze`)
    await check("POST", `/v1/accounts/${from}/unfreeze`, {}, `${one}/unfreeze`)
    await check("POST", `/v1/accounts/${from}/close`, { body: { sweepTo: to } }, `${one}/close`)
    await check("GET", `/v1/accounts/${from}`, { token: null }, one)
  })
})

describe("documentation", () => {
  const bank = startBank(Layer.provideMerge(memory, ids), { publicUrl: "https://api.bank.example/" })
  const { send } = bank
  after(() => bank.dispose())
  const open = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    send("GET", path, { token: null, headers })

  test("the docs page loads nothing from elsewhere, and its policy would not let it", async () => {
    const page = await open("/docs")
    assert.equal(page.status, 200)
    const sources = [...page.text.matchAll(/(?:src|href)="([^"]*)"/gu)].map(([, source = ""]) => source)
    assert.ok(sources.length >= 4)
    for (const source of sources) {
      assert.match(source, /^\/docs\/[\w.-]+$/)
      const asset = await open(source)
      assert.equal(asset.status, 200, source)
      assert.ok(asset.text.length > 100, source)
    }
    assert.doesNotMatch(page.text + (await open("/docs/initializer.js")).text, /https?:|<script>|<style>/)
    const policy = page.headers.get("content-security-policy") ?? ""
    assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self'/)
    assert.doesNotMatch(policy, /unsafe|https?:|\*/)
  })

  test("only the files of the docs page are given", async () => {
    for (const name of ["package.json", "..%2fpackage.json", "%2e%2e%2fpackage.json", "constructor", "index.html"])
      assert.equal((await open(`/docs/${name}`)).status, 404, name)
  })

  test("every error of both catalogues has a page at the address that its problems name", async () => {
    const codes = [...Object.values(catalogue).map(({ code }) => code), ...Object.keys(edgeCatalogue)]
    assert.ok(codes.length > 40)
    for (const code of codes) {
      const page = await open(`/problems/${code}`)
      assert.equal(page.status, 200, code)
      assert.equal(page.at("code"), code)
      assert.match((await open(`/problems/${code}`, { Accept: "text/html" })).text, /<h1>/)
    }
    assert.equal((await open("/v1/nothing")).at("type"), "https://api.bank.example/problems/route_not_found")
    assert.equal((await open("/problems/nothing")).status, 404)
  })

  test("metrics count requests by route and status and never by what a caller invents", async () => {
    await send("GET", "/v1/accounts")
    await send("GET", "/v1/invented-path")
    await send("INVENTED", "/v1/accounts")
    const { text, headers } = await open("/metrics")
    assert.match(headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/)
    assert.match(text, /# TYPE http_requests_total counter/)
    assert.match(text, /http_requests_total\{method="GET",route="\/v1\/accounts",status="200"\} [1-9]/)
    assert.match(text, /http_request_duration_seconds_bucket\{method="GET",route="\/v1\/accounts",le="0\.001"\} \d/)
    assert.doesNotMatch(text, /invented/i)
  })
})
