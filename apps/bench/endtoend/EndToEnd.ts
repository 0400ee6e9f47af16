/** The benchmark `endtoend`: the bank as a process of its own, loaded over REST and gRPC from this one. */
import { Effect, ManagedRuntime } from "effect"
import { LedgerAudit } from "../../../application/ports/LedgerAudit.ts"
import { AccountId } from "../../../domain/ids/index.ts"
import { freePort, startBank } from "../../../infra/testing/crash/BankProcess.ts"
import { auditOf } from "../../bank/Stores.ts"
import type { Asked } from "../Arguments.ts"
import type { Check, Contender } from "../Contender.ts"
import { newAccountId, openLedger } from "../LedgerLoad.ts"
import { accountAt, mix, type Transfer } from "../Mix.ts"
import { counted, endToEndNotes, pgbenchNotes } from "../NotMeasured.ts"
import { openReference, reference } from "../Reference.ts"
import { printChecks, printFacts, progress, watchOthers, writeSamples } from "../Report.ts"
import { measure } from "../Rounds.ts"
import { openServer, type Server } from "../Server.ts"
import { cost, rates, ratio, table } from "../Table.ts"
import type { Workplace } from "../Workplace.ts"
import { grpcBatches, grpcStreams, postOverGrpc, restBatches } from "./Batches.ts"
import type { Edge } from "./Edge.ts"
import { grpcEmpty, grpcTransfers } from "./Grpc.ts"
import { loadOf } from "./Load.ts"
import { edgeReads, openSelectOne, pageRows, portReads, selectOne } from "./Reads.ts"
import { restAccounts, restEmpty, restTransfers } from "./Rest.ts"

const accounts = 1000
const fundsMinor = 1_000_000_000n
const setupInFlight = 64

/** Batches on their way at once, beside one alone. */
const batchesInFlight = 8

/** The empty call beside which requests with many transfers and reads stand has as many in flight, or the next fewer. */
const emptyInFlightMax = 64

const columnsOf = (empty: (name: string) => string | undefined, pgbench: ReadonlyArray<Contender>) => [
  ...rates("a second"),
  ratio("empty call", empty),
  ...pgbench.map(({ name }) => ratio("pgbench", () => name)),
  ratio("select 1", (name) => (name.startsWith("read") ? selectOne : undefined)),
  cost("load CPU µs", "loadMicros"),
  cost("bank CPU µs", "bankMicros"),
  cost("PostgreSQL CPU µs", "postgresMicros"),
  cost("WAL bytes", "walBytes")
]

/** The empty call of the same edge: with as many in flight beside single transfers. */
const emptyOf = (inFlight: ReadonlyArray<number>) => {
  const width = inFlight.findLast((each) => each <= emptyInFlightMax) ?? inFlight[0]
  return (name: string): string | undefined => {
    const [edge] = /REST|gRPC/u.exec(name) ?? []
    if (edge === undefined || name.includes("empty call")) return undefined
    const [, own] = /^\w+ transfer, (\d+ in flight)$/u.exec(name) ?? []
    return `${edge} empty call, ${own ?? `${width} in flight`}`
  }
}

/** What gives every account a page of entries: each pays the one after it, again and again. */
const history = (ids: ReadonlyArray<AccountId>): ReadonlyArray<Transfer> =>
  Array.from({ length: (pageRows / 2) * ids.length }, (_, index) => ({
    key: `history-${index}`,
    from: accountAt(ids, index % ids.length),
    to: accountAt(ids, (index + 1) % ids.length),
    minor: 1n
  }))

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

