import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import {
  type DescMessage,
  type DescMethod,
  type DescMethodStreaming,
  type DescMethodUnary,
  fromJson,
  type JsonObject,
  toJson
} from "@bufbuild/protobuf"
import { Code, ConnectError } from "@connectrpc/connect"
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node"
import { Effect, Layer, ManagedRuntime } from "effect"
import { HeadSigner } from "../../application/ports/HeadSigner.ts"
import { Permission } from "../../domain/identity/index.ts"
import { TreeHead } from "../../domain/proofs/index.ts"
import { ProblemSchema } from "../../proto/gen/bank/type/v1/problem_pb.ts"
import {
  type Answered,
  accessContract,
  callerOf,
  cellsOf,
  customerOf,
  doorkeeper,
  type Letter,
  north,
  type RpcRow,
  rpcRows,
  type Things,
  tenant
} from "../contract/index.ts"
import { accessLayer, layer as memory } from "../memory/index.ts"
import type { RpcService } from "./index.ts"
import * as edge from "./index.ts"
import { loginLayer, services as others } from "./people.fixture.ts"
import { bankLayer, idsLayer } from "./testing.fixture.ts"

const { ledgerService, proofService, serve, transactionService } = edge
const services = [...others, transactionService, proofService, ledgerService]
type NeedsOf<S> = S extends RpcService<infer R> ? R : never
type Served = NeedsOf<(typeof services)[number]>
const isService = (value: unknown): value is RpcService<never> =>
  typeof value === "object" && value !== null && "desc" in value && "register" in value

const secretKey = new Uint8Array(32).fill(7)
const signer = Layer.succeed(
  HeadSigner,
  HeadSigner.of({
    publicKey: TreeHead.publicKeyOf(secretKey),
    sign: (head) => Effect.succeed(TreeHead.sign(head, secretKey))
  })
)
const door = doorkeeper()
const stores = Layer.provideMerge(
  accessLayer({ ...Permission.termsUsual, tenant }),
  Layer.provideMerge(memory, idsLayer)
)
let url = ""
const served = Layer.effectDiscard(
  Effect.map(serve<Served>(services, { host: "127.0.0.1", port: 0, graceMillis: 100 }), ({ port }) => {
    url = `http://127.0.0.1:${port}`
  })
)
const runtime = ManagedRuntime.make(
  Layer.provideMerge(served, Layer.mergeAll(stores, loginLayer, door.layer, signer, bankLayer))
)

let session: Http2SessionManager | undefined
const connected = () => {
  session ??= new Http2SessionManager(url)
  return createGrpcTransport({ baseUrl: url, sessionManager: session })
}

let keys = 0

const methods: ReadonlyMap<string, DescMethod> = new Map(
  services.flatMap(({ desc }) => desc.methods.map((method) => [`${desc.typeName}.${method.name}`, method] as const))
)

const messageOf = (input: DescMessage, request: JsonObject) => {
  const isKeyed = input.fields.some(({ localName }) => localName === "idempotencyKey")
  return fromJson(input, { ...request, ...(isKeyed ? { idempotencyKey: `access-${++keys}` } : {}) })
}

async function* once<A>(value: A): AsyncIterable<A> {
  yield value
}

const isUnary = (method: DescMethod): method is DescMethodUnary => method.methodKind === "unary"
const isStreaming = (method: DescMethod): method is DescMethodStreaming => method.methodKind !== "unary"

/** The first answer of an RPC, whether it is a stream or not. */
const call = async (method: DescMethod, request: JsonObject, token: string | undefined): Promise<string> => {
  const transport = connected()
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const message = messageOf(method.input, request)
  if (isUnary(method)) {
    const answer = await transport.unary(method, undefined, undefined, headers, message)
    return JSON.stringify(toJson(method.output, answer.message))
  }
  if (!isStreaming(method)) return assert.fail(method.name)
  const stop = new AbortController()
  const answer = await transport.stream(method, stop.signal, undefined, headers, once(message))
  for await (const first of answer.message) {
    stop.abort()
    return JSON.stringify(toJson(method.output, first))
  }
  return "{}"
}

/** Problems that are no refusals by who asks, though a use case answers them with the code of one. */
const reached = new Set(["factor_not_found", "identity_not_found", "client_not_found", "unknown_provider"])
const broken = new Set(["invalid_request", "step_up_required", "internal_error", ""])

const letterOf = (error: ConnectError, problem: string): Letter | undefined => {
  if (problem === "approval_required") return "4"
  if (problem === "unauthenticated") return "1"
  if (problem === "forbidden") return "3"
  if (broken.has(problem)) return undefined
  return error.code === Code.NotFound && !reached.has(problem) ? "0" : "+"
}

const refusalOf = (reason: unknown): Answered => {
  const error = ConnectError.from(reason)
  const [problem] = error.findDetails(ProblemSchema)
  const told = problem === undefined ? {} : toJson(ProblemSchema, { ...problem, requestId: "" })
  const text = JSON.stringify([error.code, error.rawMessage, told])
  return { letter: letterOf(error, problem?.code ?? ""), text, isDone: false }
}

/** An item of a stream is answered by itself, whatever becomes of the others. */
const itemLetterOf = (text: string): Letter => {
  if (text.includes('"code":"account_not_found"')) return "0"
  return text.includes('"code":"forbidden"') ? "3" : "+"
}

const ask = (name: string, request: JsonObject, token: string | undefined): Promise<Answered> => {
  const method = methods.get(name) ?? assert.fail(`no RPC ${name}`)
  return call(method, request, token).then(
    (text) => {
      const letter = method.methodKind === "bidi_streaming" ? itemLetterOf(text) : "+"
      return { letter, text, isDone: letter === "+" }
    },
    (reason) => refusalOf(reason)
  )
}

