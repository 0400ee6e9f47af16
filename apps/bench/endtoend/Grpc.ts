/** The bank over gRPC, on HTTP/2 connections that many calls share. */
import { create, type DescMethod, fromBinary, toBinary } from "@bufbuild/protobuf"
import {
  TransactionService,
  TransferRequestSchema,
  TransferResponseSchema
} from "../../../proto/gen/bank/transaction/v1/transaction_service_pb.ts"
import {
  Health,
  HealthCheckRequestSchema,
  HealthCheckResponse_ServingStatus as Status
} from "../../../proto/gen/grpc/health/v1/health_pb.ts"
import type { Answer, Mix, Transfer } from "../Mix.ts"
import { decimal, type Edge } from "./Edge.ts"
import { type GrpcAnswer, type GrpcConnection, openGrpc } from "./GrpcClient.ts"
import type { Client, Clients } from "./Load.ts"

/** Calls on their way on one connection; the server takes 250. */
const callsPerConnection = 128

/** The path of a method. */
export const pathOf = ({ parent, name }: DescMethod): string => `/${parent.typeName}/${name}`

/** So many clients, on connections that they share. */
export const grpcClients = async (
  edge: Edge,
  count: number,
  clientOf: (grpc: GrpcConnection, index: number) => Client
): Promise<Clients> => {
  const width = Math.ceil(count / callsPerConnection)
  const connections = await Promise.all(Array.from({ length: width }, () => openGrpc(edge)))
  const clients = Array.from({ length: count }, (_, index) => {
    const connection = connections[index % width]
    if (connection === undefined) throw new RangeError(`there is no connection for client ${index}`)
    return clientOf(connection, index)
  })
  return {
    clients,
    end: () => {
      for (const connection of connections) connection.end()
    }
  }
}

/** The one message of a call that succeeded. Throws where it did not. */
export const messageOf = ({ status, refused, messages }: GrpcAnswer): Uint8Array => {
  const [message, second] = messages
  if (status !== 0 || message === undefined || second !== undefined)
    throw new Error(`a call ended with ${status} and ${messages.length} messages: ${refused}`)
  return message
}

/** Field 1 of an answer of the health, as bytes: that the server takes requests. */
const serving = Buffer.from([1 << 3, Status.SERVING])

/** Asks whether the server takes requests. */
export const grpcEmpty = (edge: Edge) => (count: number) => {
  const path = pathOf(Health.method.check)
  const asked = toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema))
  return grpcClients(edge, count, (grpc) => async () => {
    if (!serving.equals(messageOf(await grpc.call(path, asked)))) throw new Error("the bank takes no requests")
    return 1
  })
}

const requestOf = ({ key, from, to, minor }: Transfer): Uint8Array =>
  toBinary(
    TransferRequestSchema,
    create(TransferRequestSchema, {
      from,
      to,
      amount: { amount: decimal(minor), currency: "USD" },
      idempotencyKey: key
    })
  )

const answerOf = (answer: GrpcAnswer): Answer => {
  if (answer.status === 0)
    return { transactionId: fromBinary(TransferResponseSchema, messageOf(answer)).transaction?.id ?? "" }
  return { refused: answer.refused.includes("insufficient_funds") ? "InsufficientFunds" : answer.refused }
}

/** Moves money. */
export const grpcTransfers = (edge: Edge, requests: Mix) => (count: number) => {
  const path = pathOf(TransactionService.method.transfer)
  return grpcClients(edge, count, (grpc) => async () => {
    const asked = requests.next()
    const answer = answerOf(await grpc.call(path, requestOf(asked.transfer)))
    return requests.isNewTransfer(asked, answer) ? 1 : 0
  })
}