/** What is measured of the edges; `count` is told of what was committed. */
const edgeContenders = (
  rest: Edge,
  grpc: Edge,
  ids: ReadonlyArray<AccountId>,
  inFlight: ReadonlyArray<number>,
  count: (committed: number) => void
): ReadonlyArray<Contender> => {
  const transfersOf = (name: string, seed: number) => mix(name, ids, "uniform", seed)
  const single = inFlight.flatMap((width) => [
    loadOf(`REST empty call, ${width} in flight`, width, restEmpty(rest)),
    loadOf(`REST transfer, ${width} in flight`, width, restTransfers(rest, transfersOf(`rest-${width}`, width)), count),
    loadOf(`gRPC empty call, ${width} in flight`, width, grpcEmpty(grpc)),
    loadOf(
      `gRPC transfer, ${width} in flight`,
      width,
      grpcTransfers(grpc, transfersOf(`grpc-${width}`, width + 1)),
      count
    )
  ])
  const batch = (what: string, width: number, open: ReturnType<typeof grpcBatches>) =>
    loadOf(`${what}, ${width} in flight`, width, open, count)
  const each = "batch of 1,000, each by itself"
  const all = "batch of 1,000, all or none"
  return [
    ...single,
    batch(`gRPC ${each}`, 1, grpcBatches(grpc, "grpc-one", ids, "independent")),
    batch(`gRPC ${each}`, batchesInFlight, grpcBatches(grpc, "grpc-each", ids, "independent")),
    batch(`gRPC ${all}`, batchesInFlight, grpcBatches(grpc, "grpc-all", ids, "all_or_nothing")),
    batch(`REST ${each}`, batchesInFlight, restBatches(rest, "rest-each", ids, "independent")),
    batch(`REST ${all}`, batchesInFlight, restBatches(rest, "rest-all", ids, "all_or_nothing")),
    loadOf("gRPC stream of transfers", 1, grpcStreams(grpc, "grpc-stream", ids), count),
    loadOf("gRPC streams of transfers, 4", 4, grpcStreams(grpc, "grpc-streams", ids), count)
  ]
}

/** Runs the benchmark in a fresh database and one more, and prints what it found. Answers whether every check held. */
export const benchEndToEnd = async (place: Workplace, asked: Asked): Promise<boolean> => {
  const { rounds, seconds, inFlight, json, only } = asked
  const url = await place.database()
  const other = await place.database()
  const server = await openServer(url)
  printFacts(server.facts)
  const isAsked = ({ name }: Pick<Contender, "name">): boolean =>
    only.length === 0 || only.some((text) => name.includes(text))
  const pgbench = isAsked({ name: reference }) ? await openReference(url, server, place) : []
  progress("starting the bank …")
  const ports = { rest: await freePort(), rpc: await freePort() }
  const bank = await startBank(await place.folder(), ports, { DATABASE_URL: url })
  place.putOff(bank.stop)
  const rest = { port: ports.rest, token: bank.token }
  const grpc = { port: ports.rpc, token: bank.token }
  const ids = (await restAccounts(rest, accounts, fundsMinor, setupInFlight)).map((id) => AccountId.make(id))
  const before = history(ids)
  await postOverGrpc(grpc, "history", before)
  let acknowledged = before.length
  const count = (committed: number): void => {
    acknowledged += committed
  }

  progress("opening a ledger in this process …")
  const own = Array.from({ length: accounts }, newAccountId)
  const ledger = await openLedger(other, own, fundsMinor)
  await ledger.post(history(own))
  const select = openSelectOne(url)

  const measurable = [
    ...edgeContenders(rest, grpc, ids, inFlight, count),
    select.contender,
    ...portReads(ledger, own),
    ...edgeReads(rest, grpc, ids)
  ]
  const contenders = [...pgbench, ...measurable.filter(isAsked)]
  const bankPid = bank.pid === undefined ? {} : { bankPid: bank.pid }
  const printOthers = await watchOthers(server)
  const measured = await measure(contenders, { rounds, seconds, server, report: progress, ...bankPid })

  console.log(`\nMedian (least–greatest) of ${rounds} rounds, ${seconds} s each; costs are for each one counted:\n`)
  const names = contenders.map(({ name }) => name)
  console.log(table(names, measured, columnsOf(emptyOf(inFlight), pgbench)))
  await printOthers()
  console.log(`\n${counted}\n${pgbenchNotes}\n${endToEndNotes}\n`)
  await writeSamples(json, server, seconds, measured)
  await bank.stop()

  progress("checking what was stored …")
  const isRight = printChecks([...(await checksOf(server, url, acknowledged)), ...(await ledger.checks())])
  await Promise.all([ledger.end(), server.end(), select.end()])
  return isRight
}
