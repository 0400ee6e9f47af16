import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import { Effect, Layer, ManagedRuntime } from "effect"
import { Bank } from "../../application/ports/Bank.ts"
import { HeadSigner } from "../../application/ports/HeadSigner.ts"
import { Product } from "../../domain/accounts/index.ts"
import { Permission } from "../../domain/identity/index.ts"
import { TreeHead } from "../../domain/proofs/index.ts"
import {
  type Answered,
  accessContract,
  cellsOf,
  doorkeeper,
  type Letter,
  type RestRow,
  restRows,
  type Things,
  tenant
} from "../contract/index.ts"
import { layer as ids } from "../ids/index.ts"
import { accessLayer, layer as memory } from "../memory/index.ts"
import { restApp, tokenBuckets } from "./index.ts"
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
const guarded = Layer.provideMerge(accessLayer({ ...Permission.termsUsual, tenant }), Layer.provideMerge(memory, ids))
const bank = Layer.succeed(Bank, { products: Product.builtIn })
const runtime = ManagedRuntime.make(Layer.mergeAll(guarded, door.layer, signer, bank))
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

const letterOf = (status: number, text: string): Letter | undefined => {
  if (status === 401) return "1"
  if (status === 403) return text.includes('"code":"approval_required"') ? "4" : "3"
  if (status === 404) return "0"
  return [200, 201, 204, 409, 412, 422].includes(status) ? "+" : undefined
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

  accessContract<RestRow>({
    rows: restRows,
    run: (effect) => runtime.runPromise(effect),
    ask: (row, things, persona, { callers }) => {
      const caller = callers.get(persona)
      return ask(row, things, caller === undefined ? undefined : door.tokenOf(caller))
    }
  })
})
