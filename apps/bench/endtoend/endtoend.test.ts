import assert from "node:assert/strict"
import { createServer } from "node:http2"
import { after, before, describe, test } from "node:test"
import { create, fromBinary, toBinary } from "@bufbuild/protobuf"
import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect"
import { connectNodeAdapter } from "@connectrpc/connect-node"
import { AccountId, TypedId } from "../../../domain/ids/index.ts"
import { freePort } from "../../../infra/testing/crash/BankProcess.ts"
import { TransactionKind } from "../../../proto/gen/bank/ledger/v1/ledger_pb.ts"
import {
  BatchMode,
  PostTransferBatchRequestSchema,
  PostTransferBatchResponseSchema,
  StreamTransfersRequestSchema
} from "../../../proto/gen/bank/transaction/v1/transaction_service_pb.ts"
import {
  Health,
  type HealthCheckRequest,
  HealthCheckRequestSchema,
  HealthCheckResponse_ServingStatus
} from "../../../proto/gen/grpc/health/v1/health_pb.ts"
import type { Transfer } from "../Mix.ts"
import { batchJson, batchMessage, rejectionsIn, streamMessage, tallyOf, tallyOfJson, withRejections } from "./Bodies.ts"
import { grpcEmpty, pathOf } from "./Grpc.ts"
import { framed, messagesIn, openGrpc } from "./GrpcClient.ts"
import { answerIn, requestText } from "./Http.ts"

const accountId = (n: number): AccountId =>
  AccountId.make(TypedId.fromBytes("acc", TypedId.uuidV7(n, new Uint8Array(TypedId.randomByteLength))))

const transfers: ReadonlyArray<Transfer> = Array.from({ length: 100 }, (_, n) => ({
  key: `key-${n}`,
  from: accountId(n),
  to: accountId(n + 1),
  minor: BigInt(n + 1)
}))

