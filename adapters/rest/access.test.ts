import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import { Effect, Layer, ManagedRuntime } from "effect"
import { Bank } from "../../application/ports/Bank.ts"
import { HeadSigner } from "../../application/ports/HeadSigner.ts"
import { TokenIssuer } from "../../application/ports/Tokens.ts"
import { Product } from "../../domain/accounts/index.ts"
import { Permission } from "../../domain/identity/index.ts"
import { TreeHead } from "../../domain/proofs/index.ts"
import {
  type Answered,
  accessContract,
  callerOf,
  cellsOf,
  customerOf,
  doorkeeper,
  type Letter,
  north,
  type RestRow,
  restRows,
  type Things,
  tenant
} from "../contract/index.ts"
import { layer as ids } from "../ids/index.ts"
import { accessLayer, inboxMailerLayer, layer as memory, usersLayer } from "../memory/index.ts"
import { restApp, tokenBuckets } from "./index.ts"
import { outside, tokens } from "./outside.fixture.ts"
import { endpoints } from "./RestApp.ts"

const secretKey = new Uint8Array(32).fill(7)
const signer = Layer.succeed(
  HeadSigner,
  HeadSigner.of({
    publicKey: TreeHead.publicKeyOf(secretKey),
    sign: (head) => Effect.succeed(TreeHead.sign(head, secretKey))
  })
)
const door = doorkeeper()
const guarded = Layer.provideMerge(
  accessLayer({ ...Permission.termsUsual, tenant }),
  Layer.provideMerge(Layer.merge(memory, usersLayer), ids)
)
const bank = Layer.succeed(Bank, { products: Product.builtIn })
const issuer = Layer.effect(
  TokenIssuer,
  Effect.map(TokenIssuer, (it) => it)
).pipe(Layer.provide(tokens(() => undefined)))
const people = Layer.provideMerge(Layer.mergeAll(outside, inboxMailerLayer, issuer), usersLayer)
const runtime = ManagedRuntime.make(Layer.mergeAll(people, guarded, door.layer, signer, bank))
const app = restApp({ runtime, rateLimiter: tokenBuckets({ requests: 1_000_000, windowSeconds: 1 }) })

let keys = 0
const freshKey = (): string => `access-${++keys}`

