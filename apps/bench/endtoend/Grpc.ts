/** The bank over gRPC, on HTTP/2 connections that many calls share. */
import { ConnectError, createClient } from "@connectrpc/connect"
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node"
import { TransactionService } from "../../../proto/gen/bank/transaction/v1/transaction_service_pb.ts"
import { ProblemSchema } from "../../../proto/gen/bank/type/v1/problem_pb.ts"
import { Health, HealthCheckResponse_ServingStatus as Status } from "../../../proto/gen/grpc/health/v1/health_pb.ts"
import type { Answer, Mix } from "../Mix.ts"
import type { Clients } from "./Load.ts"
import { decimal, type Edge } from "./Rest.ts"

/** Calls on their way on one connection; the server takes 250. */
const callsPerConnection = 128

const open = (edge: Edge, count: number) => {
  const baseUrl = `http://127.0.0.1:${edge.port}`
  const sessions = Array.from({ length: Math.ceil(count / callsPerConnection) }, () => new Http2SessionManager(baseUrl))
  return {
    transports: sessions.map((sessionManager) => createGrpcTransport({ baseUrl, sessionManager })),
    end: () => {
      for (const session of sessions) session.abort()
    }
  }
}

const spreadOver = <A>(calls: ReadonlyArray<A>, count: number): ReadonlyArray<A> =>
  Array.from({ length: Math.ceil(count / calls.length) }, () => calls)
    .flat()
    .slice(0, count)

/** Asks whether the server takes requests. */
export const grpcEmpty =
  (edge: Edge) =>
  async (count: number): Promise<Clients> => {
    const { transports, end } = open(edge, count)
    const calls = transports.map((transport) => {
      const client = createClient(Health, transport)
      return async () => {
        const { status } = await client.check({})
        if (status !== Status.SERVING) throw new Error(`the health was answered ${status}`)
        return true
      }
    })
    return { clients: spreadOver(calls, count), end }
  }

const refusedOf = (cause: unknown): Answer => {
  const error = ConnectError.from(cause)
  const [problem] = error.findDetails(ProblemSchema)
  return { refused: problem?.code === "insufficient_funds" ? "InsufficientFunds" : error.message }
}

/** Moves money. */
export const grpcTransfers =
  (edge: Edge, requests: Mix) =>
  async (count: number): Promise<Clients> => {
    const { transports, end } = open(edge, count)
    const headers = { authorization: `Bearer ${edge.token}` }
    const calls = transports.map((transport) => {
      const client = createClient(TransactionService, transport)
      return async () => {
        const asked = requests.next()
        const { key, from, to, minor } = asked.transfer
        const amount = { amount: decimal(minor), currency: "USD" }
        const answer = await client
          .transfer({ from, to, amount, idempotencyKey: key }, { headers })
          .then(({ transaction }): Answer => ({ transactionId: transaction?.id ?? "" }), refusedOf)
        return requests.isNewTransfer(asked, answer)
      }
    })
    return { clients: spreadOver(calls, count), end }
  }
