import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import { Effect, Layer, Logger, References } from "effect"
import { AccountStore, AccountStoreUnavailable } from "../../application/ports/AccountStore.ts"
import { Ledger, LedgerOverloaded } from "../../application/ports/Ledger.ts"
import { layer as ids } from "../ids/index.ts"
import { layer as memory } from "../memory/index.ts"
import { tokenBuckets } from "./index.ts"
import { freshKey, type Received, startBank } from "./rest.fixture.ts"

const stores = Layer.provideMerge(memory, ids)

const assertProblem = (received: Received, status: number, code: string, field?: string): void => {
  assert.equal(received.status, status, received.text)
  assert.equal(received.headers.get("content-type"), "application/problem+json")
  assert.equal(received.at("type"), `/problems/${code}`)
  assert.equal(received.at("status"), status)
  assert.equal(received.at("code"), code)
  assert.match(received.textAt("request_id"), /^req_[0-9a-f]{32}$/)
  assert.equal(received.headers.get("x-request-id"), received.at("request_id"))
  assert.notEqual(received.textAt("title"), "")
  assert.notEqual(received.textAt("detail"), "")
  if (field !== undefined) assert.equal(received.at("errors.0.field"), field)
}

describe("problems", () => {
  const bank = startBank(stores)
  const { send } = bank
  after(() => bank.dispose())

  test("a path that names nothing is not found, with a token or without", async () => {
    assertProblem(await send("GET", "/v1/nothing"), 404, "route_not_found")
    assertProblem(await send("GET", "/", { token: null }), 404, "route_not_found")
    assertProblem(await send("GET", "//v1/accounts"), 404, "route_not_found")
  })

  test("a method that a path does not have is refused with those it has", async () => {
    const received = await send("DELETE", "/v1/accounts")
    assertProblem(received, 405, "method_not_allowed")
    assert.equal(received.headers.get("allow"), "POST, GET, HEAD, OPTIONS")
    assertProblem(await send("POST", "/healthz"), 405, "method_not_allowed")
    assertProblem(await send("PROPFIND", "/v1/transfers"), 405, "method_not_allowed")
  })

  test("an unknown token, another scheme and no token are refused alike", async () => {
    for (const Authorization of [
      "Bearer nobody",
      "Basic YW5uOg==",
      "Bearer",
      "Bearer a b",
      `Bearer ${"a".repeat(9000)}`,
      ""
    ]) {
      const received = await send("GET", "/v1/accounts", { token: null, headers: { Authorization } })
      assertProblem(received, 401, "unauthenticated", "Authorization")
      assert.match(received.headers.get("www-authenticate") ?? "", /^Bearer /)
    }
  })

  test("another media type is neither given nor taken", async () => {
    const id = await bank.openAccount()
    for (const Accept of ["text/html", "application/pdf", "application/json;q=0", "*/*;q=0"])
      assertProblem(
        await send("GET", `/v1/accounts/${id}/statements/2026-11`, { headers: { Accept } }),
        406,
        "not_acceptable",
        "Accept"
      )
    for (const Accept of ["*/*", "application/*", "text/html, application/json;q=0.1", ""])
      assert.equal((await send("GET", `/v1/accounts/${id}`, { headers: { Accept } })).status, 200, Accept)
  })

  test("a chunked body is refused at the first byte over 1 MiB, not read to its end", async () => {
    const chunk = new Uint8Array(64 * 1024).fill(0x20)
    let bytesRead = 0
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        bytesRead += chunk.byteLength
        controller.enqueue(chunk)
      }
    })
    const received = await send("POST", "/v1/transfers", { raw: endless, key: freshKey() })
    assertProblem(received, 413, "body_too_large", "body")
    assert.ok(bytesRead <= 1024 * 1024 + 3 * chunk.byteLength, `${bytesRead} bytes were read`)
  })

  test("a body of exactly 1 MiB is read", async () => {
    const raw = "{}".padEnd(1024 * 1024, " ")
    assertProblem(await send("POST", "/v1/transfers", { raw, key: freshKey() }), 400, "invalid_request", "from")
  })

  test("a body is bounded by what it is, whatever length it declares", async () => {
    const sent = (bytes: number, declared: number) =>
      send("POST", "/v1/transfers", {
        raw: "{}".padEnd(bytes, " "),
        headers: { "Content-Length": String(declared) },
        key: freshKey()
      })
    const max = 1024 * 1024
    assertProblem(await sent(max, max), 400, "invalid_request", "from")
    assertProblem(await sent(2, max + 1), 413, "body_too_large", "body")
    assertProblem(await sent(max + 1, 2), 413, "body_too_large", "body")
  })

  test("what does not exist is not found, by its id", async () => {
    const absent = "01h455vb4pex5vsknk084sn02q"
    assertProblem(await send("GET", `/v1/accounts/acc_${absent}`), 404, "account_not_found")
    assertProblem(await send("GET", `/v1/accounts/acc_${absent}/transactions`), 404, "account_not_found")
    assertProblem(await send("GET", `/v1/accounts/acc_${absent}/statements/2026-11`), 404, "account_not_found")
    assertProblem(await send("GET", `/v1/transactions/txn_${absent}`), 404, "transaction_not_found")
    assertProblem(await send("GET", `/v1/holds/hold_${absent}`), 404, "hold_not_found")
  })

  test("every answer forbids sniffing, framing and keeping", async () => {
    for (const received of [
      await send("GET", "/v1/accounts"),
      await send("GET", "/nothing"),
      await send("GET", "/healthz")
    ]) {
      assert.equal(received.headers.get("x-content-type-options"), "nosniff")
      assert.equal(received.headers.get("cache-control"), "no-store")
      assert.match(received.headers.get("content-security-policy") ?? "", /default-src 'none'/)
      assert.match(received.headers.get("x-request-id") ?? "", /^req_/)
    }
  })

  test("HEAD answers as GET, without the body", async () => {
    const head = await send("HEAD", "/v1/accounts")
    assert.equal(head.status, 200)
    assert.equal(head.text, "")
  })
})