describe(`who gets at what over RPC, in ${cellsOf(rpcRows)} cells`, () => {
  before(() => runtime.context())
  after(async () => {
    session?.abort()
    await runtime.dispose()
  })

  test("every service that the bank has is served here", () => {
    const known = Object.values(edge).filter(isService)
    assert.deepEqual(
      new Set(services.map(({ desc }) => desc.typeName)),
      new Set(known.map(({ desc }) => desc.typeName))
    )
  })

  test("every RPC has a row, and every row is an RPC's", () => {
    assert.deepEqual(rpcRows.map(({ name }) => name).toSorted(), [...methods.keys()].toSorted())
  })

  const owner = async () => {
    const it = await runtime.runPromise(customerOf(north))
    const { customer, user } = it
    return { it, token: door.tokenOf(callerOf(`owner-${user}`, "customer", { customer, user, branch: north })) }
  }
  const ofService = (service: string, name: string, request: JsonObject, token: string) =>
    ask(`bank.${service}.${name}`, request, token)
  const transactions = "transaction.v1.TransactionService"
  const accounts = "account.v1.AccountService"
  const moved = (from: Things, to: Things) => ({
    kind: "TRANSACTION_KIND_TRANSFER",
    from: from.account,
    to: to.account,
    amount: { amount: "1.00", currency: "USD" }
  })

  test("of a message with one foreign item the others are posted, and that one is answered as one that is not there", async () => {
    const [ann, zoe] = [await owner(), await owner()]
    const own = moved(ann.it, zoe.it)
    const foreign = moved(zoe.it, ann.it)
    const absent = { ...foreign, from: "acc_01h455vb4pex5vsknk084sn02q" }
    for (const place of [0, 1, 2]) {
      const told = []
      for (const bad of [foreign, absent]) {
        const all = [0, 1, 2].map((index) => (index === place ? bad : own))
        const items = all.map((item, index) => ({ idempotencyKey: `${place}-${bad.from}-${index}`, item }))
        const { text } = await ofService(transactions, "StreamTransfers", { items }, ann.token)
        assert.equal(text.split('"transaction":').length - 1, 2, text)
        assert.equal(text.split('"error":').length - 1, 1, text)
        const error = /"error":\{[^}]*\}/u.exec(text)?.[0] ?? assert.fail(text)
        told.push(error.replaceAll(String(bad.from), "?"))
      }
      assert.equal(told[0], told[1])
    }
    const { text } = await ofService(accounts, "GetAccount", { account: zoe.it.account }, zoe.token)
    assert.match(text, /"posted":\{"amount":"505\.00"/u, "twelve came in and nothing went out")
  })

  test("of a batch with one foreign item nothing is done", async () => {
    const [ann, zoe] = [await owner(), await owner()]
    const { account } = ann.it
    const before = await ofService(accounts, "GetAccount", { account }, ann.token)
    for (const mode of ["BATCH_MODE_INDEPENDENT", "BATCH_MODE_ALL_OR_NOTHING"]) {
      const items = [moved(ann.it, zoe.it), moved(zoe.it, ann.it)]
      const answer = await ofService(transactions, "PostTransferBatch", { mode, items }, ann.token)
      assert.equal(answer.letter, "0", answer.text)
    }
    assert.deepEqual(await ofService(accounts, "GetAccount", { account }, ann.token), before)
  })

  test("no list or stream shows a customer another's, whatever is asked of it", async () => {
    const [ann, zoe] = [await owner(), await owner()]
    const { account, customer, other } = zoe.it
    for (const owned of [{}, { owner: customer }, { owner: ann.it.customer }])
      for (const after of [{}, { after: account }])
        for (const limit of [{}, { limit: 1 }]) {
          const { text } = await ofService(accounts, "ListAccounts", { ...owned, ...after, ...limit }, ann.token)
          for (const id of Object.values(zoe.it)) assert.ok(!text.includes(`"id":"${id}"`), text)
        }
    for (const [service, name, more] of [
      [transactions, "FollowEntries", { after: "0" }],
      [transactions, "ListAccountTransactions", { counterparty: other }],
      [accounts, "StreamStatement", { period: new Date().toISOString().slice(0, 7) }]
    ] as const) {
      const { letter, text } = await ofService(service, name, { account, ...more }, ann.token)
      assert.equal(letter, "0", text)
      assert.ok(!text.includes(zoe.it.transaction))
    }
  })

  test("a hold and a transaction are their parties' to see", async () => {
    const [ann, zoe, eve] = [await owner(), await owner(), await owner()]
    const { kind: _, ...paying } = moved(ann.it, zoe.it)
    const paid = await ofService(transactions, "Transfer", paying, ann.token)
    const held = await ofService(transactions, "AuthorizeHold", paying, ann.token)
    const idIn = ({ text }: Answered): string => /"id":"([a-z]+_[^"]+)"/u.exec(text)?.[1] ?? assert.fail(text)
    for (const [name, request] of [
      ["GetTransaction", { transaction: idIn(paid) }],
      ["GetHold", { hold: idIn(held) }]
    ] as const) {
      const seen = []
      for (const { token } of [ann, zoe, eve]) seen.push((await ofService(transactions, name, request, token)).letter)
      assert.deepEqual(seen, ["+", "+", "0"], name)
    }
  })

  accessContract<RpcRow>({
    rows: rpcRows,
    run: (effect) => runtime.runPromise(effect),
    ask: (row, things, persona, { callers }) => {
      const caller = callers.get(persona)
      return ask(row.name, row.request(things), caller === undefined ? undefined : door.tokenOf(caller))
    }
  })
})
