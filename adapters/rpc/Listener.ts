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

const prefaceStart = Buffer.from("PRI")

/** Hands the socket to the server that its first bytes ask for. */
const route = (socket: net.Socket, h1: http.Server, h2: http2.Http2Server): void => {
  const drop = (): void => {
    socket.destroy()
  }
  socket.setNoDelay(true)
  socket.setTimeout(firstBytesMillisMax, drop)
  socket.on("error", drop)
  let first = Buffer.alloc(0)
  const read = (chunk: Buffer): void => {
    first = Buffer.concat([first, chunk])
    if (first.length < prefaceStart.length && prefaceStart.subarray(0, first.length).equals(first)) return
    socket.off("data", read)
    socket.off("timeout", drop)
    socket.off("error", drop)
    socket.setTimeout(0)
    socket.pause()
    socket.unshift(first)
    const server = first.subarray(0, prefaceStart.length).equals(prefaceStart) ? h2 : h1
    server.emit("connection", socket)
    socket.resume()
  }
  socket.on("data", read)
}

/** Listens on `host` and `port`; port 0 takes any free one. Rejects where the port is taken or not allowed. */
export const listen = (
  handler: Handler,
  address: { readonly host: string; readonly port: number }
): Promise<Listener> => {
  const sockets = new Set<net.Socket>()
  const sessions = new Set<http2.ServerHttp2Session>()
  let open = 0
  let closing = false
  let onIdle = (): void => {}

  const track: Handler = (request, response) => {
    open++
    if (closing && request.httpVersionMajor < 2) response.setHeader("connection", "close")
    response.once("close", () => {
      open--
      if (open === 0) onIdle()
    })
    handler(request, response)
  }
  const h1 = http.createServer(track)
  const h2 = http2.createServer({ settings: { maxConcurrentStreams: streamsMax } }, track)
  h2.on("session", (session) => {
    sessions.add(session)
    session.once("close", () => sessions.delete(session))
    session.on("error", () => session.destroy())
  })
  const server = net.createServer((socket) => {
    sockets.add(socket)
    socket.once("close", () => sockets.delete(socket))
    route(socket, h1, h2)
  })
  server.maxConnections = connectionsMax

  const idle = (graceMillis: number): Promise<boolean> =>
    new Promise((resolve) => {
      if (open === 0) return resolve(true)
      const timer = setTimeout(() => resolve(false), graceMillis)
      onIdle = () => {
        clearTimeout(timer)
        resolve(true)
      }
    })

  const close = async (graceMillis: number): Promise<boolean> => {
    closing = true
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const session of sessions) session.close()
    const answered = await idle(graceMillis)
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
