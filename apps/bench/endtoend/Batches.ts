/** Many transfers in a request: batches over gRPC and REST, and streams. */
import type { AccountId } from "../../../domain/ids/index.ts"
import { TransactionService } from "../../../proto/gen/bank/transaction/v1/transaction_service_pb.ts"
import { dice } from "../Dice.ts"
import { duplicatesPercent, freshTransfers, type Transfer } from "../Mix.ts"
import {
  batchJson,
  batchMessage,
  type Mode,
  rejectionsIn,
  streamMessage,
  type Tally,
  tallyOf,
  tallyOfJson,
  withRejections
} from "./Bodies.ts"
import { type Edge, headersOf } from "./Edge.ts"
import { grpcClients, messageOf, pathOf } from "./Grpc.ts"
import { openGrpc } from "./GrpcClient.ts"
import { requestText } from "./Http.ts"
import type { Client, Clients } from "./Load.ts"
import { restClients } from "./Rest.ts"

/** Transfers of a batch. */
export const batchItems = 1000

/** Transfers of a message of a stream, and messages of a stream on their way at once: less than the bank bounds. */
export const streamItems = 250
export const streamMessages = 16

type Bytes = string | Uint8Array

/** How a request under the `run`-th key is sent, and what its answer says. */
interface Sender<A extends Bytes> {
  readonly send: (run: number) => Promise<A>
  readonly tallyOf: (answer: A) => Tally
}

const isSame = (one: Bytes, other: Bytes): boolean =>
  typeof one === "string" || typeof other === "string" ? one === other : Buffer.compare(one, other) === 0

const retryEvery = 100 / duplicatesPercent

/** Sends a request under ever new keys, and of a hundred two again, which must be answered by the same bytes. */
const clientOf = <A extends Bytes>(sender: Sender<A>, newRun: () => number, expected: Tally): Client => {
  let sent = 0
  let last: { readonly run: number; readonly answer: A } | undefined
  return async () => {
    if (last !== undefined && ++sent % retryEvery === 0) {
      if (!isSame(await sender.send(last.run), last.answer)) throw new Error("a retry was answered in another way")
      return 0
    }
    const run = newRun()
    const answer = await sender.send(run)
    const { posted, refused } = sender.tallyOf(answer)
    if (posted !== expected.posted || refused !== expected.refused)
      throw new Error(`of ${JSON.stringify(expected)} came ${JSON.stringify({ posted, refused })}`)
    last = { run, answer }
    return posted
  }
}

const counter = (): (() => number) => {
  let next = 0
  return () => next++
}

/** The same transfers of every request, with rejections among them unless all or none are posted. */
const prepared = (name: string, accounts: ReadonlyArray<AccountId>, count: number, mode: Mode) => {
  const next = freshTransfers(name, accounts, "uniform", dice(count))
  const transfers = Array.from({ length: count }, () => next())
  const refused = mode === "independent" ? rejectionsIn(count) : 0
  return {
    transfers: refused === 0 ? transfers : withRejections(transfers),
    expected: { posted: count - refused, refused }
  }
}

/** Batches over gRPC; `name` keeps their keys apart from all others. */
export const grpcBatches = (edge: Edge, name: string, accounts: ReadonlyArray<AccountId>, mode: Mode) => {
  const { transfers, expected } = prepared(name, accounts, batchItems, mode)
  const message = batchMessage(mode, transfers)
  const path = pathOf(TransactionService.method.postTransferBatch)
  const newRun = counter()
  return (count: number): Promise<Clients> =>
    grpcClients(edge, count, (grpc) => {
      const send = async (run: number) => messageOf(await grpc.call(path, message(`${name}-${run}`)))
      return clientOf({ send, tallyOf }, newRun, expected)
    })
}

/** Posts transfers once, in batches over gRPC, all or none. */
export const postOverGrpc = async (edge: Edge, name: string, transfers: ReadonlyArray<Transfer>): Promise<void> => {
  const grpc = await openGrpc(edge)
  const path = pathOf(TransactionService.method.postTransferBatch)
  for (let from = 0; from < transfers.length; from += batchItems) {
    const items = transfers.slice(from, from + batchItems)
    const answer = messageOf(await grpc.call(path, batchMessage("all_or_nothing", items)(`${name}-${from}`)))
    if (tallyOf(answer).posted !== items.length) throw new Error("a batch was not posted")
  }
  grpc.end()
}

/** Batches over REST. */
export const restBatches = (edge: Edge, name: string, accounts: ReadonlyArray<AccountId>, mode: Mode) => {
  const { transfers, expected } = prepared(name, accounts, batchItems, mode)
  const json = batchJson(mode, transfers)
  const newRun = counter()
  return (count: number): Promise<Clients> =>
    restClients(edge, count, (http) => {
      const send = async (run: number) => {
        const headers = { ...headersOf(edge), "content-type": "application/json", "idempotency-key": `${name}-${run}` }
        const { status, body } = await http.send(requestText("POST", "/v1/transfers/batch", headers, json))
        if (status !== 200) throw new Error(`a batch was answered ${status} ${body}`)
        return body
      }
      return clientOf({ send, tallyOf: tallyOfJson }, newRun, expected)
    })
}

/** So many streams over gRPC, each on a connection of its own and with as many messages on their way as it may have. */
export const grpcStreams = (edge: Edge, name: string, accounts: ReadonlyArray<AccountId>) => {
  const { transfers, expected } = prepared(name, accounts, streamItems, "independent")
  const message = streamMessage(name, transfers)
  const path = pathOf(TransactionService.method.streamTransfers)
  const newRun = counter()
  return async (count: number): Promise<Clients> => {
    const connections = await Promise.all(Array.from({ length: count }, () => openGrpc(edge)))
    const streams = connections.map((grpc) => grpc.stream(path))
    const clients = streams.flatMap(({ send }) =>
      Array.from({ length: streamMessages }, () =>
        clientOf({ send: (run: number) => send(message(run)), tallyOf }, newRun, expected)
      )
    )
    const end = async (): Promise<void> => {
      await Promise.all(streams.map((stream) => stream.finish()))
      for (const connection of connections) connection.end()
    }
    return { clients, end }
  }
}
