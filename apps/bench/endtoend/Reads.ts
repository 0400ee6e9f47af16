/** Reads of accounts and of their entries: through the ledger's port, and over REST and gRPC. */
import { create, toBinary } from "@bufbuild/protobuf"
import { Effect } from "effect"
import postgres from "postgres"
import { defaultOptions } from "../../../adapters/postgres/index.ts"
import { Ledger } from "../../../application/ports/Ledger.ts"
import type { AccountId } from "../../../domain/ids/index.ts"
import { AccountService, GetAccountRequestSchema } from "../../../proto/gen/bank/account/v1/account_service_pb.ts"
import type { Contender } from "../Contender.ts"
import { dice } from "../Dice.ts"
import type { LedgerLoad } from "../LedgerLoad.ts"
import { accountAt } from "../Mix.ts"
import type { Edge } from "./Edge.ts"
import { grpcClients, messageOf, pathOf } from "./Grpc.ts"
import { type Client, loadOf } from "./Load.ts"
import { restReads } from "./Rest.ts"

/** Reads on their way at once, and rows of a page. */
export const readsInFlight = 64
export const pageRows = 50

/** Of what the other reads are a share. */
export const selectOne = `select 1, ${readsInFlight} in flight`

const clients = (count: number, one: Client) => ({ clients: Array.from({ length: count }, () => one), end: () => {} })

/** A read that counts; throws where its answer is not the right one. */
const right = (isRight: boolean): number => {
  if (!isRight) throw new Error("a read was answered wrongly")
  return 1
}

const read = (what: string, open: Parameters<typeof loadOf>[2]): Contender =>
  loadOf(`read ${what}, ${readsInFlight} in flight`, readsInFlight, open)

/** `select 1` through the driver of the ledger's reader, with as many connections. */
export const openSelectOne = (url: string) => {
  const sql = postgres(url, { max: defaultOptions.readConnectionsMax, fetch_types: false })
  const one = async () => right((await sql`select 1`).length === 1)
  return {
    contender: loadOf(selectOne, readsInFlight, async (width) => clients(width, one)),
    end: () => sql.end()
  }
}

/** Reads of these accounts through the port of a ledger in this process. */
export const portReads = (ledger: LedgerLoad, ids: ReadonlyArray<AccountId>): ReadonlyArray<Contender> => {
  const roll = dice(1)
  const any = (): AccountId => accountAt(ids, roll(ids.length))
  return [
    read("account through the port", async (width) =>
      clients(width, async () => {
        const accounts = await ledger.run(Effect.flatMap(Ledger, (port) => port.accounts([any()])))
        return right(accounts.length === 1)
      })
    ),
    read("page of entries through the port", async (width) =>
      clients(width, async () => {
        const query = { accountId: any(), order: "newest", limit: pageRows } as const
        const entries = await ledger.run(Effect.flatMap(Ledger, (port) => port.entries(query)))
        return right(entries.length === pageRows)
      })
    )
  ]
}

const entriesIn = (body: string): number => body.split('"transactionId":').length - 1

/** Reads of these accounts over REST and gRPC. */
export const edgeReads = (rest: Edge, grpc: Edge, ids: ReadonlyArray<AccountId>): ReadonlyArray<Contender> => {
  const roll = dice(2)
  const any = (): AccountId => accountAt(ids, roll(ids.length))
  const path = pathOf(AccountService.method.getAccount)
  return [
    read(
      "account over REST",
      restReads(
        rest,
        () => `/v1/accounts/${any()}`,
        (body) => body.startsWith('{"id":"acc_')
      )
    ),
    read("account over gRPC", (width) =>
      grpcClients(grpc, width, (connection) => async () => {
        const account = any()
        const asked = toBinary(GetAccountRequestSchema, create(GetAccountRequestSchema, { account }))
        return right(Buffer.from(messageOf(await connection.call(path, asked))).includes(account))
      })
    ),
    read(
      "page of entries over REST",
      restReads(
        rest,
        () => `/v1/accounts/${any()}/transactions?limit=${pageRows}`,
        (body) => entriesIn(body) === pageRows
      )
    )
  ]
}