describe("problems of a bank in trouble", () => {
  test("a ledger that is overloaded or a store out of reach asks to come again", async () => {
    const overloaded = Layer.effect(
      Ledger,
      Effect.map(Ledger, (ledger) => Ledger.of({ ...ledger, submit: () => Effect.fail(new LedgerOverloaded({})) }))
    )
    const absent = Layer.effect(
      AccountStore,
      Effect.map(AccountStore, (store) =>
        AccountStore.of({ ...store, find: () => Effect.fail(new AccountStoreUnavailable({ reason: "secret host" })) })
      )
    )
    const bank = startBank(Layer.provideMerge(Layer.merge(overloaded, absent), stores))
    const id = "acc_01h455vb4pex5vsknk084sn02q"
    const amount = { amount: "1.00", currency: "USD" }
    const busy = await bank.send("POST", `/v1/accounts/${id}/deposits`, { body: { amount }, key: freshKey() })
    assertProblem(busy, 429, "overloaded")
    assert.equal(busy.headers.get("retry-after"), "1")
    const gone = await bank.send("GET", `/v1/accounts/${id}`)
    assertProblem(gone, 503, "unavailable")
    assert.equal(gone.headers.get("retry-after"), "1")
    assert.doesNotMatch(gone.text, /secret/)
    await bank.dispose()
  })

  test("a bug is a 500 that tells nothing, and a log line with its request id that tells all", async () => {
    const logged: Array<string> = []
    const broken = Layer.effect(
      Ledger,
      Effect.map(Ledger, (ledger) => Ledger.of({ ...ledger, submit: () => Effect.die(new Error("secret internals")) }))
    )
    const log = Logger.layer([
      Logger.make(({ message, fiber, cause }) => {
        logged.push(
          `${String(message)} ${JSON.stringify(fiber.getRef(References.CurrentLogAnnotations))} ${String(cause)}`
        )
      })
    ])
    const bank = startBank(Layer.provideMerge(broken, stores).pipe(Layer.provideMerge(log)))
    const received = await bank.send("POST", "/v1/accounts/acc_01h455vb4pex5vsknk084sn02q/deposits", {
      body: { amount: { amount: "1.00", currency: "USD" } },
      key: freshKey()
    })
    assertProblem(received, 500, "internal_error")
    assert.doesNotMatch(received.text, /secret/)
    const line = logged.find((each) => each.includes(received.textAt("request_id")))
    assert.match(line ?? "", /secret internals/)
    await bank.dispose()
  })

  test("a bank that is not ready says so, and is healthy all the same", async () => {
    const bank = startBank(stores, { ready: Effect.succeed(false) })
    assertProblem(await bank.send("GET", "/readyz", { token: null }), 503, "not_ready")
    assert.equal((await bank.send("GET", "/healthz", { token: null })).status, 200)
    await bank.dispose()
  })

  test("a caller over its rate is told when to come again, and others are not held up", async () => {
    const bank = startBank(stores, { rateLimiter: tokenBuckets({ requests: 3, windowSeconds: 30 }) })
    const read = (token: string) => bank.send("GET", "/v1/accounts", { token })
    const first = await read("ann")
    assert.equal(first.headers.get("ratelimit-policy"), '"default";q=3;w=30')
    assert.equal(first.headers.get("ratelimit"), '"default";r=2;t=10')
    await read("ann")
    await read("ann")
    const refused = await read("ann")
    assertProblem(refused, 429, "rate_limited")
    assert.equal(refused.headers.get("retry-after"), "10")
    assert.equal((await read("bob")).status, 200)
    bank.setTime(Date.UTC(2026, 10, 24, 3, 42, 24, 123))
    assert.equal((await read("ann")).status, 200)
    await bank.dispose()
  })
})

