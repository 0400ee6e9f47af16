/** The benchmark `ledger`: pgbench, the naive transfer and our ledger take turns on one PostgreSQL. */
import { writeFile } from "node:fs/promises"
import { loadavg } from "node:os"
import type { Arguments } from "./Arguments.ts"
import { openLedger } from "./LedgerLoad.ts"
import { openNaive } from "./Naive.ts"
import { notMeasured } from "./NotMeasured.ts"
import { findPgbench, reference } from "./Reference.ts"
import { measure } from "./Rounds.ts"
import { openServer } from "./Server.ts"
import { table } from "./Table.ts"

const accounts = 10_000

/** What each account begins with, 10,000,000.00: no transfer of the mix takes an account below zero by chance. */
const fundsMinor = 1_000_000_000n

/** Runs the benchmark in a fresh database and prints what it found. Answers whether every check held. */
export const benchLedger = async (url: string, { rounds, seconds, inFlight, json }: Arguments): Promise<boolean> => {
  const progress = (line: string): void => console.error(line)
  const server = await openServer(url)
  const { version, settings, cores } = server.facts
  console.log(`${version}\n${cores} cores, the load's process beside the server's; load average ${loadavg()[0]}`)
  for (const [name, value] of Object.entries(settings)) console.log(`${name} = ${value}`)

  const program = findPgbench()
  if (program === undefined) console.log("There is no pgbench here: the naive transfer is the only reference.")
  else progress("filling pgbench's tables …")
  const pgbench = program === undefined ? undefined : await reference(program, url, server)
  progress(`opening ${accounts} accounts, twice …`)
  const naive = await openNaive(url, accounts, fundsMinor)
  const ledger = await openLedger(url, accounts, fundsMinor)

  const uniform = naive.contender("uniform")
  const hot = naive.contender("hot")
  const contenders = [
    ...(pgbench === undefined ? [] : [pgbench]),
    uniform,
    hot,
    ...inFlight.map((count) => ledger.contender("uniform", count)),
    ledger.contender("hot", Math.max(...inFlight))
  ]
  const commitsBefore = await server.otherCommits()
  const measured = await measure(contenders, rounds, seconds, server, progress)
  const commits = (await server.otherCommits()) - commitsBefore

  const names = contenders.map(({ name }) => name)
  const baselines = [
    ...(pgbench === undefined ? [] : [{ title: "pgbench", name: pgbench.name }]),
    { title: "naive uniform", name: uniform.name },
    { title: "naive hot", name: hot.name }
  ]
  console.log(`\nMedian (least–greatest) of ${rounds} rounds, ${seconds} s each:\n`)
  console.log(table(names, measured, baselines))
  console.log(`\nMeanwhile ${commits} commits in other databases of this server; load average ${loadavg()[0]}.`)
  console.log(`\n${notMeasured}\n`)
  if (json !== undefined) {
    const samples = measured.map((round) => Object.fromEntries(round))
    await writeFile(json, `${JSON.stringify({ server: server.facts, seconds, rounds: samples }, undefined, 2)}\n`)
  }

  progress("checking what was stored …")
  const checks = [...(await naive.checks()), ...(await ledger.checks())]
  for (const { what, holds } of checks) console.log(`${holds ? "holds" : "DOES NOT HOLD"}: ${what}`)
  await Promise.all([ledger.end(), naive.end(), server.end()])
  return checks.every(({ holds }) => holds)
}
