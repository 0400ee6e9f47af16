import { spawn } from "node:child_process"
import { once } from "node:events"
import { connect, createServer } from "node:net"
import { tmpdir } from "node:os"
import { installPackage } from "./debian.ts"
import { startContainer } from "./docker.ts"
import { type Candidate, firstOf, found, type Service } from "./Service.ts"

const localUrl = "redis://127.0.0.1:6379"
const answerMs = 2000
const startMs = 10_000

/** Throws unless a Redis answers PING at the URL; a URL's password is sent first. */
const ping = (url: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const { hostname, password, port, username } = new URL(url)
    const socket = connect({ host: hostname, port: Number(port || 6379) })
    const login = password
      ? `AUTH ${username ? `${decodeURIComponent(username)} ` : ""}${decodeURIComponent(password)}\r\n`
      : ""
    let answer = ""
    const end = (error?: Error) => {
      socket.destroy()
      if (error) reject(error)
      else resolve()
    }
    socket.setTimeout(answerMs, () => end(new Error(`no answer within ${answerMs} ms`)))
    socket.on("error", end)
    socket.on("connect", () => socket.write(`${login}PING\r\n`))
    socket.on("data", (bytes) => {
      answer += bytes.toString("latin1")
      const refusal = /^-(.*)\r\n/mu.exec(answer)
      if (refusal) end(new Error(`it says "${refusal[1]}"`))
      else if (answer.includes("+PONG\r\n")) end()
    })
  })

const fromEnvironment = async () => {
  const name = process.env.TEST_REDIS_URL ? "TEST_REDIS_URL" : "REDIS_URL"
  const url = process.env[name]
  if (!url) return "REDIS_URL is not set"
  await ping(url).catch((cause) => {
    throw new Error(`The Redis that ${name} names cannot be used: ${cause.message || cause.code}`)
  })
  return found(url)
}

const fromLocal = async () => {
  await ping(localUrl)
  return found(localUrl)
}

const fromDocker = () =>
  startContainer({
    image: "redis:7",
    port: 6379,
    environment: {},
    ready: [/Ready to accept connections/u, 1],
    url: (host, port) => `redis://${host}:${port}`
  })

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  await once(server, "close")
  if (typeof address !== "object" || address === null) throw new Error("the system gave no port")
  return address.port
}

/** Starts redis-server from the PATH on a free port, keeping nothing on disk. */
const fromProgram = async () => {
  const port = await freePort()
  const url = `redis://127.0.0.1:${port}`
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", tmpdir()]
  const server = spawn("redis-server", args, { stdio: "ignore" })
  let ended: string | undefined
  const end = new Promise<void>((resolve) => {
    server.once("error", () => {
      ended = "redis-server is not on the PATH"
      resolve()
    })
    server.once("exit", (code) => {
      ended = `redis-server ended with ${code}`
      resolve()
    })
  })
  // Redis is a child that nothing waits for: the tests may end while it runs.
  server.unref()
  const stopNow = () => void server.kill("SIGTERM")
  for (let waitedMs = 0; waitedMs < startMs; waitedMs += 20) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    if (ended !== undefined) return ended
    const answers = await ping(url).then(
      () => true,
      () => false
    )
    if (answers) {
      const stop = async () => {
        stopNow()
        await end
      }
      return { url, stop, stopNow }
    }
  }
  stopNow()
  return `redis-server did not answer within ${startMs} ms`
}

/** Installs the distribution's redis-server and starts it. */
const fromPackage = async () => installPackage("redis-server") ?? fromProgram()

const candidates: ReadonlyArray<Candidate> = [
  { source: "environment", find: fromEnvironment },
  { source: "local", find: fromLocal },
  { source: "docker", find: fromDocker },
  { source: "embedded", find: fromProgram },
  { source: "package", find: fromPackage }
]

/** Finds or starts a Redis. Throws an error that says what to do. */
export const findRedis = (): Promise<Service> =>
  firstOf("Redis", candidates, "Set REDIS_URL to one, or install redis-server so that it is on the PATH.")
