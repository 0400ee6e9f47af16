/** A closed loop of clients over a network: each sends its next request when its last was answered. */
import type { Contender } from "../Contender.ts"
import { sampleOf } from "../Sample.ts"

/** Sends one request and checks its answer; says whether it counts. */
export type Client = () => Promise<boolean>

export interface Clients {
  readonly clients: ReadonlyArray<Client>
  readonly end: () => void
}

const closedLoop = async (clients: ReadonlyArray<Client>, seconds: number) => {
  const latenciesMs: Array<number> = []
  const start = performance.now()
  const until = start + seconds * 1000
  const run = async (client: Client) => {
    while (performance.now() < until) {
      const sentAt = performance.now()
      if (await client()) latenciesMs.push(performance.now() - sentAt)
    }
  }
  await Promise.all(clients.map(run))
  return sampleOf(latenciesMs.length, (performance.now() - start) / 1000, latenciesMs)
}

/** A contender of `inFlight` clients, whose connections open before its time begins and close after it. */
export const loadOf = (
  what: string,
  inFlight: number,
  open: (count: number) => Promise<Clients>,
  counted: (committed: number) => void = () => {}
): Contender => ({
  name: `${what}, ${inFlight} in flight`,
  prepare: async () => {},
  run: async (seconds) => {
    const { clients, end } = await open(inFlight)
    try {
      const sample = await closedLoop(clients, seconds)
      counted(sample.committed)
      return sample
    } finally {
      end()
    }
  }
})
