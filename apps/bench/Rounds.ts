import type { Contender } from "./Contender.ts"
import type { Sample } from "./Sample.ts"
import type { Server } from "./Server.ts"

/** A sample with the WAL that the server wrote for each committed transaction. */
export interface Measured extends Sample {
  readonly walBytesPerTransaction: number
}

/** One round: a sample of each contender, by its name. */
export type Round = ReadonlyMap<string, Measured>

/**
 * Runs every contender once in each round, one at a time; each round begins with the next one. There is a checkpoint
 * before the first, and later ones come when the server makes them. One before each would flatter a contender that
 * changes the same pages many times, as the ledger does, beside one that touches each page once, as pgbench does.
 */
export const measure = async (
  contenders: ReadonlyArray<Contender>,
  rounds: number,
  seconds: number,
  server: Server,
  report: (line: string) => void
): Promise<ReadonlyArray<Round>> => {
  const measured: Array<Round> = []
  if (!(await server.checkpoint())) report("the user may not begin a checkpoint: the first comes when it comes")
  for (let round = 0; round < rounds; round++) {
    const samples = new Map<string, Measured>()
    const first = round % contenders.length
    for (const contender of [...contenders.slice(first), ...contenders.slice(0, first)]) {
      await contender.prepare()
      const walBytes = await server.walBytes()
      const sample = await contender.run(seconds)
      const walBytesPerTransaction = ((await server.walBytes()) - walBytes) / sample.committed
      samples.set(contender.name, { ...sample, walBytesPerTransaction })
      report(`round ${round + 1}: ${contender.name}: ${Math.round(sample.tps)} tps`)
    }
    measured.push(samples)
  }
  return measured
}
