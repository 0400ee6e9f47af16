/**
 * Lets several processes write one ledger in turn while connections are cut at every message, processes are stopped and
 * killed and answers are lost, and proves after each run that nothing was lost, doubled or done by a writer that had been
 * taken over from: `npm run faults -- [--runs 1000] [--seed N] [--run N] [--at-once 3]`.
 *
 * `--run` runs that run of the seed alone. A failed run prints its seed and number; what its processes said follows.
 */
import { parseArgs } from "node:util"
import { Effect, Layer } from "effect"
import postgres from "postgres"
import { Migrator, Postgres } from "../../../adapters/postgres/index.ts"
import { createDatabase } from "../postgres.ts"
import { faultProxy } from "./FaultProxy.ts"
import { planOf } from "./Plan.ts"
import { type Post, runPlan } from "./Run.ts"
import { completeRuns, count, emptyTally, missing, printed, type Tally } from "./Tally.ts"
import { verify } from "./verify.ts"
import { startWriter, type WriterProcess } from "./WriterProcess.ts"

/** Processes of a lane, which does one run after the other. */
const writersPerLane = 3

/** Of what a lane's processes said, this much is kept. */
const saidMax = 20_000

interface Lane {
  readonly run: (seed: number, run: number, tally: Tally) => Promise<void>
  readonly close: () => Promise<void>
}

/** A lane: what follows from a run of it is a failure with the run's seed, number and kind. */
const openLane = async (url: string): Promise<Lane> => {
  let said = ""
  const start = (): WriterProcess =>
    startWriter((text) => {
      said = `${said}${text}\n`.slice(-saidMax)
    })
  const proxies = await Promise.all(Array.from({ length: writersPerLane }, () => faultProxy(url)))
  const processes = proxies.map(start)
  const sql = postgres(url, { max: 1, onnotice: () => {} })

  return {
    run: async (seed, run, tally) => {
      said = ""
      const plan = planOf(seed, run)
      const posts = proxies.map((proxy, index): Post => {
        const process = processes[index]?.isAlive() ? processes[index] : start()
        processes[index] = process
        return { proxy, process, isOpen: false }
      })
      try {
        await verify(await runPlan(plan, posts, tally), url, sql)
        count(tally.runs, plan.kind)
      } catch (cause) {
        for (const { process } of posts) process.kill()
        throw new Error(`seed ${seed}, run ${run} (${plan.kind}): ${String(cause)}\n${said}`, { cause })
      }
    },
    close: async () => {
      for (const process of processes) process.kill()
      await Promise.all(proxies.map(({ close }) => close()))
      await sql.end({ timeout: 1 })
    }
  }
}

/** Does the runs, several at once, and gives what was reached. Throws the first failure. */
export const runFaults = async (
  options: { readonly seed: number; readonly runs: ReadonlyArray<number>; readonly atOnce: number },
  tell: (line: string) => void
): Promise<Tally> => {
  const database = await createDatabase()
  const tally = emptyTally()
  const lanes: Array<Lane> = []
  try {
    await Effect.runPromise(
      Effect.scoped(Layer.build(Layer.provide(Migrator.layer, Postgres.layer({ url: database.url }))))
    )
    while (lanes.length < options.atOnce) lanes.push(await openLane(database.url))
    const queue = [...options.runs]
    const started = performance.now()
    let done = 0
    await Promise.all(
      lanes.map(async (lane) => {
        for (let run = queue.shift(); run !== undefined; run = queue.shift()) {
          await lane.run(options.seed, run, tally).catch((cause: unknown) => {
            queue.length = 0
            throw cause
          })
          done += 1
          const seconds = ((performance.now() - started) / 1000).toFixed(1)
          if (done % 100 === 0)
            tell(`${done} runs of seed ${options.seed}: nothing lost, nothing doubled, ${seconds} s`)
        }
      })
    )
  } finally {
    await Promise.all(lanes.map(({ close }) => close()))
    await database.drop()
  }
  return tally
}

const numberOf = (name: string, text: string): number => {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`--${name}: expected a whole number, got ${text}`)
  return number
}

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      runs: { type: "string", default: "1000" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      run: { type: "string" },
      "at-once": { type: "string", default: "3" }
    }
  })
  const seed = numberOf("seed", values.seed)
  const runs =
    values.run === undefined ? [...Array(numberOf("runs", values.runs)).keys()] : [numberOf("run", values.run)]
  console.log(`seed ${seed}, ${runs.length} runs`)
  const tally = await runFaults({ seed, runs, atOnce: numberOf("at-once", values["at-once"]) }, console.log)
  console.log(printed(tally))
  const lacking = runs.length < completeRuns ? [] : missing(tally)
  for (const each of lacking) console.log(`never reached: ${each}`)
  process.exitCode = lacking.length > 0 ? 1 : 0
  if (lacking.length === 0) console.log("every acknowledged request is stored once, as it was acknowledged")
}

if (import.meta.main)
  await main().catch((cause: unknown) => {
    console.error(cause instanceof Error ? cause.message : cause)
    process.exitCode = 1
  })
