import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { type MessageInitShape, toBinary } from "@bufbuild/protobuf"
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect"
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
  Http2SessionManager
} from "@connectrpc/connect-node"
import { Effect, Layer, ManagedRuntime, Result } from "effect"
import { Ledger, LedgerOverloaded } from "../../application/ports/Ledger.ts"
import { AccountService } from "../../proto/gen/bank/account/v1/account_service_pb.ts"
import { TransactionKind } from "../../proto/gen/bank/ledger/v1/ledger_pb.ts"
import {
  BatchMode,
  type KeyedItemSchema,
  type MoneyItemSchema,
  PostTransferBatchResponseSchema,
  type StreamTransfersResponse,
  TransactionService
} from "../../proto/gen/bank/transaction/v1/transaction_service_pb.ts"
import { ProblemSchema } from "../../proto/gen/bank/type/v1/problem_pb.ts"
import { accessLayer, layer as memoryLayer } from "../memory/index.ts"
import { accountService, serve, transactionService } from "./index.ts"
import { outstandingMax } from "./StreamTransfers.ts"
import { authenticatorLayer, bankLayer, idsLayer, token } from "./testing.fixture.ts"

let url = ""
/** Items that the ledger has been given, and how often it will yet say that it has no room. */
let submitted = 0
let overloads = 0

const counting = Layer.effect(
  Ledger,
  Effect.map(Ledger, (ledger) =>
    Ledger.of({
      ...ledger,
      submitMany: (instructions) => {
        if (instructions.length > 0 && overloads > 0) {
          overloads--
          return Effect.succeed(instructions.map(() => Result.fail(new LedgerOverloaded({}))))
        }
        submitted += instructions.length
        return ledger.submitMany(instructions)
      }
    })
  )
)
const stores = Layer.provideMerge(memoryLayer, idsLayer)
const served = Layer.effectDiscard(
  Effect.map(
    serve([accountService, transactionService], { host: "127.0.0.1", port: 0, graceMillis: 100 }),
    (server) => {
      url = `http://127.0.0.1:${server.port}`
    }
  )
).pipe(
  Layer.provide([
    Layer.provideMerge(accessLayer(), Layer.provideMerge(counting, stores)),
    authenticatorLayer,
    bankLayer
  ])
)
const runtime = ManagedRuntime.make(served)
const sessions: Array<Http2SessionManager> = []

const options = () => {
  const sessionManager = new Http2SessionManager(url)
  sessions.push(sessionManager)
  const bearer: NonNullable<Parameters<typeof createGrpcTransport>[0]["interceptors"]> = [
    (next) => (request) => {
      request.header.set("authorization", `Bearer ${token}`)
      return next(request)
    }
  ]
  return { baseUrl: url, sessionManager, interceptors: bearer, httpVersion: "2" } as const
}

const clientsOf = (transport: Transport = createGrpcTransport(options())) => ({
  accounts: createClient(AccountService, transport),
  transactions: createClient(TransactionService, transport)
})
type Clients = ReturnType<typeof clientsOf>

const usd = (amount: string) => ({ amount, currency: "USD" })
let keys = 0
const newKey = (): string => `batch-${++keys}`

const present = <A>(value: A | undefined): A => value ?? assert.fail("expected a value")

const funded = async ({ accounts, transactions }: Clients, amount: string): Promise<string> => {
  const request = { product: "checking", currency: "USD", idempotencyKey: newKey() }
  const account = present((await accounts.openAccount(request)).account).id
  if (amount !== "0") await transactions.deposit({ account, amount: usd(amount), idempotencyKey: newKey() })
  return account
}

const balanceOf = async ({ accounts }: Clients, account: string) =>
  present((await accounts.getAccount({ account })).account?.balances?.posted).amount

type Item = MessageInitShape<typeof MoneyItemSchema>
const transfer = (from: string, to: string, amount = "1.00"): Item => ({
  kind: TransactionKind.TRANSFER,
  from,
  to,
  amount: usd(amount)
})
const repeated = (item: Item, count: number): Array<Item> => Array.from({ length: count }, () => item)

const failureOf = async (answer: Promise<unknown>) => {
  const error = await answer.then(
    () => assert.fail("expected an error"),
    (reason) => ConnectError.from(reason)
  )
  return { code: error.code, problem: error.findDetails(ProblemSchema)[0] }
}

/** Messages of items under the keys `prefix` and their number. */
async function* messages(prefix: string, item: Item, count: number, perMessage: number) {
  for (let first = 0; first < count; first += perMessage) {
    const items: Array<MessageInitShape<typeof KeyedItemSchema>> = []
    for (let n = first; n < Math.min(count, first + perMessage); n++)
      items.push({ idempotencyKey: `${prefix}-${n}`, item })
    yield { items }
  }
}

