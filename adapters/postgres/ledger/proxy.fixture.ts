import { connect, createServer, type Socket } from "node:net"

/** A TCP proxy in front of a database that can lose what goes through it. */
export interface LossyProxy {
  /** The database's URL, through the proxy. */
  readonly url: string
  /** From now on nothing comes back on connections whose application name contains `name`. */
  readonly silence: (name: string) => void
  /** From now on nothing goes through on connections whose application name contains `name`; resolves when that lost something. */
  readonly block: (name: string) => Promise<void>
  /**
   * On connections whose application name contains `name`, nothing goes through behind the first bytes of the next copy's
   * data; resolves when it came to that. The connections stay.
   */
  readonly stall: (name: string) => Promise<void>
  /** Breaks all connections; new ones work as before. */
  readonly cut: () => void
  readonly close: () => Promise<void>
}

interface Pair {
  readonly client: Socket
  readonly server: Socket
  /** The first bytes of a connection hold its application name as plain text. */
  startup: string
  isSilent: boolean
  /** Called with each loss where nothing goes through. */
  lose: (() => void) | undefined
  /** Called when a copy's data begins, where nothing goes through behind that. */
  stall: (() => void) | undefined
}

/** Begins the data of a binary copy. */
const copySignature = "PGCOPY\n"

const listening = (server: ReturnType<typeof createServer>): Promise<number> =>
  new Promise((resolve, reject) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      if (address === null || typeof address === "string") reject(new Error("the proxy has no port"))
      else resolve(address.port)
    })
  })

export const lossyProxy = async (databaseUrl: string): Promise<LossyProxy> => {
  const target = new URL(databaseUrl)
  const pairs = new Set<Pair>()

  const accept = (client: Socket): void => {
    const server = connect(Number(target.port || 5432), target.hostname)
    const pair: Pair = { client, server, startup: "", isSilent: false, lose: undefined, stall: undefined }
    pairs.add(pair)
    const end = (): void => {
      pairs.delete(pair)
      client.destroy()
      server.destroy()
    }
    client.on("data", (bytes: Buffer) => {
      if (pair.startup === "") pair.startup = bytes.toString("latin1")
      const data = pair.stall === undefined ? -1 : bytes.indexOf(copySignature)
      if (data >= 0) {
        server.write(bytes.subarray(0, data + copySignature.length))
        pair.lose = pair.stall
      }
      if (pair.lose === undefined) server.write(bytes)
      else pair.lose()
    })
    server.on("data", (bytes) => {
      if (!pair.isSilent) client.write(bytes)
    })
    for (const socket of [client, server]) socket.on("error", end).on("close", end)
  }

  const server = createServer(accept)
  const port = await listening(server)
  const url = new URL(databaseUrl)
  url.host = `127.0.0.1:${port}`
  const named = (name: string): ReadonlyArray<Pair> => [...pairs].filter((pair) => pair.startup.includes(name))
  const cut = (): void => {
    for (const { client, server: upstream } of pairs) {
      client.destroy()
      upstream.destroy()
    }
  }
  return {
    url: url.href,
    silence: (name) => {
      for (const pair of named(name)) pair.isSilent = true
    },
    block: (name) =>
      new Promise((resolve) => {
        for (const pair of named(name)) pair.lose = resolve
      }),
    stall: (name) =>
      new Promise((resolve) => {
        for (const pair of named(name)) pair.stall = resolve
      }),
    cut,
    close: () => {
      cut()
      return new Promise((resolve) => server.close(() => resolve()))
    }
  }
}
