/** The benchmark `ledger`: pgbench, the naive transfer and our ledger take turns on one PostgreSQL. */
import type { Asked } from "./Arguments.ts"
import type { Contender } from "./Contender.ts"
import { newAccountId, openLedger } from "./LedgerLoad.ts"
import { openNaive } from "./Naive.ts"
import { counted, ledgerNotes, pgbenchNotes } from "./NotMeasured.ts"
import { openReference } from "./Reference.ts"
import { printChecks, printFacts, progress, watchOthers, writeSamples } from "./Report.ts"
import { measure, type Plan, type Round, throughCheckpoint } from "./Rounds.ts"
import { median } from "./Sample.ts"
import { openServer } from "./Server.ts"
import { cost, rates, ratio, table } from "./Table.ts"
import type { Workplace } from "./Workplace.ts"

const accounts = 10_000

/** What each account begins with, 10,000,000.00: no transfer of the mix takes an account below zero by chance. */
const fundsMinor = 1_000_000_000n

/** How much of what the closed loop reached arrives in the open one. */
const openLoopPercent = 70

const costs = [
  cost("load and bank CPU µs", "loadMicros"),
  cost("PostgreSQL CPU µs", "postgresMicros"),
  cost("WAL bytes", "walBytes")
]

/** The open loop's rate is a share of the closed loop's, so it comes after it. */
const openLoop = async (
  closed: Contender,
  rounds: ReadonlyArray<Round>,
  open: (rate: number) => Contender,
  plan: Plan
) => {
  const reached = median(rounds.flatMap((round) => round.get(closed.name)?.tps ?? []))
  const contender = open(Math.max(1, Math.round((reached * openLoopPercent) / 100)))
  const measured = await measure([contender], plan)
  console.log(
    `\nAn open loop at ${openLoopPercent} % of "${closed.name}", latencies from the intended time of arrival:\n`
  )
  console.log(table([contender.name], measured, [...rates("tps"), ...costs]))
  return measured
}

/** Runs the benchmark in a fresh database and prints what it found. Answers whether every check held. */
export const benchLedger = async (place: Workplace, { rounds, seconds, inFlight, json }: Asked): Promise<boolean> => {
  const url = await place.database()
  const server = await openServer(url)
  printFacts(server.facts)
  const mayCheckpoint = await server.checkpoint()
  const pgbench = await openReference(url, server, place)
  progress(`opening ${accounts} accounts, twice …`)
  const naive = await openNaive(url, accounts, fundsMinor)
  const ledger = await openLedger(url, Array.from({ length: accounts }, newAccountId), fundsMinor)

  const inFlightMax = Math.max(...inFlight)
  const uniform = naive.contender("uniform")
  const hot = naive.contender("hot")
  const curve = inFlight.map((count) => ledger.contender("uniform", count))
  const contenders = [
    ...pgbench,
    uniform,
    naive.contender("zipf"),
    hot,
    ...curve,
    ledger.contender("zipf", inFlightMax),
    ledger.contender("hot", inFlightMax),
    ledger.listsContender("uniform", inFlightMax),
    ledger.listsContender("hot", inFlightMax),
    // The last, so that pgbench follows: it writes whole pages to the WAL after a checkpoint and without one.
    ...(mayCheckpoint ? [throughCheckpoint(ledger.contender("uniform", inFlightMax), server)] : [])
  ]
  const plan: Plan = { rounds, seconds, server, report: progress }
  const printOthers = await watchOthers(server)
  const measured = await measure(contenders, plan)

  const names = contenders.map(({ name }) => name)
  const columns = [
    ...rates("tps"),
    ...pgbench.map(({ name }) => ratio("pgbench", () => name)),
    ratio("naive uniform", () => uniform.name),
    ratio("naive hot", () => hot.name),
    ...costs
  ]
  console.log(`\nMedian (least–greatest) of ${rounds} rounds, ${seconds} s each; costs are for each transaction:\n`)
  console.log(table(names, measured, columns))
  if (!mayCheckpoint) console.log("\nThe user may not begin a checkpoint: no run went through one on purpose.")
  const opened = await Promise.all(
    curve.slice(-1).map((closed) => openLoop(closed, measured, (rate) => ledger.openContender("uniform", rate), plan))
  )
  await printOthers()
  console.log(`\n${counted}\n${pgbenchNotes}\n${ledgerNotes}\n`)
  await writeSamples(json, server, seconds, [...measured, ...opened.flat()])

  progress("checking what was stored …")
  const isRight = printChecks([...(await naive.checks()), ...(await ledger.checks())])
  await Promise.all([ledger.end(), naive.end(), server.end()])
  return isRight
}