const collect = async (answers: AsyncIterable<StreamTransfersResponse>) => {
  const items: Array<StreamTransfersResponse["items"][number]> = []
  for await (const answer of answers) items.push(...answer.items)
  return items
}

/** Waits for what another side does, which nothing here tells of. */
const until = async (holds: () => boolean): Promise<void> => {
  for (let turn = 0; turn < 2000 && !holds(); turn++) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.ok(holds())
}

before(() => runtime.context())
after(async () => {
  for (const session of sessions) session.abort()
  await runtime.dispose()
})

describe("a batch over RPC", () => {
  for (const [name, mode] of [
    ["each by itself", BatchMode.INDEPENDENT],
    ["all or none", BatchMode.ALL_OR_NOTHING]
  ] as const)
    test(`a thousand items, ${name}, are posted once, and a retry is the same to the byte`, async () => {
      const clients = clientsOf()
      const [from, to] = [await funded(clients, "1000"), await funded(clients, "0")]
      const batch = { mode, items: repeated(transfer(from, to), 1000), idempotencyKey: newKey() }
      const first = await clients.transactions.postTransferBatch(batch)
      assert.deepEqual(
        first.items.map(({ index, result }) => [index, result.case]),
        Array.from({ length: 1000 }, (_, index) => [index, "transaction"])
      )
      const again = await clients.transactions.postTransferBatch(batch)
      assert.deepEqual(
        toBinary(PostTransferBatchResponseSchema, again),
        toBinary(PostTransferBatchResponseSchema, first)
      )
      assert.equal(await balanceOf(clients, to), "1000.00")
      const changed = { ...batch, items: repeated(transfer(from, to, "2.00"), 1000) }
      if (mode === BatchMode.ALL_OR_NOTHING)
        assert.equal(
          (await failureOf(clients.transactions.postTransferBatch(changed))).problem?.code,
          "idempotency_key_reused"
        )
      else
        for (const { result } of (await clients.transactions.postTransferBatch(changed)).items)
          assert.equal(result.case === "error" ? result.value.code : "", "idempotency_key_reused")
    })

  test("an item that fails is named, alone or with all", async () => {
    const clients = clientsOf()
    const [from, to] = [await funded(clients, "2"), await funded(clients, "0")]
    const batch = { items: repeated(transfer(from, to), 3) }
    const all = await failureOf(
      clients.transactions.postTransferBatch({ ...batch, mode: BatchMode.ALL_OR_NOTHING, idempotencyKey: newKey() })
    )
    assert.deepEqual(
      [all.code, all.problem?.code, all.problem?.errors[0]?.field],
      [Code.FailedPrecondition, "insufficient_funds", "items.2.amount"]
    )
    assert.match(all.problem?.errorJson ?? "", /^\{"_tag":"BatchRejected","index":2,"reason":\{"_tag":"Insufficient/u)
    const each = await clients.transactions.postTransferBatch({
      ...batch,
      mode: BatchMode.INDEPENDENT,
      idempotencyKey: newKey()
    })
    assert.deepEqual(
      each.items.map(({ result }) => (result.case === "error" ? result.value.field : result.case)),
      ["transaction", "transaction", "items.2.amount"]
    )
    const empty = await failureOf(clients.transactions.postTransferBatch({ items: [{}] }))
    assert.deepEqual(
      empty.problem?.errors.map(({ field }) => field),
      ["mode", "items.0", "idempotencyKey"]
    )
  })
})

describe("the stream of transfers", () => {
  const transports: ReadonlyArray<readonly [string, () => Transport]> = [
    ["gRPC", () => createGrpcTransport(options())],
    ["gRPC-Web", () => createGrpcWebTransport(options())],
    ["Connect", () => createConnectTransport(options())]
  ]
  for (const [name, transport] of transports)
    test(`over ${name}, every message is answered in order, item by item, and what is wrong does not stop the rest`, async () => {
      const clients = clientsOf(transport())
      const [from, to] = [await funded(clients, "2"), await funded(clients, "0")]
      const prefix = newKey()
      const good = transfer(from, to)
      const items = [
        { idempotencyKey: `${prefix}-a`, item: good },
        { idempotencyKey: `${prefix}-b`, item: { ...good, to: from } },
        { idempotencyKey: "", item: good },
        { idempotencyKey: `${prefix}-c` },
        { idempotencyKey: `${prefix}-d`, item: transfer(from, to, "9.00") },
        { idempotencyKey: `${prefix}-e`, item: good },
        { idempotencyKey: `${prefix}-a`, item: transfer(from, to, "0.50") }
      ]
      const requests = async function* () {
        yield { items: [] }
        yield { items }
      }
      const answers = await collect(clients.transactions.streamTransfers(requests()))
      assert.deepEqual(
        answers.map(({ idempotencyKey, result }) => [
          idempotencyKey.slice(prefix.length),
          result.case === "error" ? `${result.value.code} ${result.value.field}` : result.case
        ]),
        [
          ["-a", "transaction"],
          ["-b", "invalid_request item.to"],
          ["", "invalid_request idempotencyKey"],
          ["-c", "invalid_request item"],
          ["-d", "insufficient_funds amount"],
          ["-e", "transaction"],
          ["-a", "idempotency_key_reused idempotencyKey"]
        ]
      )
      assert.equal(await balanceOf(clients, to), "2.00")
    })

  test("100,000 items go through one stream", { timeout: 120_000 }, async () => {
    const clients = clientsOf()
    const [from, to] = [await funded(clients, "100000"), await funded(clients, "0")]
    let answered = 0
    for await (const { items } of clients.transactions.streamTransfers(
      messages(newKey(), transfer(from, to), 100_000, 500)
    ))
      for (const { result } of items) if (result.case === "transaction") answered++
    assert.equal(answered, 100_000)
    assert.equal(await balanceOf(clients, to), "100000.00")
  })

  test("an overloaded ledger is asked again, and no item is lost", async () => {
    const clients = clientsOf()
    const [from, to] = [await funded(clients, "10"), await funded(clients, "0")]
    overloads = 3
    const answers = await collect(clients.transactions.streamTransfers(messages(newKey(), transfer(from, to), 10, 1)))
    assert.ok(answers.every(({ result }) => result.case === "transaction"))
    assert.equal(await balanceOf(clients, to), "10.00")
  })

  test("a client that does not read is not read from beyond the bound, and loses nothing when it reads on", {
    timeout: 120_000
  }, async () => {
    const clients = clientsOf()
    const [from, to] = [await funded(clients, "100000"), await funded(clients, "0")]
    const count = 100_000
    const start = submitted
    const answers = clients.transactions.streamTransfers(messages(newKey(), transfer(from, to), count, 500))
    const iterator = answers[Symbol.asyncIterator]()
    let seen = (await iterator.next()).value?.items.length ?? 0
    await until(() => submitted - start > outstandingMax / 2)
    let before = -1
    while (before !== submitted) {
      before = submitted
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
    const ahead = submitted - start
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next())
      seen += next.value.items.length
    assert.equal(seen, count)
    // What the sockets and the client's own buffers hold comes on top of what the server has outstanding.
    assert.ok(ahead < count / 2, `${ahead} items were taken from a client that does not read`)
  })

  test("what a client sent that went away is answered by its keys on another stream", async () => {
    const clients = clientsOf()
    const [from, to] = [await funded(clients, "2000"), await funded(clients, "0")]
    const prefix = newKey()
    const gone = new AbortController()
    const first = async () => {
      const requests = messages(prefix, transfer(from, to), 2000, 10)
      for await (const _ of clients.transactions.streamTransfers(requests, { signal: gone.signal })) gone.abort()
    }
    assert.equal((await failureOf(first())).code, Code.Canceled)
    const answers = await collect(clients.transactions.streamTransfers(messages(prefix, transfer(from, to), 2000, 100)))
    assert.ok(answers.every(({ result }) => result.case === "transaction"))
    assert.equal(await balanceOf(clients, to), "2000.00")
  })

  test("a stream ends with its deadline", async () => {
    const clients = clientsOf()
    const [from, to] = [await funded(clients, "10"), await funded(clients, "0")]
    const waiting = async function* () {
      yield* messages(newKey(), transfer(from, to), 1, 1)
      await new Promise((resolve) => setTimeout(resolve, 2000))
    }
    const late = await failureOf(collect(clients.transactions.streamTransfers(waiting(), { timeoutMs: 300 })))
    assert.equal(late.code, Code.DeadlineExceeded)
    assert.equal(await balanceOf(clients, to), "1.00")
  })

  test("a message with too many items is refused", async () => {
    const clients = clientsOf()
    const [from, to] = [await funded(clients, "10"), await funded(clients, "0")]
    const long = messages(newKey(), transfer(from, to), 1001, 1001)
    assert.equal((await failureOf(collect(clients.transactions.streamTransfers(long)))).code, Code.InvalidArgument)
    assert.equal(await balanceOf(clients, to), "0.00")
  })
})
