/** A lean gRPC client on HTTP/2: many calls on one connection, messages as bytes, the status read from the trailers. */
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from "node:http2"
import { type Edge, headersOf } from "./Edge.ts"

/** How a call ended. */
export interface GrpcAnswer {
  /** 0 is success (gRPC status codes). */
  readonly status: number
  /** What the server says went wrong: its message and, encoded, its details. */
  readonly refused: string
  /** The messages that were not taken before the end. */
  readonly messages: ReadonlyArray<Uint8Array>
}

/** A bidirectional stream whose every message is answered by one, in their order. */
export interface GrpcStream {
  /** Sends a message and answers the message that comes back for it. */
  readonly send: (message: Uint8Array) => Promise<Uint8Array>
  /** Says that no more comes, and waits for the end. Throws where that is not a good one. */
  readonly finish: () => Promise<void>
}

export interface GrpcConnection {
  readonly call: (path: string, message: Uint8Array) => Promise<GrpcAnswer>
  readonly stream: (path: string) => GrpcStream
  readonly end: () => void
}

/** Before each message: whether it is compressed, and its length in four bytes. */
const headBytes = 5

/** What the server may send before it is told to go on, of a stream: no message of ours is larger. */
const windowBytes = 2 * 1024 * 1024

/** A message as it stands on the wire, not compressed. */
export const framed = (message: Uint8Array): Buffer => {
  const frame = Buffer.allocUnsafe(headBytes + message.length)
  frame.writeUInt8(0)
  frame.writeUInt32BE(message.length, 1)
  frame.set(message, headBytes)
  return frame
}

/** The whole messages at the beginning of these bytes, and what is left behind them. */
export const messagesIn = (bytes: Buffer): { readonly messages: ReadonlyArray<Buffer>; readonly rest: Buffer } => {
  const messages: Array<Buffer> = []
  let at = 0
  while (bytes.length >= at + headBytes) {
    if (bytes[at] !== 0) throw new Error("a compressed message, which was not asked for")
    const end = at + headBytes + bytes.readUInt32BE(at + 1)
    if (bytes.length < end) break
    messages.push(bytes.subarray(at + headBytes, end))
    at = end
  }
  return { messages, rest: bytes.subarray(at) }
}

const textOf = (header: string | ReadonlyArray<string> | undefined): string =>
  typeof header === "string" ? header : (header ?? []).join()

const endOf = (trailers: IncomingHttpHeaders): Omit<GrpcAnswer, "messages"> => {
  const status = textOf(trailers["grpc-status"])
  if (status === "") throw new Error("a call ended without a status")
  const details = Buffer.from(textOf(trailers["grpc-status-details-bin"]), "base64").toString("latin1")
  const message = decodeURIComponent(textOf(trailers["grpc-message"]))
  return { status: Number(status), refused: `${message} ${details}` }
}

const open = (session: ClientHttp2Session, edge: Edge, path: string): ClientHttp2Stream =>
  session.request({
    ":method": "POST",
    ":path": path,
    ...headersOf(edge),
    "content-type": "application/grpc",
    te: "trailers"
  })

/** Gathers what comes back; `take` is given the messages as they come. The end is its promise. */
const receive = (stream: ClientHttp2Stream, take: (messages: ReadonlyArray<Buffer>) => void) =>
  new Promise<Omit<GrpcAnswer, "messages">>((resolve, reject) => {
    let rest = Buffer.alloc(0)
    let trailers: IncomingHttpHeaders = {}
    // An answer without messages has its status among its only headers.
    stream.on("response", (headers) => {
      trailers = headers
    })
    stream.on("trailers", (headers) => {
      trailers = headers
    })
    stream.on("data", (chunk: Buffer) => {
      const read = messagesIn(rest.length === 0 ? chunk : Buffer.concat([rest, chunk]))
      rest = Buffer.from(read.rest)
      take(read.messages)
    })
    stream.on("error", reject)
    stream.on("close", () => {
      try {
        resolve(endOf(trailers))
      } catch (cause) {
        reject(cause)
      }
    })
  })

const call = async (session: ClientHttp2Session, edge: Edge, path: string, message: Uint8Array) => {
  const stream = open(session, edge, path)
  const messages: Array<Uint8Array> = []
  const ended = receive(stream, (more) => messages.push(...more))
  stream.end(framed(message))
  return { ...(await ended), messages }
}

interface Waiter {
  readonly resolve: (message: Uint8Array) => void
  readonly reject: (cause: unknown) => void
}

const streamOf = (session: ClientHttp2Session, edge: Edge, path: string): GrpcStream => {
  const stream = open(session, edge, path)
  const waiters: Array<Waiter> = []
  const ended = receive(stream, (messages) => {
    for (const message of messages) waiters.shift()?.resolve(message)
  })
  const fail = (cause: unknown): void => {
    for (const waiter of waiters.splice(0)) waiter.reject(cause)
  }
  ended.then(({ status, refused }) => fail(new Error(`the stream ended with ${status}: ${refused}`)), fail)
  return {
    send: (message) =>
      new Promise((resolve, reject) => {
        waiters.push({ resolve, reject })
        stream.write(framed(message))
      }),
    finish: async () => {
      stream.end()
      const { status, refused } = await ended
      if (status !== 0) throw new Error(`the stream ended with ${status}: ${refused}`)
    }
  }
}

/** Opens a connection to the edge. */
export const openGrpc = (edge: Edge): Promise<GrpcConnection> =>
  new Promise((resolve, reject) => {
    const session = connect(`http://127.0.0.1:${edge.port}`, { settings: { initialWindowSize: windowBytes } })
    session.on("error", reject)
    session.on("connect", () =>
      resolve({
        call: (path, message) => call(session, edge, path, message),
        stream: (path) => streamOf(session, edge, path),
        end: () => session.destroy()
      })
    )
  })
