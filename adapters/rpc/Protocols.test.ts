import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { Effect, Layer, ManagedRuntime, Schema } from "effect"
import { accessLayer, layer as memoryLayer } from "../memory/index.ts"
import { accountService, messageBytesMax, serve, transactionService } from "./index.ts"
import { authenticatorLayer, bankLayer, bufCurl, idsLayer, token } from "./testing.fixture.ts"

const served = Layer.effectDiscard(
  Effect.map(serve([accountService, transactionService], { host: "127.0.0.1", port: 0 }), ({ port }) => {
    url = `http://127.0.0.1:${port}`
  })
).pipe(
  Layer.provide([
    Layer.provideMerge(accessLayer(), Layer.provideMerge(memoryLayer, idsLayer)),
    authenticatorLayer,
    bankLayer
  ])
)

let url = ""
const runtime = ManagedRuntime.make(served)
const authorization = ["-H", `Authorization: Bearer ${token}`]
const http2 = "--http2-prior-knowledge"

const Failure = Schema.fromJsonString(
  Schema.Struct({
    code: Schema.String,
    message: Schema.String,
    details: Schema.optionalKey(
      Schema.Array(
        Schema.Struct({
          type: Schema.String,
          debug: Schema.optionalKey(
            Schema.Struct({
              code: Schema.String,
              requestId: Schema.String,
              errors: Schema.optionalKey(Schema.Array(Schema.Struct({ field: Schema.String, message: Schema.String })))
            })
          )
        })
      )
    )
  })
)
const failureOf = Schema.decodeUnknownSync(Failure)
const Opened = Schema.fromJsonString(
  Schema.Struct({ account: Schema.Struct({ id: Schema.String, status: Schema.String, version: Schema.Int }) })
)
const openedOf = Schema.decodeUnknownSync(Opened)

describe("an independent client", () => {
  before(() => runtime.context())
  after(() => runtime.dispose())

  for (const [protocol, ...version] of [
    ["grpc", http2],
    ["grpcweb", http2],
    ["connect", http2],
    ["grpcweb"],
    ["connect"]
  ] as const) {
    test(`is served over ${protocol} on HTTP/${version.length === 0 ? "1.1" : "2"} by the one port`, async () => {
      // Reflection is a stream in both directions, which HTTP/1.1 has not.
      const schema = version.length === 0 ? ["--schema", "proto"] : []
      const body = '{"product":"checking","currency":"USD","idempotencyKey":"one"}'
      const method = "bank.account.v1.AccountService/OpenAccount"
      const options = ["--protocol", protocol, ...version, ...schema, ...authorization]
      const { code, out, err } = await bufCurl(...options, "-d", body, `${url}/${method}`)
      assert.equal(code, 0, err)
      assert.equal(openedOf(out).account.status, "ACCOUNT_STATUS_ACTIVE")
    })
  }

  test("learns every service from reflection", async () => {
    const { out } = await bufCurl("--protocol", "grpc", http2, "--list-services", url)
    assert.deepEqual(out.trim().split("\n").sort(), [
      "bank.account.v1.AccountService",
      "bank.transaction.v1.TransactionService",
      "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection"
    ])
  })

  test("learns every service from the older reflection", async () => {
    const options = ["--protocol", "grpc", http2, "--reflect-protocol", "grpc-v1alpha"]
    const { code, out, err } = await bufCurl(...options, "--list-methods", url)
    assert.equal(code, 0, err)
    assert.ok(out.includes("bank.transaction.v1.TransactionService/Transfer\n"))
  })

  test("without a token is unauthenticated, and with a wrong one too", async () => {
    const method = `${url}/bank.account.v1.AccountService/ListAccounts`
    for (const header of [[], ["-H", "Authorization: Bearer wrong"], ["-H", "Authorization: Basic YTpi"]]) {
      const { err } = await bufCurl("--protocol", "connect", "--schema", "proto", ...header, "-d", "{}", method)
      assert.equal(failureOf(err).code, "unauthenticated")
    }
  })

  test("is told of every field at fault at once, by its JSON path", async () => {
    const body = {
      from: "acc_1",
      amount: { amount: "1.234", currency: "USD" },
      valueDate: "2026-02-30",
      metadata: { "a b": "c" }
    }
    const method = `${url}/bank.transaction.v1.TransactionService/Transfer`
    const options = ["--protocol", "connect", "--schema", "proto", ...authorization, "-d", JSON.stringify(body)]
    const { err } = await bufCurl(...options, method)
    const { code, details } = failureOf(err)
    assert.equal(code, "invalid_argument")
    const problem = details?.[0]?.debug
    assert.equal(problem?.code, "invalid_request")
    assert.match(problem?.requestId ?? "", /^req_[0-9a-f]{32}$/u)
    assert.deepEqual(problem?.errors, [
      { field: "from", message: "Expected an id such as acc_01h455vb4pex5vsknk084sn02q" },
      { field: "to", message: "Expected an id such as acc_01h455vb4pex5vsknk084sn02q" },
      { field: "amount.amount", message: "Expected at most 2 decimals for USD" },
      { field: "valueDate", message: "Expected a real date from 1900-01-01 to 2999-12-31 as YYYY-MM-DD" },
      { field: "metadata.a b", message: "Unknown field" },
      { field: "idempotencyKey", message: "Expected 1 to 255 visible ASCII characters" }
    ])
  })

  test("is told that a message is too large", async () => {
    const body = JSON.stringify({ product: "a".repeat(messageBytesMax) })
    const method = `${url}/bank.account.v1.AccountService/OpenAccount`
    const response = await fetch(method, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body
    })
    const failure = failureOf(await response.text())
    assert.equal(failure.code, "resource_exhausted")
    assert.match(failure.message, /larger than .*4194304/u)
  })

  test("finds the health of the server without a token", async () => {
    const check = (body: string) =>
      bufCurl("--protocol", "grpc", http2, "-d", body, `${url}/grpc.health.v1.Health/Check`)
    assert.match((await check("{}")).out, /"status": "SERVING"/u)
    assert.match((await check('{"service":"bank.account.v1.AccountService"}')).out, /"status": "SERVING"/u)
    assert.equal(failureOf((await check('{"service":"unknown"}')).err).code, "not_found")
  })
})