interface Sending {
  readonly token?: string | undefined
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

const send = async (method: string, path: string, { token, body, headers = {} }: Sending) => {
  const response = await app.handle(
    new Request(`http://bank.test${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      headers: {
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...(method === "POST" ? { "Idempotency-Key": freshKey() } : {}),
        ...headers
      }
    })
  )
  // An event stream has no end of its own.
  const isEndless = response.headers.get("content-type")?.startsWith("text/event-stream") === true
  if (isEndless) await response.body?.cancel()
  const text = isEndless ? "" : await response.text()
  return { status: response.status, headers: response.headers, text }
}

/** Codes of refusals; others of the same status are what a use case answers. */
const letters: ReadonlyMap<string, Letter | undefined> = new Map<string, Letter | undefined>([
  ["unauthenticated", "1"],
  ["forbidden", "3"],
  ["approval_required", "4"],
  ["step_up_required", undefined],
  ["invalid_request", undefined],
  ["factor_not_found", "+"],
  ["identity_not_found", "+"],
  ["client_not_found", "+"],
  ["unknown_provider", "+"]
])

const letterOf = (status: number, text: string): Letter | undefined => {
  const code = /"code":"(\w+)"/u.exec(text)?.[1] ?? ""
  if (status >= 400 && letters.has(code)) return letters.get(code)
  if (status === 404) return "0"
  return status < 500 ? "+" : undefined
}

const period = new Date().toISOString().slice(0, 7)

const pathOf = (route: string, things: Things, more: Readonly<Record<string, string>>): string => {
  const known = new Map<string, string>([...Object.entries(things), ["period", period], ...Object.entries(more)])
  return route.replaceAll(
    /\{(\w+)\}/gu,
    (_, name: string) => known.get(name) ?? assert.fail(`no ${name} among the things`)
  )
}

const volatile = /^(?:x-request-id|ratelimit)/u

const ask = async ({ name, request }: RestRow, things: Things, token: string | undefined): Promise<Answered> => {
  const [method = "", route = ""] = name.split(" ")
  const { body, query = "", headers = {}, path = {} } = request(things)
  const answer = await send(method, `${pathOf(route, things, path)}${query}`, { token, body, headers })
  const text = JSON.stringify([
    answer.status,
    [...answer.headers].filter(([header]) => !volatile.test(header)),
    answer.text.replaceAll(/"request_id":"[^"]*"/gu, "")
  ])
  return { letter: letterOf(answer.status, answer.text), text, isDone: answer.status < 300 }
}

describe(`who gets at what over REST, in ${cellsOf(restRows)} cells`, () => {
  after(() => runtime.dispose())

  test("every route has a row, and every row is a route's", () => {
    const routes = endpoints.map(({ method, path }) => `${method} ${path}`)
    assert.deepEqual(restRows.map(({ name }) => name).toSorted(), routes.toSorted())
  })

  const owner = async () => {
    const it = await runtime.runPromise(customerOf(north))
    const { customer, user } = it
    return { it, token: door.tokenOf(callerOf(`owner-${user}`, "customer", { customer, user, branch: north })) }
  }
  const paid = (from: Things, to: Things) => ({
    from: from.account,
    to: to.account,
    amount: { amount: "1.00", currency: "USD" }
  })
  const idIn = (text: string): string => /"id":"([a-z]+_[^"]+)"/u.exec(text)?.[1] ?? assert.fail(text)

  test("no list shows a customer another's accounts, whatever is asked of it", async () => {
    const [ann, zoe] = [await owner(), await owner()]
    const { text: page } = await send("GET", "/v1/accounts?limit=1", { token: zoe.token })
    const cursor = /"nextCursor":"([^"]+)"/u.exec(page)?.[1] ?? assert.fail(page)
    const owners = ["", ann.it.customer, zoe.it.customer, "cus_01h455vb4pex5vsknk084sn02q", "*", "null"]
    const limits = ["", "1", "200", "0", "201"]
    for (const each of owners)
      for (const limit of limits)
        for (const after of ["", cursor])
          for (const more of ["", "owner=", `owner=${zoe.it.customer}`, "all=true", `customer=${zoe.it.customer}`]) {
            const parts = [each && `owner=${each}`, limit && `limit=${limit}`, after && `cursor=${after}`, more]
            const query = parts.filter((part) => part !== "").join("&")
            const { status, text } = await send("GET", `/v1/accounts?${query}`, { token: ann.token })
            assert.ok([200, 400, 404].includes(status), text)
            for (const [name, id] of Object.entries(zoe.it)) {
              const isTold = text.includes(`"${id}"`)
              assert.ok(!isTold, `${name} in ${query}`)
            }
            if (status === 200) assert.ok(text.includes('"items"'))
          }
    const { text } = await send("GET", "/v1/accounts", { token: ann.token })
    assert.equal(text.split(`"owner":"${ann.it.customer}"`).length - 1, 4, "and all of its own")
  })

  test("a foreign account's statement is kept back in every form that it comes in", async () => {
    const [ann, zoe] = [await owner(), await owner()]
    const paths = [
      "entries/stream",
      `statements/${period}`,
      "transactions",
      "transactions?limit=1",
      "balance?valueDate=2030-01-01"
    ]
    for (const rest of paths)
      for (const accept of ["*/*", "application/json", "text/csv", "application/x-ndjson", "text/event-stream"])
        for (const header of [{}, { "Last-Event-ID": "0" }]) {
          const headers = { Accept: accept, ...header }
          const path = `/v1/accounts/${zoe.it.account}/${rest}`
          const { status, text } = await send("GET", path, { token: ann.token, headers })
          assert.ok(status === 404 || status === 406, `${path} ${accept}: ${status}`)
          assert.ok(!text.includes("500.00") && !text.includes(zoe.it.transaction))
        }
  })

  test("a transaction and its proof are seen by its parties, and no party sees another's balance", async () => {
    const [ann, zoe, eve] = [await owner(), await owner(), await owner()]
    const made = await send("POST", "/v1/transfers", { token: ann.token, body: paid(ann.it, zoe.it) })
    assert.equal(made.status, 201, made.text)
    for (const rest of ["", "/proof"])
      for (const [{ token }, status] of [
        [ann, 200],
        [zoe, 200],
        [eve, 404]
      ] as const) {
        const answer = await send("GET", `/v1/transactions/${idIn(made.text)}${rest}`, { token })
        assert.equal(answer.status, status, rest)
        assert.ok(!answer.text.includes('"balance"'), rest)
      }
    const { text } = await send("GET", `/v1/accounts/${zoe.it.account}/transactions`, { token: zoe.token })
    assert.ok(text.includes(idIn(made.text)))
  })

  test("a hold is seen by both sides, captured and released by the one it is for, and by nobody else", async () => {
    const [ann, zoe, eve] = [await owner(), await owner(), await owner()]
    const made = await send("POST", "/v1/holds", { token: ann.token, body: paid(ann.it, zoe.it) })
    assert.equal(made.status, 201, made.text)
    const path = `/v1/holds/${idIn(made.text)}`
    for (const [{ token }, status] of [
      [ann, 200],
      [zoe, 200],
      [eve, 404]
    ] as const)
      assert.equal((await send("GET", path, { token })).status, status)
    const body = { amount: paid(ann.it, zoe.it).amount, keepRest: true }
    for (const { token } of [eve, ann]) {
      assert.equal((await send("POST", `${path}/captures`, { token, body })).status, 404)
      assert.equal((await send("POST", `${path}/release`, { token, body: {} })).status, 404)
    }
    assert.equal((await send("POST", `${path}/captures`, { token: zoe.token, body })).status, 201)
  })

  test("of a batch with one foreign item nothing is done, wherever it stands", async () => {
    const [ann, zoe] = [await owner(), await owner()]
    const own = { kind: "transfer", ...paid(ann.it, zoe.it) }
    const foreign = { kind: "transfer", ...paid(zoe.it, ann.it) }
    const absent = { ...foreign, from: "acc_01h455vb4pex5vsknk084sn02q" }
    const balance = async () => (await send("GET", `/v1/accounts/${ann.it.account}`, { token: ann.token })).text
    const before = await balance()
    for (const mode of ["independent", "all_or_nothing"])
      for (const place of [0, 1, 2]) {
        const answers = []
        for (const item of [foreign, absent] as const) {
          const items = [
            ...Array.from({ length: place }, () => own),
            item,
            ...Array.from({ length: 2 - place }, () => own)
          ]
          const { status, text } = await send("POST", "/v1/transfers/batch", {
            token: ann.token,
            body: { mode, items }
          })
          answers.push([status, text.replaceAll(String(item.from), "?").replaceAll(/req_\w+/gu, "")])
        }
        assert.equal(answers[0]?.[0], 404)
        assert.deepEqual(answers[0], answers[1], "a foreign account is not told from an absent one")
      }
    assert.equal(await balance(), before)
  })

  test("another's idempotency key gives nothing of what was done under it", async () => {
    const [ann, zoe] = [await owner(), await owner()]
    const headers = { "Idempotency-Key": "the-same" }
    const first = await send("POST", "/v1/transfers", { token: ann.token, body: paid(ann.it, zoe.it), headers })
    const retried = await send("POST", "/v1/transfers", { token: ann.token, body: paid(ann.it, zoe.it), headers })
    assert.deepEqual([first.status, retried.text], [201, first.text])
    const stolen = await send("POST", "/v1/transfers", { token: zoe.token, body: paid(ann.it, zoe.it), headers })
    assert.equal(stolen.status, 404)
    const ownWay = await send("POST", "/v1/transfers", { token: zoe.token, body: paid(zoe.it, ann.it), headers })
    assert.equal(ownWay.status, 201)
    assert.notEqual(idIn(ownWay.text), idIn(first.text))
  })

  test("a token that nobody was given is like none, and is told apart only by its challenge", async () => {
    for (const { method, path, isOpen } of endpoints.filter((each) => !each.isOpen)) {
      const answer = await send(method, path.replaceAll(/\{\w+\}/gu, "x"), { token: "made-up" })
      assert.deepEqual([answer.status, isOpen], [401, false], path)
      assert.match(answer.headers.get("www-authenticate") ?? "", /^Bearer realm="bank", error="invalid_token"/u)
    }
  })

  accessContract<RestRow>({
    rows: restRows,
    run: (effect) => runtime.runPromise(effect),
    ask: (row, things, persona, { callers }) => {
      const caller = callers.get(persona)
      return ask(row, things, caller === undefined ? undefined : door.tokenOf(caller))
    }
  })
})
