/**
 * One cleartext port for HTTP/1.1 and HTTP/2. A connection's first bytes tell: HTTP/2 opens with `PRI * HTTP/2.0`
 * (RFC 9113, 3.4), which no HTTP/1.1 method starts like. The socket then belongs to the server of that protocol.
 */
import * as http from "node:http"
import * as http2 from "node:http2"
import * as net from "node:net"

/** Answers a request of either protocol. */
export type Handler = (
  request: http.IncomingMessage | http2.Http2ServerRequest,
  response: http.ServerResponse | http2.Http2ServerResponse
) => void

/** A port that is listened on. */
export interface Listener {
  readonly port: number
  /**
   * Takes no more connections or requests, waits until those taken are answered, at most `graceMillis`, and closes what
   * is left. Says whether all were answered.
   */
  readonly close: (graceMillis: number) => Promise<boolean>
}

/** Connections open at a time; more are refused at once. */
const connectionsMax = 10_000

/** Requests in progress on one HTTP/2 connection. */
const streamsMax = 250

/** A connection has this long to say its first words. */
const firstBytesMillisMax = 10_000

/** A connection on which nothing is asked is closed after this long; what is a request is one when its headers are read. */
const idleMillisMax = 60_000

const prefaceStart = Buffer.from("PRI")

/** A socket that has nothing more to say has this long to be closed by its other end. */
const lingerMillisMax = 500

/** Closes a connection that has had no request for `idleMillis`: who holds many open for nothing keeps others out. */
const idleWatch = (idleMillis: number, close: () => void) => {
  let requests = 0
  let isClosed = false
  let timer = setTimeout(close, idleMillis)
  return {
    begun: (): void => {
      requests++
      clearTimeout(timer)
    },
    ended: (): void => {
      // An answer may end after its connection has.
      if (--requests === 0 && !isClosed) timer = setTimeout(close, idleMillis)
    },
    closed: (): void => {
      isClosed = true
      clearTimeout(timer)
    }
  }
}
type IdleWatch = ReturnType<typeof idleWatch>

/** Hands the socket to the server that its first bytes ask for. */
const route = (socket: net.Socket, h1: http.Server, h2: http2.Http2Server, onHttp1: () => void): void => {
  const drop = (): void => {
    socket.destroy()
  }
  socket.setNoDelay(true)
  socket.setTimeout(firstBytesMillisMax, drop)
  socket.on("error", drop)
  let first = Buffer.alloc(0)
  // Reading by `readable` leaves the socket neither paused nor flowing, as a server expects a new one to be.
  const read = (): void => {
    const chunk: unknown = socket.read()
    if (!(chunk instanceof Uint8Array)) return
    first = Buffer.concat([first, chunk])
    if (first.length < prefaceStart.length && prefaceStart.subarray(0, first.length).equals(first)) return
    socket.off("readable", read)
    socket.off("timeout", drop)
    socket.off("error", drop)
    socket.setTimeout(0)
    socket.unshift(first)
    const isHttp2 = first.subarray(0, prefaceStart.length).equals(prefaceStart)
    if (!isHttp2) onHttp1()
    ;(isHttp2 ? h2 : h1).emit("connection", socket)
  }
  socket.on("readable", read)
}

/** Waits until something holds, which is looked at whenever `changed` is called, and no longer than a bound. */
const makeWait = () => {
  const checks = new Set<() => void>()
  const changed = (): void => {
    for (const check of checks) check()
  }
  const until = (holds: () => boolean, millisMax: number): Promise<boolean> =>
    new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer)
        checks.delete(check)
        resolve(holds())
      }
      const check = (): void => {
        if (holds()) end()
      }
      const timer = setTimeout(end, millisMax)
      checks.add(check)
      check()
    })
  return { changed, until }
}

/** Listens on `host` and `port`; port 0 takes any free one. Rejects where the port is taken or not allowed. */
export const listen = (
  handler: Handler,
  address: { readonly host: string; readonly port: number; readonly idleMillis?: number }
): Promise<Listener> => {
  const { idleMillis = idleMillisMax } = address
  const sockets = new Set<net.Socket>()
  const http1Sockets = new Set<net.Socket>()
  const sessions = new Set<http2.ServerHttp2Session>()
  const watches = new WeakMap<net.Socket | http2.Http2Session, IdleWatch>()
  const { changed, until } = makeWait()
  let open = 0
  let closing = false

  const track: Handler = (request, response) => {
    open++
    if (closing && request.httpVersionMajor < 2) response.setHeader("connection", "close")
    let isOpen = true
    const connection = "stream" in request ? request.stream.session : request.socket
    const watch = connection === undefined ? undefined : watches.get(connection)
    watch?.begun()
    const end = (): void => {
      if (!isOpen) return
      isOpen = false
      open--
      watch?.ended()
      changed()
    }
    response.once("close", end)
    // Where an answer was sent before its request was read to the end, only the HTTP/2 stream tells of it.
    if ("stream" in request) request.stream.once("finish", end).once("close", end)
    handler(request, response)
  }
  const h1 = http.createServer(track)
  const h2 = http2.createServer({ settings: { maxConcurrentStreams: streamsMax } }, track)
  h2.on("session", (session) => {
    sessions.add(session)
    const watch = idleWatch(idleMillis, () => {
      // A client that is there is told to come again by another connection.
      session.close()
      setTimeout(() => session.destroy(), lingerMillisMax).unref()
    })
    watches.set(session, watch)
    session.once("close", () => {
      sessions.delete(session)
      watch.closed()
    })
    session.on("error", () => session.destroy())
  })
  const server = net.createServer((socket) => {
    sockets.add(socket)
    socket.once("close", () => {
      sockets.delete(socket)
      http1Sockets.delete(socket)
      changed()
    })
    route(socket, h1, h2, () => {
      http1Sockets.add(socket)
      const watch = idleWatch(idleMillis, () => socket.destroy())
      watches.set(socket, watch)
      socket.once("close", watch.closed)
    })
  })
  server.maxConnections = connectionsMax

  const close = async (graceMillis: number): Promise<boolean> => {
    closing = true
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const session of sessions) session.close()
    const answered = await until(() => open === 0, graceMillis)
    // The last answers may still be on their way out of a socket: it is ended, not cut.
    for (const socket of http1Sockets) socket.end()
    if (answered) await until(() => sockets.size === 0, lingerMillisMax)
    for (const session of sessions) session.destroy()
    for (const socket of sockets) socket.destroy()
    await closed
    return answered
  }

  return new Promise((resolve, reject) => {
    server.once("error", reject)
    server.listen(address.port, address.host, () => {
      server.off("error", reject)
      const bound = server.address()
      resolve({ port: typeof bound === "object" && bound !== null ? bound.port : address.port, close })
    })
  })
}
