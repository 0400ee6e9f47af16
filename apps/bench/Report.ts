/** What every benchmark prints before and after its table, and keeps in a file. */
import { writeFile } from "node:fs/promises"
import { loadavg } from "node:os"
import type { Check } from "./Contender.ts"
import type { Round } from "./Rounds.ts"
import type { Server, ServerFacts } from "./Server.ts"

/** A line for whoever waits; the report itself goes to the standard output. */
export const progress = (line: string): void => console.error(line)

const grouped = (count: number): string => Math.round(count).toLocaleString("en-US")

/**
 * Tells whoever waits for `total` of something how many are done, how fast they come, and how long the rest takes at that
 * rate.
 */
export const countdown = (what: string, total: number): ((done: number) => void) => {
  const start = performance.now()
  return (done) => {
    const perSecond = (done * 1000) / (performance.now() - start)
    const left = `${grouped((total - done) / perSecond)} s left`
    progress(`${grouped(done)} of ${grouped(total)} ${what}, ${grouped(perSecond)} a second, ${left}`)
  }
}

/** Prints what the figures depend on. */
export const printFacts = ({ version, settings, cores }: ServerFacts): void => {
  console.log(`${version}\n${cores} cores, the load's process beside the server's; load average ${loadavg()[0]}`)
  for (const [name, value] of Object.entries(settings)) console.log(`${name} = ${value}`)
}

/** Counts what others did on the server since now, and prints it when it is called. */
export const watchOthers = async (server: Server): Promise<() => Promise<void>> => {
  const before = await server.otherCommits()
  return async () => {
    const commits = (await server.otherCommits()) - before
    console.log(`\nMeanwhile ${commits} commits in other databases of this server; load average ${loadavg()[0]}.`)
  }
}

/** Writes every single sample as JSON, if a file was named. */
export const writeSamples = async (
  file: string | undefined,
  server: Pick<Server, "facts">,
  seconds: number,
  rounds: ReadonlyArray<Round>
): Promise<void> => {
  if (file === undefined) return
  const samples = rounds.map((round) => Object.fromEntries(round))
  await writeFile(file, `${JSON.stringify({ server: server.facts, seconds, rounds: samples }, undefined, 2)}\n`)
}

/** Prints the checks and answers whether all hold. */
export const printChecks = (checks: ReadonlyArray<Check>): boolean => {
  for (const { what, holds } of checks) console.log(`${holds ? "holds" : "DOES NOT HOLD"}: ${what}`)
  return checks.every(({ holds }) => holds)
}