describe("an answer over HTTP/1.1", () => {
  const text = 'HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"id":17}'

  test("is read once it is there to its last byte, and not before", () => {
    for (let length = 0; length < text.length; length++) assert.equal(answerIn(text.slice(0, length)), undefined)
    assert.deepEqual(answerIn(text), { status: 201, body: '{"id":17}' })
  })

  test("may be empty, and its headers are written in any case", () => {
    assert.deepEqual(answerIn("HTTP/1.1 204 No Content\r\ncontent-length:0\r\n\r\n"), { status: 204, body: "" })
  })

  test("without a length ends the benchmark", () => {
    assert.throws(() => answerIn("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), /without a length/u)
  })

  test("a length in the body is none", () => {
    const body = "HTTP/1.1 200 OK\r\n\r\n\r\ncontent-length: 3"
    assert.throws(() => answerIn(body), /without a length/u)
  })
})

test("a request has its headers, and the length of its body where it has one", () => {
  assert.equal(
    requestText("POST", "/v1/transfers", { "idempotency-key": "k" }, "{}"),
    "POST /v1/transfers HTTP/1.1\r\nhost: 127.0.0.1\r\nidempotency-key: k\r\ncontent-length: 2\r\n\r\n{}"
  )
  assert.equal(requestText("GET", "/healthz", {}), "GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
})

describe("messages of gRPC", () => {
  const bytes = Buffer.concat([Buffer.from("one"), Buffer.alloc(0), Buffer.from("three")].map(framed))

  test("are read wherever what comes is cut", () => {
    for (let cut = 0; cut <= bytes.length; cut++) {
      const first = messagesIn(bytes.subarray(0, cut))
      const second = messagesIn(Buffer.concat([first.rest, bytes.subarray(cut)]))
      const texts = [...first.messages, ...second.messages].map(String)
      assert.deepEqual(texts, ["one", "", "three"])
      assert.equal(second.rest.length, 0)
    }
  })

  test("that are compressed are refused", () => {
    assert.throws(() => messagesIn(Buffer.from([1, 0, 0, 0, 0])), /compressed/u)
  })
})

describe("bodies that are encoded once", () => {
  test("a batch is the same under every key", () => {
    const message = batchMessage("independent", transfers)
    for (const key of ["a", "another"]) {
      const { mode, items, idempotencyKey } = fromBinary(PostTransferBatchRequestSchema, message(key))
      assert.deepEqual([mode, items.length, idempotencyKey], [BatchMode.INDEPENDENT, transfers.length, key])
      const [, second] = items
      assert.deepEqual(
        [second?.kind, second?.from, second?.to, second?.amount?.amount, second?.amount?.currency],
        [TransactionKind.TRANSFER, accountId(1), accountId(2), "0.02", "USD"]
      )
    }
  })

  test("a message of a stream has a key of its own for each item of each run", () => {
    const message = streamMessage("stream", transfers)
    const keys = [0, 12_345_678].flatMap((run) =>
      fromBinary(StreamTransfersRequestSchema, message(run)).items.map(({ idempotencyKey }) => idempotencyKey)
    )
    assert.equal(new Set(keys).size, 2 * transfers.length)
    assert.deepEqual([keys[0], keys[99], keys[100]], ["stream-00000000-0", "stream-00000000-99", "stream-12345678-0"])
  })

  test("two in a hundred transfers ask for more than there is", () => {
    const asked = withRejections(transfers)
    assert.equal(asked.filter(({ minor }) => minor > 1000n).length, 2)
    assert.equal(rejectionsIn(transfers.length), 2)
    assert.equal(JSON.parse(batchJson("independent", asked)).items[49].amount.amount, "9999999999999.99")
  })
})

describe("the answer to a batch", () => {
  const error = { title: "", detail: "" }
  const results = [
    { index: 0, transaction: { id: "txn_1" } },
    { index: 1, error: { code: "insufficient_funds", ...error } },
    { index: 2, error: { code: "overloaded", ...error } },
    { index: 3, transaction: { id: "txn_2" } }
  ]

  test("tells what was posted, and what had too little money", () => {
    assert.deepEqual(tallyOfJson(JSON.stringify({ items: results })), { posted: 2, refused: 1 })
  })

  test("over gRPC too", () => {
    const items = results.map(({ index, transaction, error: failure }) => ({
      index,
      result:
        transaction === undefined
          ? ({ case: "error", value: failure ?? { code: "" } } as const)
          : ({ case: "transaction", value: transaction } as const)
    }))
    const answer = toBinary(PostTransferBatchResponseSchema, create(PostTransferBatchResponseSchema, { items }))
    assert.deepEqual(tallyOf(answer), { posted: 2, refused: 1 })
  })
})

describe("the gRPC client", () => {
  const check = ({ service }: HealthCheckRequest) => {
    if (service !== "") throw new ConnectError(`unknown service ${service}`, Code.NotFound)
    return { status: HealthCheckResponse_ServingStatus.SERVING }
  }
  const routes = (router: ConnectRouter) => router.service(Health, { check })
  const server = createServer(connectNodeAdapter({ routes }))
  const edge = { port: 0, token: "none" }

  before(async () => {
    edge.port = await freePort()
    await new Promise<void>((resolve) => server.listen(edge.port, "127.0.0.1", resolve))
  })
  after(() => {
    server.close()
  })

  test("makes thousands of calls on one connection", async () => {
    const { clients, end } = await grpcEmpty(edge)(16)
    for (let round = 0; round < 200; round++)
      assert.equal((await Promise.all(clients.map((client) => client()))).length, 16)
    await end()
  })

  test("tells how a call failed", async () => {
    const grpc = await openGrpc(edge)
    const asked = toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema, { service: "bank.none" }))
    const { status, refused, messages } = await grpc.call(pathOf(Health.method.check), asked)
    assert.deepEqual([status, messages.length], [5, 0])
    assert.match(refused, /unknown service/u)
    grpc.end()
  })
})
