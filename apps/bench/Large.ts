/**
 * The benchmark `large`: the ledger with many accounts and entries and an empty one take turns, each through a checkpoint,
 * on one PostgreSQL and in one process.
 */
import { defaultOptions } from "../../adapters/postgres/index.ts"
import type { Asked } from "./Arguments.ts"
import type { Check, Contender } from "./Contender.ts"
import { newAccountId, openLedger } from "./LedgerLoad.ts"
import { counted, largeNotes } from "./NotMeasured.ts"
import { countdown, printChecks, printFacts, progress, watchOthers, writeSamples } from "./Report.ts"
import { measure, type Plan, throughCheckpoint } from "./Rounds.ts"
import { openServer, type Server } from "./Server.ts"
import { megabytes, relationSizes } from "./Sizes.ts"
import { cost, rates, ratio, table } from "./Table.ts"
import type { Workplace } from "./Workplace.ts"

/** The other ledger has these accounts, one deposit each, and nothing else. */
const emptyAccounts = 10_000

const fundsMinor = 1_000_000_000n

/** Requests on their way while the ledger is filled. */
const fillInFlight = 8192

const costs = [
  cost("load and bank CPU µs", "loadMicros"),
  cost("PostgreSQL CPU µs", "postgresMicros"),
  cost("WAL bytes", "walBytes")
]

const renamed = (prefix: string, contender: Contender): Contender => ({
  ...contender,
  name: `${prefix} ${contender.name}`
})

const named = (prefix: string, checks: ReadonlyArray<Check>): ReadonlyArray<Check> =>
  checks.map(({ what, holds }) => ({ what: `${prefix} ${what}`, holds }))

const through = (mayCheckpoint: boolean, contender: Contender, server: Server): Contender =>
  mayCheckpoint ? throughCheckpoint(contender, server) : contender

const printMemory = (readings: ReadonlyArray<readonly [when: string, bytes: number]>): void => {
  const { accountsCachedMax, accountsPackedMax } = defaultOptions
  console.log("\nResident memory of this process, which holds both ledgers, the load and the ids of all accounts:\n")
  for (const [when, bytes] of readings) console.log(`- ${when}: ${megabytes(bytes)}`)
  console.log(
    `- a writer keeps at most ${accountsCachedMax.toLocaleString("en-US")} accounts as they are, and ${accountsPackedMax.toLocaleString("en-US")} packed`
  )
}

/** Runs the benchmark in a fresh database and one more, and prints what it found. Answers whether every check held. */
export const benchLarge = async (place: Workplace, asked: Asked): Promise<boolean> => {
  const { rounds, seconds, inFlight, accounts, entries, json } = asked
  const url = await place.database()
  const other = await place.database()
  const server = await openServer(url)
  printFacts(server.facts)
  const mayCheckpoint = await server.checkpoint()
  const ids = Array.from({ length: accounts }, newAccountId)
  const memory: Array<readonly [string, number]> = [["at the start", process.memoryUsage.rss()]]

  progress(`opening ${emptyAccounts} accounts of the empty ledger and ${accounts} of the large one …`)
  const begun = performance.now()
  const empty = await openLedger(other, Array.from({ length: emptyAccounts }, newAccountId), fundsMinor)
  const large = await openLedger(url, ids, fundsMinor, countdown("accounts opened", accounts))
  // Each account's deposit has two entries.
  const transfers = Math.ceil((entries - 2 * accounts) / 2)
  await large.fill(transfers, fillInFlight, countdown("transfers posted", transfers))
  const fillSeconds = Math.round((performance.now() - begun) / 1000)
  memory.push(["after the load", process.memoryUsage.rss()])

  const pairs = inFlight.map((count) => ({
    small: through(mayCheckpoint, renamed("empty", empty.contender("uniform", count)), server),
    great: through(mayCheckpoint, renamed("large", large.contender("uniform", count)), server)
  }))
  const contenders = pairs.flatMap(({ small, great }) => [small, great])
  const baseline = new Map(pairs.map(({ small, great }) => [great.name, small.name]))
  const plan: Plan = { rounds, seconds, server, report: progress }
  const printOthers = await watchOthers(server)
  const measured = await measure(contenders, plan)
  memory.push(["after the run", process.memoryUsage.rss()])

  console.log(
    `\n${accounts} accounts and ${2 * (accounts + transfers)} entries before the first round, filled in ${fillSeconds} s.`
  )
  console.log(`Median (least–greatest) of ${rounds} rounds, ${seconds} s each; costs are for each transaction:\n`)
  const columns = [...rates("tps"), ratio("empty", (name) => baseline.get(name)), ...costs]
  const names = contenders.map(({ name }) => name)
  console.log(table(names, measured, columns))
  if (!mayCheckpoint) console.log("\nThe user may not begin a checkpoint: no run went through one on purpose.")
  printMemory(memory)
  console.log(`\nThe large ledger on disk after the run:\n\n${await relationSizes(server)}`)
  await printOthers()
  console.log(`\n${counted}\n${largeNotes}\n`)
  await writeSamples(json, server, seconds, measured)

  progress("checking what was stored …")
  const checking = performance.now()
  const isRight = printChecks([...named("empty", await empty.checks()), ...named("large", await large.checks())])
  progress(`checked in ${Math.round((performance.now() - checking) / 1000)} s`)
  await Promise.all([large.end(), empty.end(), server.end()])
  return isRight
}
