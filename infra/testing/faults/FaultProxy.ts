/** A TCP proxy between one writer and PostgreSQL that knows what passes through it and fails where a trap says so. */
import { connect, createServer, type Socket } from "node:net"
import { type Claims, type Exchange, exchangesOf, isLast } from "./exchanges.ts"
import { type Message, splitter } from "./frames.ts"
import type { From, Trap } from "./Trap.ts"

/** A trap that went off, and at which message. */
export interface Sprung {
  readonly trap: Trap
  readonly message: number
  readonly letter: string
}

export interface FaultProxy {
  /** The database's URL, through the proxy. */
  readonly url: string
  /** Sets traps, which go off one after the other, in place of those before. */
  readonly arm: (traps: ReadonlyArray<Trap>, onSprung: (sprung: Sprung) => void) => void
  /** Delivers what is kept, and breaks the connections on which something was lost. */
  readonly release: () => void
  /** Breaks all connections. */
  readonly cut: () => void
  readonly close: () => Promise<void>
}

/** Bytes go through, are kept until they are released, or are lost; a dead connection is broken on both sides. */
type Mode = "open" | "kept" | "lost" | "dead"

interface Link {
  readonly sockets: Readonly<Record<From, Socket>>
  mode: Mode
  kept: Array<{ readonly to: From; readonly bytes: Buffer }>
  /** Sides that closed while the connection did not go through. */
  readonly ended: Set<From>
}

const otherSide = (from: From): From => (from === "writer" ? "server" : "writer")

/** How long a broken connection has to deliver what went through before. */
const lingerMs = 100

// Ended and not destroyed: what was written before still arrives.
const sever = (link: Link): void => {
  link.mode = "dead"
  link.kept = []
  for (const socket of Object.values(link.sockets)) {
    socket.end()
    setTimeout(() => socket.destroy(), lingerMs).unref()
  }
}

const releaseLink = (link: Link): void => {
  if (link.mode === "lost") sever(link)
  if (link.mode !== "kept") return
  link.mode = "open"
  for (const { to, bytes } of link.kept) link.sockets[to].write(bytes)
  link.kept = []
  for (const side of link.ended) link.sockets[otherSide(side)].end()
}

const pass = (link: Link, from: From, bytes: Buffer): void => {
  const to = otherSide(from)
  if (link.mode === "open") link.sockets[to].write(bytes)
  else if (link.mode === "kept") link.kept.push({ to, bytes })
}

/** How many of the message's bytes still arrive. */
const arriving = ({ where }: Trap, { bytes }: Message): number =>
  where === "before" ? 0 : where === "after" ? bytes.length : Math.ceil(bytes.length / 2)

const struck = (link: Link, { fault, where }: Trap): void => {
  if (fault === "cut" || fault === "kill") sever(link)
  if (link.mode !== "open") return
  if (fault === "hole") link.mode = "lost"
  // A process that is stopped after the message has the rest of its bytes on their way already.
  else if (fault === "late" || where !== "after") link.mode = "kept"
}

export const faultProxy = async (databaseUrl: string): Promise<FaultProxy> => {
  const target = new URL(databaseUrl)
  const links = new Set<Link>()
  const claims: Claims = { isAgain: false }
  let traps: ReadonlyArray<Trap> = []
  let skipped = 0
  let onSprung: (sprung: Sprung) => void = () => {}

  const springs = (trap: Trap, from: From, message: Message, exchange: Exchange): boolean => {
    if (trap.phase !== exchange.phase || trap.from !== from || exchange.isSkipped) return false
    if (exchange.seen[from] === 1 && skipped < trap.skip) {
      skipped += 1
      exchange.isSkipped = true
      return false
    }
    return exchange.seen[from] >= trap.message || isLast(from, message, exchange)
  }

  const spring = (link: Link, trap: Trap, from: From, message: Message, exchange: Exchange): void => {
    traps = traps.slice(1)
    skipped = 0
    const count = arriving(trap, message)
    if (count > 0) pass(link, from, message.bytes.subarray(0, count))
    for (const each of trap.strikesAll ? [...links] : [link]) struck(each, trap)
    if (count < message.bytes.length) pass(link, from, message.bytes.subarray(count))
    onSprung({ trap, message: exchange.seen[from], letter: message.letter })
  }

  const accept = (client: Socket): void => {
    const server = connect(Number(target.port || 5432), target.hostname)
    const link: Link = { sockets: { writer: client, server }, mode: "open", kept: [], ended: new Set() }
    links.add(link)
    const exchanges = exchangesOf(claims)
    const split = { writer: splitter(true), server: splitter(false) }
    const through = (from: From, bytes: Buffer): void => {
      for (const message of split[from](bytes)) {
        const exchange = exchanges.of(from, message)
        const [trap] = traps
        if (
          trap !== undefined &&
          exchange !== undefined &&
          link.mode === "open" &&
          springs(trap, from, message, exchange)
        )
          spring(link, trap, from, message, exchange)
        else pass(link, from, message.bytes)
      }
    }
    const ended = (side: From): void => {
      link.ended.add(side)
      if (link.mode === "open") link.sockets[otherSide(side)].end()
      if (link.ended.size === 2 || link.mode === "dead") links.delete(link)
    }
    for (const side of ["writer", "server"] as const)
      link.sockets[side]
        .setNoDelay(true)
        .on("data", (bytes: Buffer) => through(side, bytes))
        .on("error", () => ended(side))
        .on("close", () => ended(side))
  }

  const server = createServer(accept)
  const port = await new Promise<number>((resolve, reject) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      if (address === null || typeof address === "string") reject(new Error("the proxy has no port"))
      else resolve(address.port)
    })
  })
  const url = new URL(databaseUrl)
  url.host = `127.0.0.1:${port}`
  const cut = (): void => {
    for (const link of links) sever(link)
    links.clear()
  }
  return {
    url: url.href,
    arm: (set, tell) => {
      traps = set
      skipped = 0
      onSprung = tell
    },
    release: () => {
      for (const link of [...links]) releaseLink(link)
    },
    cut,
    close: () => {
      cut()
      return new Promise((resolve) => server.close(() => resolve()))
    }
  }
}
