import assert from "node:assert/strict"
import { connect } from "node:net"
import { describe, test } from "node:test"
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect"
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
  Http2SessionManager
} from "@connectrpc/connect-node"
import { Deferred, Effect, Exit, Layer, References, Scope, Stream } from "effect"
import { Ledger, LedgerUnavailable } from "../../application/ports/Ledger.ts"
import { TypedId } from "../../domain/ids/index.ts"
import { LedgerService } from "../../proto/gen/bank/ledger/v1/ledger_service_pb.ts"
import { ProblemSchema } from "../../proto/gen/bank/type/v1/problem_pb.ts"
import { Health, HealthCheckResponse_ServingStatus as Status } from "../../proto/gen/grpc/health/v1/health_pb.ts"
import { ledgerService, messageBytesMax, type RpcServer, serve } from "./index.ts"
import { authenticatorLayer, termsLayer, token } from "./testing.fixture.ts"

const id = TypedId.fromUuid("acc", "01890a5d-ac96-774b-bcce-b302099a8057")
const headers = { authorization: `Bearer ${token}` }
const unused = Effect.die("not asked in this test")

/** Streams of entries that somebody reads. */
let following = 0

/** A ledger of which only the accounts are asked, and whose entries are followed without there being any. */
const ledgerOf = (accounts: Ledger["Service"]["accounts"]): Ledger["Service"] => ({
  submit: () => unused,
  submitMany: () => unused,
  accounts,
  transaction: () => unused,
  hold: () => unused,
  entries: () => unused,
  search: () => unused,
  balanceByValueDate: () => unused,
  follow: () =>
    Stream.suspend(() => {
      following++
      return Stream.ensuring(
        Stream.never,
        Effect.sync(() => following--)
      )
    }),
  expireHolds: unused
})

interface Started extends RpcServer {
  readonly grpc: Transport
  readonly http1: Transport
  readonly grpcWeb: Transport
  readonly stop: () => Promise<void>
}

const quiet = Layer.succeed(References.MinimumLogLevel, "None")

const start = async (
  accounts: Ledger["Service"]["accounts"],
  graceMillis = 5000,
  more: { readonly idleMillis?: number } = {}
): Promise<Started> => {
  const scope = await Effect.runPromise(Scope.make())
  const server = await Effect.runPromise(
    serve([ledgerService], { host: "127.0.0.1", port: 0, graceMillis, ...more }).pipe(
      Effect.provide(Layer.mergeAll(Layer.succeed(Ledger, ledgerOf(accounts)), authenticatorLayer, termsLayer, quiet)),
      Scope.provide(scope)
    )
  )
  const baseUrl = `http://127.0.0.1:${server.port}`
  const sessionManager = new Http2SessionManager(baseUrl)
  return {
    ...server,
    grpc: createGrpcTransport({ baseUrl, sessionManager }),
    http1: createConnectTransport({ baseUrl, httpVersion: "1.1" }),
    grpcWeb: createGrpcWebTransport({ baseUrl, httpVersion: "1.1" }),
    stop: async () => {
      await Effect.runPromise(Scope.close(scope, Exit.void))
      sessionManager.abort()
    }
  }
}

const failureOf = async (answer: Promise<unknown>): Promise<ConnectError> =>
  answer.then(
    () => assert.fail("expected an error"),
    (error) => ConnectError.from(error)
  )

