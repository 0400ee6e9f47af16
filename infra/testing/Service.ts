/** Where a service came from, in the order in which they are tried. `TEST_SERVICES` names one to allow no other. */
export const sources = ["environment", "local", "docker", "embedded", "package"] as const
export type Source = (typeof sources)[number]

/** A running PostgreSQL or Redis. What was only found, not started, is left running by both stops. */
export interface Service {
  readonly url: string
  readonly source: Source
  stop(): Promise<void>
  /** The stop for a process that is ending and can wait for nothing. */
  stopNow(): void
}

/** One way to have a service. `find` answers a reason, in a few words, when there is none here. */
export interface Candidate {
  readonly source: Source
  find(): Promise<Omit<Service, "source"> | string>
}

/** A service that was found running. */
export const found = (url: string): Omit<Service, "source"> => ({ url, stop: async () => {}, stopNow: () => {} })

const isSource = (text: string): text is Source => sources.some((source) => source === text)

const reason = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

/**
 * The first candidate that has the service. Throws when none has, saying of each why, and `advice`. A URL in the
 * environment that does not answer is an error and no reason to look further: whoever set it meant that one.
 */
export const firstOf = async (what: string, candidates: ReadonlyArray<Candidate>, advice: string): Promise<Service> => {
  const only = process.env.TEST_SERVICES ?? ""
  if (only !== "" && !isSource(only))
    throw new Error(`TEST_SERVICES is "${only}"; expected one of ${sources.join(", ")}`)
  const reasons: Array<string> = []
  for (const { source, find } of candidates) {
    if (only !== "" && only !== source) continue
    try {
      const service = await find()
      if (typeof service !== "string") return { ...service, source }
      reasons.push(`${source}: ${service}`)
    } catch (cause) {
      if (source === "environment") throw cause
      reasons.push(`${source}: ${reason(cause)}`)
    }
  }
  throw new Error(`There is no ${what} for the tests. ${advice}\n  ${reasons.join("\n  ")}`)
}

/** A service that the test files of one process share. */
export interface Shared {
  acquire(): Promise<Service>
  release(): void
}

/** How long a service that this process started waits for the next test file before it is stopped. */
const idleMs = 1000

/** Starts a service for the first user and stops it, if it was started here, when the last has been gone for a while. */
export const share = (find: () => Promise<Service>): Shared => {
  let current: Promise<Service> | undefined
  let users = 0
  let idle: ReturnType<typeof setTimeout> | undefined
  const start = async (): Promise<Service> => {
    const service = await find()
    // A test runner may end the process without waiting for timers.
    const onExit = () => service.stopNow()
    process.once("exit", onExit)
    const stop = async () => {
      process.off("exit", onExit)
      await service.stop()
    }
    return { ...service, stop }
  }
  return {
    acquire: async () => {
      clearTimeout(idle)
      users++
      current ??= start()
      try {
        return await current
      } catch (cause) {
        users--
        current = undefined
        throw cause
      }
    },
    release: () => {
      users--
      if (users > 0) return
      idle = setTimeout(() => {
        const ending = current
        current = undefined
        void ending?.then((service) => service.stop())
      }, idleMs)
    }
  }
}
