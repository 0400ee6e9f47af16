import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect"
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
  Http2SessionManager
} from "@connectrpc/connect-node"
import { Effect, Layer, ManagedRuntime, Stream } from "effect"
import { Ledger } from "../../application/ports/Ledger.ts"
import { AccountService } from "../../proto/gen/bank/account/v1/account_service_pb.ts"
import { Side } from "../../proto/gen/bank/ledger/v1/ledger_pb.ts"
import { TransactionService } from "../../proto/gen/bank/transaction/v1/transaction_service_pb.ts"
import { accessLayer, layer as memoryLayer } from "../memory/index.ts"
import { accountService, serve, transactionService } from "./index.ts"
import { authenticatorLayer, bankLayer, idsLayer, token } from "./testing.fixture.ts"

/** Streams of entries that somebody reads. */
let following = 0
const counted = Layer.effect(
  Ledger,
  Effect.map(Ledger, (ledger) =>
    Ledger.of({
      ...ledger,
      follow: (accountId, seen) =>
        Stream.suspend(() => {
          following++
          return Stream.ensuring(
            ledger.follow(accountId, seen),
            Effect.sync(() => following--)
          )
        })
    })
  )
)

let url = ""
const served = Layer.effectDiscard(
  Effect.map(
    serve([accountService, transactionService], { host: "127.0.0.1", port: 0, graceMillis: 100 }),
    (server) => {
      url = `http://127.0.0.1:${server.port}`
    }
  )
).pipe(
  Layer.provide([
    Layer.provideMerge(accessLayer(), Layer.provideMerge(counted, Layer.provideMerge(memoryLayer, idsLayer))),
    authenticatorLayer,
    bankLayer
  ])
)
const runtime = ManagedRuntime.make(served)
const sessions: Array<Http2SessionManager> = []

const transports = (): ReadonlyArray<readonly [string, Transport]> => {
  const sessionManager = new Http2SessionManager(url)
  sessions.push(sessionManager)
  const options = {
    baseUrl: url,
    interceptors: [
      (next: Parameters<NonNullable<Parameters<typeof createGrpcTransport>[0]["interceptors"]>[number]>[0]) =>
        (request: Parameters<typeof next>[0]) => {
          request.header.set("authorization", `Bearer ${token}`)
          return next(request)
        }
    ]
  }
  return [
    ["gRPC", createGrpcTransport({ ...options, sessionManager })],
    ["gRPC-Web", createGrpcWebTransport({ ...options, httpVersion: "1.1" })],
    ["Connect", createConnectTransport({ ...options, httpVersion: "1.1" })]
  ]
}

const usd = (amount: string) => ({ amount, currency: "USD" })
const present = <A>(value: A | undefined): A => value ?? assert.fail("expected a value")
let keys = 0

/** An account with a deposit of each amount. */
const accountWith = async (transport: Transport, amounts: ReadonlyArray<string>) => {
  const accounts = createClient(AccountService, transport)
  const transactions = createClient(TransactionService, transport)
  const opening = { product: "checking", currency: "USD", idempotencyKey: `history-${++keys}` }
  const account = present((await accounts.openAccount(opening)).account).id
  const deposit = (amount: string) =>
    transactions.deposit({ account, amount: usd(amount), idempotencyKey: `history-${++keys}` })
  for (const amount of amounts) await deposit(amount)
  return { account, deposit, accounts, transactions }
}

describe("an account's history over RPC", () => {
  before(() => runtime.context())
  after(async () => {
    for (const session of sessions) session.abort()
    await runtime.dispose()
  })

  test("is followed over each protocol, each entry once, until the client goes", async () => {
    for (const [name, transport] of transports()) {
      const { account, deposit, transactions } = await accountWith(transport, ["1", "2"])
      const controller = new AbortController()
      const seen: Array<bigint> = []
      const failure = await (async () => {
        for await (const { entries } of transactions.followEntries(
          { account, after: 0n },
          { signal: controller.signal }
        )) {
          seen.push(...entries.map(({ sequence }) => sequence))
          if (seen.length === 2 && entries.length > 0) await deposit("3")
          if (seen.length === 3) controller.abort()
        }
      })().then(
        () => undefined,
        (error: unknown) => ConnectError.from(error).code
      )
      assert.deepEqual([seen, failure], [[1n, 2n, 3n], Code.Canceled], name)
      for (let waits = 0; following > 0 && waits < 100; waits++) await new Promise((resolve) => setTimeout(resolve, 20))
      assert.equal(following, 0, name)
    }
  })

  test("is followed until the deadline, and not at all where there is no account", async () => {
    const [[, transport] = assert.fail("there is a transport")] = transports()
    const { account, transactions } = await accountWith(transport, [])
    for (const [request, code] of [
      [{ account }, Code.DeadlineExceeded],
      [{ account: "acc_01h455vb4pex5vsknk084sn02q" }, Code.NotFound],
      [{ account: "x" }, Code.InvalidArgument]
    ] as const) {
      const failure = await Array.fromAsync(transactions.followEntries(request, { timeoutMs: 300 })).then(
        () => undefined,
        (error: unknown) => ConnectError.from(error).code
      )
      assert.equal(failure, code)
    }
  })

  test("is a statement line by line that closes as the whole one does", async () => {
    for (const [name, transport] of transports()) {
      const { account, accounts } = await accountWith(transport, ["1", "2", "3.50"])
      const period = new Date().toISOString().slice(0, 7)
      const lines = (await Array.fromAsync(accounts.streamStatement({ account, period }))).flatMap(({ lines }) => lines)
      const { statement } = await accounts.getStatement({ account, period })
      assert.deepEqual(
        lines.map(({ line }) => line.case),
        ["opening", "entry", "entry", "entry", "closing"],
        name
      )
      const last = lines.at(-1)?.line
      assert.ok(last?.case === "closing")
      assert.deepEqual([last.value.entries, last.value.closing], [3n, statement?.closing])
    }
  })

  test("is narrowed by a filter, and sums up as of a booking time and a value date", async () => {
    const [[, transport] = assert.fail("there is a transport")] = transports()
    const { account, accounts, transactions } = await accountWith(transport, ["1", "2", "3"])
    const page = await transactions.listAccountTransactions({
      account,
      amountMinorMin: "200",
      side: Side.CREDIT,
      limit: 1
    })
    assert.deepEqual([page.items.map(({ sequence }) => sequence), page.next], [[3n], 3n])
    const rest = await transactions.listAccountTransactions({ account, amountMinorMin: "200", after: 3n })
    assert.deepEqual([rest.items.map(({ sequence }) => sequence), rest.next], [[2n], undefined])
    const { balance } = await accounts.getBalance({ account, valueDate: "2999-12-31" })
    assert.deepEqual([balance?.posted?.amount, balance?.valueDate], ["6.00", "2999-12-31"])
    const none = await accounts.getBalance({ account, bookedAt: { seconds: 0n } })
    assert.equal(none.balance?.posted?.amount, "0.00")
  })
})
