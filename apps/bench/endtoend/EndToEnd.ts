/** The benchmark `endtoend`: the bank as a process of its own, loaded over REST and gRPC from this one. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, ManagedRuntime } from "effect"
import postgres from "postgres"
import { defaultOptions } from "../../../adapters/postgres/index.ts"
import { Ledger } from "../../../application/ports/Ledger.ts"
import { LedgerAudit } from "../../../application/ports/LedgerAudit.ts"
import { AccountId } from "../../../domain/ids/index.ts"
import { freePort, startBank } from "../../../infra/testing/crash/BankProcess.ts"
import { createDatabase } from "../../../infra/testing/postgres.ts"
import { auditOf } from "../../bank/Stores.ts"
import type { Asked } from "../Arguments.ts"
import type { Check, Contender } from "../Contender.ts"
import { dice } from "../Dice.ts"
import { newAccountId, openLedger } from "../LedgerLoad.ts"
import { accountAt, mix } from "../Mix.ts"
import { counted, endToEndNotes, pgbenchNotes } from "../NotMeasured.ts"
import { openReference } from "../Reference.ts"
import { printChecks, printFacts, progress, watchOthers, writeSamples } from "../Report.ts"
import { measure } from "../Rounds.ts"
import { openServer, type Server } from "../Server.ts"
import { cost, rates, ratio, table } from "../Table.ts"
import { grpcEmpty, grpcTransfers } from "./Grpc.ts"
import { type Client, loadOf } from "./Load.ts"
import { restAccounts, restEmpty, restReads, restTransfers } from "./Rest.ts"

const accounts = 1000
const fundsMinor = 1_000_000_000n
const setupInFlight = 64

/** Reads on their way at once, and rows of a page. */
const readsInFlight = 64
const pageRows = 50

/** Transfers before the first round, so that every account has a page of entries. */
const historyTransfers = 40 * accounts

const columnsOf = (empty: (name: string) => string | undefined, pgbench: ReadonlyArray<Contender>) => [
  ...rates("a second"),
  ratio("empty call", empty),
  ...pgbench.map(({ name }) => ratio("pgbench", () => name)),
  ratio("select 1", (name) => (name.startsWith("read") ? `select 1, ${readsInFlight} in flight` : undefined)),
  cost("load CPU µs", "loadMicros"),
  cost("bank CPU µs", "bankMicros"),
  cost("PostgreSQL CPU µs", "postgresMicros"),
  cost("WAL bytes", "walBytes")
]

/** The empty call of the same edge with as many in flight. */
const emptyOf = (name: string): string | undefined =>
  /^(REST|gRPC) transfer, /u.test(name) ? name.replace("transfer", "empty call") : undefined

const checksOf = async (server: Server, url: string, acknowledged: number): Promise<ReadonlyArray<Check>> => {
  const [row] = await server.run("select count(*)::text n from ledger.transaction where kind = 'transfer'")
  const audit = ManagedRuntime.make(auditOf(url))
  const violations = await audit.runPromise(Effect.flatMap(LedgerAudit, (each) => each.violations))
  await audit.dispose()
  return [
    {
      what: `bank: ${acknowledged} acknowledged transfers are stored, and no other`,
      holds: Number(row?.n) === acknowledged
    },
    { what: `bank: the audit finds ${violations.length} violations of invariants`, holds: violations.length === 0 }
  ]
}

const clients = (count: number, one: Client) => ({ clients: Array.from({ length: count }, () => one), end: () => {} })

/** Runs the benchmark in a fresh database and one more, and prints what it found. Answers whether every check held. */
export const benchEndToEnd = async (url: string, { rounds, seconds, inFlight, json }: Asked): Promise<boolean> => {
  const other = await createDatabase()
  const folder = await mkdtemp(join(tmpdir(), "bank-bench-"))
  const server = await openServer(url)
  printFacts(server.facts)
  const pgbench = await openReference(url, server)
  progress("starting the bank …")
  const ports = { rest: await freePort(), rpc: await freePort() }
  const bank = await startBank(folder, ports, { DATABASE_URL: url })
  const rest = { port: ports.rest, token: bank.token }
  const grpc = { port: ports.rpc, token: bank.token }
  const opened = await restAccounts(rest, accounts, fundsMinor, setupInFlight)
  const ids = opened.map((id) => AccountId.make(id))
  let acknowledged = 0
  const count = (committed: number): void => {
    acknowledged += committed
  }
  const transfersOf = (name: string, seed: number) => mix(name, ids, "uniform", seed)

  progress("opening a ledger in this process …")
  const own = Array.from({ length: accounts }, newAccountId)
  const ledger = await openLedger(other.url, own, fundsMinor)
  await ledger.fill(historyTransfers, 1024, () => {})
  const sql = postgres(url, { max: defaultOptions.readConnectionsMax, fetch_types: false })
  const roll = dice(1)
  const any = (of: ReadonlyArray<AccountId>): AccountId => accountAt(of, roll(of.length))

  const edges = inFlight.flatMap((width) => [
    loadOf("REST empty call", width, restEmpty(rest)),
    loadOf("REST transfer", width, restTransfers(rest, transfersOf(`rest-${width}`, width)), count),
    loadOf("gRPC empty call", width, grpcEmpty(grpc)),
    loadOf("gRPC transfer", width, grpcTransfers(grpc, transfersOf(`grpc-${width}`, width + 1)), count)
  ])
  const reads = [
    loadOf("select 1", readsInFlight, async (width) => clients(width, async () => (await sql`select 1`).length === 1)),
    loadOf(
      "read account over REST",
      readsInFlight,
      restReads(
        rest,
        () => `/v1/accounts/${any(ids)}`,
        (body) => body.startsWith('{"id":"acc_')
      )
    ),
    loadOf("read account through the port", readsInFlight, async (width) =>
      clients(
        width,
        async () => (await ledger.run(Effect.flatMap(Ledger, (port) => port.accounts([any(own)])))).length === 1
      )
    ),
    loadOf("read page of entries through the port", readsInFlight, async (width) =>
      clients(width, async () => {
        const query = { accountId: any(own), order: "newest", limit: pageRows } as const
        return (await ledger.run(Effect.flatMap(Ledger, (port) => port.entries(query)))).length === pageRows
      })
    )
  ]
  const contenders = [...pgbench, ...edges, ...reads]
  const bankPid = bank.pid === undefined ? {} : { bankPid: bank.pid }
  const printOthers = await watchOthers(server)
  const measured = await measure(contenders, { rounds, seconds, server, report: progress, ...bankPid })

  console.log(`\nMedian (least–greatest) of ${rounds} rounds, ${seconds} s each; costs are for each request counted:\n`)
  const names = contenders.map(({ name }) => name)
  console.log(table(names, measured, columnsOf(emptyOf, pgbench)))
  await printOthers()
  console.log(`\n${counted}\n${pgbenchNotes}\n${endToEndNotes}\n`)
  await writeSamples(json, server, seconds, measured)
  await bank.stop()

  progress("checking what was stored …")
  const isRight = printChecks([...(await checksOf(server, url, acknowledged)), ...(await ledger.checks())])
  await Promise.all([ledger.end(), server.end(), sql.end()])
  await rm(folder, { recursive: true, force: true })
  await other.drop()
  return isRight
}