describe("who has no token", () => {
  test("has the rate of where it asks from: an IPv6 subscriber's addresses are one", async () => {
    const rateLimiter = tokenBuckets({ requests: 2, windowSeconds: 30 })
    const addressOf = (request: Request) => request.headers.get("x-from") ?? undefined
    const bank = startBank(stores, { rateLimiter, addressOf })
    const asks = async (from: string) =>
      (await bank.send("GET", "/v1/identity-providers", { token: null, headers: { "X-From": from } })).status
    assert.deepEqual([await asks("2001:db8::1"), await asks("2001:db8::2"), await asks("2001:db8::3")], [200, 200, 429])
    assert.equal(await asks("2001:db8:0:1::1"), 200)
    await bank.dispose()
  })
})

describe("other sites", () => {
  test("no page of another site may read an answer unless the app names the site", async () => {
    const closed = startBank(stores)
    const open = startBank(stores, { cors: { origins: ["https://console.example"] } })
    const from = (origin: string) => ({
      headers: { Origin: origin, "Access-Control-Request-Method": "POST" },
      token: null
    })
    const closedAnswer = await closed.send("OPTIONS", "/v1/transfers", from("https://console.example"))
    assert.equal(closedAnswer.status, 204)
    assert.equal(closedAnswer.headers.get("allow"), "POST, OPTIONS")
    assert.equal(closedAnswer.headers.get("access-control-allow-origin"), null)
    const answer = await open.send("OPTIONS", "/v1/transfers", from("https://console.example"))
    assert.equal(answer.headers.get("access-control-allow-origin"), "https://console.example")
    assert.match(answer.headers.get("access-control-allow-headers") ?? "", /Idempotency-Key/)
    const stranger = await open.send("OPTIONS", "/v1/transfers", from("https://evil.example"))
    assert.equal(stranger.headers.get("access-control-allow-origin"), null)
    await closed.dispose()
    await open.dispose()
  })
})
