/** The benchmark `auth`: what it costs to know who calls and what it may, beside the plain check of a signature. */
import { availableParallelism, loadavg } from "node:os"
import type { Asked } from "./Arguments.ts"
import type { Contender } from "./Contender.ts"
import { authNotes } from "./NotMeasured.ts"
import { printChecks, progress, writeSamples } from "./Report.ts"
import { measure } from "./Rounds.ts"
import { cost, rates, ratesMicros, ratio, table } from "./Table.ts"
import { openTokens, referenceOf, secondsMax, together } from "./TokenLoad.ts"
import type { Workplace } from "./Workplace.ts"

/** What the bank hashes passwords with (OWASP's least for Argon2id: 19 MiB, two passes, one lane). */
const argon2id = { algorithm: "argon2id", memoryCost: 19_456, timeCost: 2 } as const

/** Logins that end with the check of a right password. */
const passwords = async (inFlight: ReadonlyArray<number>): Promise<ReadonlyArray<Contender>> => {
  const password = "correct horse battery staple"
  const hash = await Bun.password.hash(password, argon2id)
  const once = async (): Promise<void> => {
    if (!(await Bun.password.verify(password, hash))) throw new Error("the right password was refused")
  }
  return inFlight.map((count) => ({
    name: `password check, ${count} at a time`,
    prepare: async () => {},
    run: (seconds) => together(seconds, count, once)
  }))
}

/** No database takes part. */
const server = {
  facts: { version: `Bun ${Bun.version}`, settings: {}, cores: availableParallelism() },
  walBytes: async () => 0,
  cpuMicros: () => undefined,
  checkpoint: async () => true
}

/** Runs the benchmark and prints what it found. Answers whether every check held. */
export const benchAuth = async (place: Workplace, asked: Asked): Promise<boolean> => {
  const { rounds, seconds, inFlight, json } = asked
  if (seconds > secondsMax) throw new Error(`A run of more than ${secondsMax} s would outlive its tokens`)
  console.log(`${server.facts.version}, ${server.facts.cores} cores; load average ${loadavg()[0]}`)
  const tokens = await openTokens()
  place.putOff(tokens.end)
  const logins = await passwords(inFlight)
  const plan = { rounds, seconds, server, report: progress }
  const measured = await measure([...tokens.contenders, ...logins], plan)

  console.log(`\nMedian (least–greatest) of ${rounds} rounds, ${seconds} s each:\n`)
  const cpu = cost("CPU µs", "loadMicros")
  const names = (contenders: ReadonlyArray<Contender>) => contenders.map(({ name }) => name)
  console.log(table(names(tokens.contenders), measured, [...ratesMicros("a second"), ratio("jose", referenceOf), cpu]))
  console.log(`\n${table(names(logins), measured, [...rates("logins a second"), cpu])}`)
  console.log(`\n${authNotes}\n`)
  await writeSamples(json, server, seconds, measured)
  return printChecks(await tokens.checks())
}
