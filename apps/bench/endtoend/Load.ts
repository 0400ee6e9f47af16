/** A closed loop of clients over a network: each sends its next request when its last was answered. */
import type { Contender } from "../Contender.ts"
import { sampleOf } from "../Sample.ts"

/** Sends one request and checks its answer; says how much of it counts. */
export type Client = () => Promise<number>

export interface Clients {
  readonly clients: ReadonlyArray<Client>
  readonly end: () => void | Promise<void>
}

const closedLoop = async (clients: ReadonlyArray<Client>, seconds: number) => {
  const latenciesMs: Array<number> = []
  const start = performance.now()
  const until = start + seconds * 1000
  let committed = 0
  const run = async (client: Client) => {
    while (performance.now() < until) {
      const sentAt = performance.now()
      const counted = await client()
      committed += counted
      if (counted > 0) latenciesMs.push(performance.now() - sentAt)
    }
  }
  await Promise.all(clients.map(run))
  return sampleOf(committed, (performance.now() - start) / 1000, latenciesMs)
}

/** A contender of `count` clients, whose connections open before its time begins and close after it. */
export const loadOf = (
  name: string,
  count: number,
  open: (count: number) => Promise<Clients>,
  counted: (committed: number) => void = () => {}
): Contender => ({
  name,
  prepare: async () => {},
  run: async (seconds) => {
    const { clients, end } = await open(count)
    try {
      const sample = await closedLoop(clients, seconds)
      counted(sample.committed)
      return sample
    } finally {
      await end()
    }
  }
})
