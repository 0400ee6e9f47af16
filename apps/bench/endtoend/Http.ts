/** A lean HTTP/1.1 client: one request at a time on each kept connection, answers with a Content-Length only. */
import { connect } from "node:net"

export interface HttpAnswer {
  readonly status: number
  readonly body: string
}

export interface HttpConnection {
  /** Sends the text of a whole request and answers what comes back. */
  readonly send: (request: string) => Promise<HttpAnswer>
  readonly end: () => void
}

interface Waiter {
  readonly resolve: (answer: HttpAnswer) => void
  readonly reject: (cause: Error) => void
}

const headEnd = "\r\n\r\n"

/** The first whole answer in these bytes, read as Latin-1; undefined while there is more to come. */
export const answerIn = (bytes: string): HttpAnswer | undefined => {
  const head = bytes.indexOf(headEnd)
  if (head < 0) return undefined
  const [, length] = /\r\ncontent-length: *(\d+)/iu.exec(bytes.slice(0, head)) ?? []
  if (length === undefined) throw new Error(`an answer without a length: ${bytes.slice(0, head)}`)
  const start = head + headEnd.length
  if (bytes.length < start + Number(length)) return undefined
  return { status: Number(bytes.slice(9, 12)), body: bytes.slice(start, start + Number(length)) }
}

/** Opens a connection to a port of this machine. */
export const openHttp = (port: number): Promise<HttpConnection> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true })
    let bytes = ""
    let waiter: Waiter | undefined
    const fail = (cause: Error): void => {
      reject(cause)
      waiter?.reject(cause)
    }
    socket.setEncoding("latin1")
    socket.on("error", fail)
    socket.on("close", () => fail(new Error("the bank closed the connection")))
    socket.on("data", (chunk: string) => {
      bytes += chunk
      const answer = answerIn(bytes)
      if (answer === undefined) return
      bytes = ""
      waiter?.resolve(answer)
    })
    socket.on("connect", () =>
      resolve({
        send: (request) =>
          new Promise((answered, failed) => {
            waiter = { resolve: answered, reject: failed }
            socket.write(request)
          }),
        end: () => {
          socket.destroy()
        }
      })
    )
  })

/** The text of a request. */
export const requestText = (
  method: "GET" | "POST",
  path: string,
  headers: Readonly<Record<string, string>>,
  body = ""
): string => {
  const all = { host: "127.0.0.1", ...headers, ...(body === "" ? {} : { "content-length": String(body.length) }) }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${body}`
}