describe("the server", () => {
  test("interrupts a request at its deadline and says deadline_exceeded", async () => {
    let interrupted = 0
    const never = Effect.onInterrupt(Effect.never, () => Effect.sync(() => interrupted++))
    const server = await start(() => never)
    for (const transport of [server.grpc, server.http1, server.grpcWeb]) {
      // The deadline goes by header, so that it is the server that keeps it and not the client.
      const name = transport === server.http1 ? "connect-timeout-ms" : "grpc-timeout"
      const value = transport === server.http1 ? "50" : "50m"
      const call = createClient(LedgerService, transport).getAccounts(
        { ids: [id] },
        { headers: { ...headers, [name]: value } }
      )
      assert.equal((await failureOf(call)).code, Code.DeadlineExceeded)
    }
    assert.equal(interrupted, 3)
    await server.stop()
  })

  test("logs a bug and tells the caller nothing but the request's id", async () => {
    const server = await start(() => Effect.die(new Error("the secret of the vault")))
    const error = await failureOf(createClient(LedgerService, server.grpc).getAccounts({ ids: [id] }, { headers }))
    assert.equal(error.code, Code.Internal)
    const [problem] = error.findDetails(ProblemSchema)
    assert.equal(problem?.code, "internal_error")
    assert.equal(error.metadata.get("x-request-id"), problem?.requestId)
    assert.doesNotMatch(JSON.stringify([error.message, problem]), /vault/u)
    await server.stop()
  })

  test("names a failure of a part it needs as unavailable, without its inner reason", async () => {
    const server = await start(() => Effect.fail(new LedgerUnavailable({ reason: "writer fenced" })))
    const error = await failureOf(createClient(LedgerService, server.http1).getAccounts({ ids: [id] }, { headers }))
    assert.equal(error.code, Code.Unavailable)
    assert.equal(error.metadata.get("retry-after"), "1")
    assert.doesNotMatch(error.rawMessage, /fenced/u)
    await server.stop()
  })

  test("refuses a message over the limit on every protocol, and more ids than one call asks for", async () => {
    const server = await start(() => Effect.succeed([]))
    for (const transport of [server.grpc, server.http1, server.grpcWeb]) {
      const client = createClient(LedgerService, transport)
      const large = await failureOf(client.getHold({ id: "h".repeat(messageBytesMax + 1) }, { headers }))
      assert.equal(large.code, Code.ResourceExhausted)
      const many = await failureOf(client.getAccounts({ ids: Array.from({ length: 1001 }, () => id) }, { headers }))
      assert.equal(many.code, Code.InvalidArgument)
    }
    await server.stop()
  })

  test("tells watchers of its health when it changes, and lets them go when it stops", async () => {
    const server = await start(() => Effect.succeed([]))
    const told: Array<Status> = []
    for await (const { status } of createClient(Health, server.grpc).watch({})) {
      told.push(status)
      if (told.length === 1) server.setServing(false)
      if (told.length === 2) server.setServing(true)
      if (told.length === 3) void server.stop()
    }
    assert.deepEqual(told, [Status.SERVING, Status.NOT_SERVING, Status.SERVING, Status.NOT_SERVING])
  })

  test("a stop answers what was taken and takes nothing more", async () => {
    const taken = Deferred.makeUnsafe<void>()
    const release = Deferred.makeUnsafe<void>()
    let asked = 0
    const server = await start(() =>
      Effect.gen(function* () {
        asked++
        if (asked === 2) yield* Deferred.succeed(taken, undefined)
        yield* Deferred.await(release)
        return []
      })
    )
    const calls = [server.grpc, server.http1].map((transport) =>
      createClient(LedgerService, transport).getAccounts({ ids: [id] }, { headers })
    )
    await Effect.runPromise(Deferred.await(taken))
    const stopped = server.stop()
    const late = createConnectTransport({ baseUrl: `http://127.0.0.1:${server.port}`, httpVersion: "1.1" })
    const refused = await failureOf(createClient(LedgerService, late).getAccounts({ ids: [id] }, { headers }))
    assert.equal(refused.code, Code.Unavailable)
    await Effect.runPromise(Deferred.succeed(release, undefined))
    assert.deepEqual(
      (await Promise.all(calls)).map(({ accounts }) => accounts),
      [[], []]
    )
    await stopped
    assert.equal(asked, 2)
  })

  test("a stop waits no longer than its grace", async () => {
    let interrupted = false
    const asked = Deferred.makeUnsafe<void>()
    const server = await start(
      () =>
        Effect.andThen(Deferred.succeed(asked, undefined), Effect.never).pipe(
          Effect.onInterrupt(() =>
            Effect.sync(() => {
              interrupted = true
            })
          )
        ),
      50
    )
    const call = failureOf(createClient(LedgerService, server.grpc).getAccounts({ ids: [id] }, { headers }))
    await Effect.runPromise(Deferred.await(asked))
    await server.stop()
    assert.ok([Code.Unavailable, Code.Canceled, Code.Aborted].includes((await call).code))
    assert.ok(interrupted)
  })

  test("a stop ends what follows entries at once, over each protocol", async () => {
    for (const name of ["grpc", "http1", "grpcWeb"] as const) {
      const server = await start(() => unused)
      const asked = { accountId: id, after: 0n }
      let stopped: Promise<number> | undefined
      const stop = async (): Promise<number> => {
        assert.equal(following, 1)
        const begun = performance.now()
        await server.stop()
        return performance.now() - begun
      }
      const read = async (): Promise<void> => {
        // The first response is there at once and tells that the stream is alive.
        for await (const _ of createClient(LedgerService, server[name]).followEntries(asked, { headers }))
          stopped ??= stop()
      }
      assert.equal((await failureOf(read())).code, Code.Unavailable, name)
      assert.ok(((await stopped) ?? Number.POSITIVE_INFINITY) < 1000, name)
      assert.equal(following, 0, name)
    }
  })

  test("a connection that sends its first bytes one by one is served too", async () => {
    const server = await start(() => Effect.succeed([]))
    const request = "POST /grpc.health.v1.Health/Check HTTP/1.1\r\n"
    const rest = "host: bank\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(server.port, "127.0.0.1")
      let text = ""
      socket.setNoDelay(true)
      socket.once("error", reject)
      socket.on("data", (chunk) => {
        text += chunk
      })
      socket.once("close", () => resolve(text))
      socket.write("P", () => socket.write("O", () => socket.write(`${request.slice(2)}${rest}`)))
    })
    assert.match(answer, /^HTTP\/1\.1 200 /u)
    assert.match(answer, /"status":"SERVING"/u)
    await server.stop()
  })

  test("a connection on which nothing is asked, or half a request, is closed, and one in use is not", async () => {
    const answer = Deferred.makeUnsafe<void>()
    const server = await start(() => Effect.as(Deferred.await(answer), []), 5000, { idleMillis: 50 })
    const call = createClient(LedgerService, server.grpc).getAccounts({ ids: [id] }, { headers })
    const idle = ["POST /x HTTP/1.1\r\nhost: ", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"]
    const closed = idle.map(
      (text) =>
        new Promise<void>((resolve) => {
          const socket = connect(server.port, "127.0.0.1", () => socket.write(text))
          socket.on("error", () => undefined)
          socket.resume().once("close", () => resolve())
        })
    )
    await Promise.all(closed)
    await Effect.runPromise(Deferred.succeed(answer, undefined))
    assert.deepEqual((await call).accounts, [])
    await server.stop()
  })

  test("a port that is taken fails the start with its address", async () => {
    const server = await start(() => Effect.succeed([]))
    const second = serve([ledgerService], { host: "127.0.0.1", port: server.port }).pipe(
      Effect.provide(
        Layer.mergeAll(
          Layer.succeed(
            Ledger,
            ledgerOf(() => unused)
          ),
          authenticatorLayer,
          termsLayer
        )
      ),
      Effect.scoped,
      Effect.flip
    )
    const error = await Effect.runPromise(second)
    assert.equal(error._tag, "ListenFailed")
    assert.equal(error.port, server.port)
    await server.stop()
  })
})
