import type { Contender } from "./Contender.ts"
import { processMicros } from "./Cpu.ts"
import type { Sample } from "./Sample.ts"
import type { Server } from "./Server.ts"

/** What each committed transaction cost; undefined where it is not known. */
export interface Costs {
  readonly walBytes: number
  /** CPU of the process that makes the load, and of the processes that it began and that have ended. */
  readonly loadMicros: number | undefined
  /** CPU of the bank, where it is a process of its own. */
  readonly bankMicros: number | undefined
  /** CPU of all processes of PostgreSQL. */
  readonly postgresMicros: number | undefined
}

/** A sample with what it cost. */
export type Measured = Sample & { readonly costs: Costs }

/** One round: a sample of each contender, by its name. */
export type Round = ReadonlyMap<string, Measured>

/** How often and how long is measured, and on what. */
export interface Plan {
  readonly rounds: number
  readonly seconds: number
  readonly server: Pick<Server, "walBytes" | "cpuMicros" | "checkpoint">
  /** The process of the bank, where it is not this one. */
  readonly bankPid?: number
  readonly report: (line: string) => void
}

/** How long a contender runs before the first round, at most: by then the JIT compiler has seen what is hot. */
const warmUpSecondsMax = 2

type Reading = Costs

const reading = async ({ server, bankPid }: Plan): Promise<Reading> => ({
  walBytes: await server.walBytes(),
  loadMicros: processMicros(process.pid),
  bankMicros: bankPid === undefined ? undefined : processMicros(bankPid),
  postgresMicros: server.cpuMicros()
})

const costs = (before: Reading, after: Reading, committed: number): Costs => {
  const each = (from: number | undefined, to: number | undefined): number | undefined =>
    from === undefined || to === undefined ? undefined : (to - from) / committed
  return {
    walBytes: (after.walBytes - before.walBytes) / committed,
    loadMicros: each(before.loadMicros, after.loadMicros),
    bankMicros: each(before.bankMicros, after.bankMicros),
    postgresMicros: each(before.postgresMicros, after.postgresMicros)
  }
}

/**
 * Runs every contender once in each round, one at a time; each round begins with the next one. Before the first round
 * each runs for a moment that is not measured. Then there is a checkpoint, and later ones come when the server makes
 * them. One before each would flatter a contender that changes the same pages many times, as the ledger does, beside one
 * that touches each page once, as pgbench does.
 */
export const measure = async (contenders: ReadonlyArray<Contender>, plan: Plan): Promise<ReadonlyArray<Round>> => {
  const { rounds, seconds, server, report } = plan
  const measured: Array<Round> = []
  for (const contender of contenders) {
    report(`warming up: ${contender.name}`)
    await contender.prepare()
    await contender.run(Math.min(seconds, warmUpSecondsMax))
  }
  if (!(await server.checkpoint())) report("the user may not begin a checkpoint: the first comes when it comes")
  for (let round = 0; round < rounds; round++) {
    const samples = new Map<string, Measured>()
    const first = round % contenders.length
    for (const contender of [...contenders.slice(first), ...contenders.slice(0, first)]) {
      await contender.prepare()
      const before = await reading(plan)
      const sample = await contender.run(seconds)
      samples.set(contender.name, { ...sample, costs: costs(before, await reading(plan), sample.committed) })
      report(`round ${round + 1}: ${contender.name}: ${Math.round(sample.tps)} a second`)
    }
    measured.push(samples)
  }
  return measured
}

/** The contender, with a checkpoint that begins in the middle of each run. */
export const throughCheckpoint = ({ name, prepare, run }: Contender, server: Server): Contender => ({
  name: `${name}, through a checkpoint`,
  prepare,
  run: async (seconds) => {
    const checkpoint = Bun.sleep(seconds * 500).then(server.checkpoint)
    const sample = await run(seconds)
    if (!(await checkpoint)) throw new Error("the user may not begin a checkpoint")
    return sample
  }
})
