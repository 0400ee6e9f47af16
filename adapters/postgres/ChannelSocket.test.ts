import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { connect, createServer, type Server, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, test } from "node:test"
import { TLSSocket } from "node:tls"
import { Effect, Result } from "effect"
import { createDatabase } from "./fixture.ts"
import * as Postgres from "./Postgres.ts"

/** A key and a certificate that nobody vouches for, of `localhost`; undefined where there is no openssl. */
const selfSigned = (): { readonly key: Buffer; readonly cert: Buffer } | undefined => {
  const folder = mkdtempSync(join(tmpdir(), "channel-"))
  try {
    const [key, cert] = [join(folder, "key"), join(folder, "cert")]
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    const made = [
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-keyout",
      key,
      "-out",
      cert,
      ...subject
    ]
    if (spawnSync("openssl", made).status !== 0) return undefined
    return { key: readFileSync(key), cert: readFileSync(cert) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const certificate = selfSigned()
const tlsRequest = "0000000804d2162f"

const portOf = (server: Server): Promise<number> =>
  new Promise((resolve, reject) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      if (address === null || typeof address === "string") reject(new Error("no port"))
      else resolve(address.port)
    })
  })

/** What a server does that is asked for TLS. */
type Asked = (socket: Socket, database: URL) => void

const joined = (left: Socket, right: Socket): void => {
  left.pipe(right)
  right.pipe(left)
  for (const [one, other] of [
    [left, right],
    [right, left]
  ] as const)
    one.on("error", () => other.destroy()).on("close", () => other.destroy())
}

const databaseSocket = (database: URL): Socket => connect(Number(database.port || 5432), database.hostname)

const yes: Asked = (socket, database) => {
  socket.write("S")
  joined(new TLSSocket(socket, { isServer: true, ...certificate }), databaseSocket(database))
}

const no: Asked = (socket, database) => {
  socket.write("N")
  joined(socket, databaseSocket(database))
}

const injecting: Asked = (socket) => socket.write("SX")
const hangingUp: Asked = (socket) => socket.end()

describe("the socket of a channel", () => {
  let database: Awaited<ReturnType<typeof createDatabase>>
  before(async () => {
    database = await createDatabase()
  })
  after(() => database.drop())

  /** Why no channel could be opened at the URL, or that one worked. */
  const outcome = (url: string, connectTimeoutMs = 10_000): Promise<string> =>
    Effect.gen(function* () {
      const channel = yield* (yield* Postgres.Postgres).channel({ name: "channel" })
      yield* channel.script("select 1")
    }).pipe(
      Effect.scoped,
      Effect.provide(Postgres.layer({ url, connectTimeoutMs })),
      Effect.result,
      Effect.map(Result.match({ onSuccess: () => "worked", onFailure: ({ reason }) => reason })),
      Effect.runPromise
    )

  /** The same through a server that answers a request for TLS so; `asked` counts those. */
  const through = async (answer: Asked, host: string, query: string): Promise<{ outcome: string; asked: number }> => {
    let asked = 0
    const url = new URL(database.url)
    const server = createServer((socket) =>
      socket
        .on("error", () => {})
        .once("data", (first) => {
          if (first.toString("hex") !== tlsRequest) {
            const upstream = databaseSocket(new URL(database.url))
            upstream.write(first)
            return joined(socket, upstream)
          }
          asked += 1
          answer(socket, new URL(database.url))
        })
    )
    url.host = `${host}:${await portOf(server)}`
    url.search = query
    try {
      return { outcome: await outcome(url.href), asked }
    } finally {
      server.close()
    }
  }

  const encrypted = certificate === undefined ? "no openssl here" : false
  for (const mode of ["require", "allow", "prefer"])
    test(`is encrypted by sslmode=${mode}, whoever the server is`, { skip: encrypted }, async () => {
      assert.deepEqual(await through(yes, "localhost", `sslmode=${mode}`), { outcome: "worked", asked: 1 })
    })

  test("is not opened by sslmode=verify-full to a server that nobody vouches for", { skip: encrypted }, async () => {
    for (const host of ["localhost", "127.0.0.1"]) {
      const { outcome, asked } = await through(yes, host, "sslmode=verify-full")
      assert.match(outcome, /self.signed/iu)
      assert.equal(asked, 1)
    }
  })

  test("is plain by sslmode=disable and without any, and nothing is asked", async () => {
    for (const query of ["sslmode=disable", ""])
      assert.deepEqual(await through(yes, "127.0.0.1", query), { outcome: "worked", asked: 0 })
  })

  test("is plain by sslmode=prefer alone where the server has no TLS", async () => {
    assert.deepEqual(await through(no, "127.0.0.1", "sslmode=prefer"), { outcome: "worked", asked: 1 })
    for (const mode of ["require", "allow", "verify-full"])
      assert.deepEqual(await through(no, "127.0.0.1", `sslmode=${mode}`), {
        outcome: "ERR_TLS_REQUEST: the server has no TLS",
        asked: 1
      })
  })

  test("is not opened where something comes before the encryption, or nothing", async () => {
    for (const [answer, expected] of [
      [injecting, /answers no request for TLS/u],
      [hangingUp, /closed the connection/u]
    ] as const)
      assert.match((await through(answer, "127.0.0.1", "sslmode=require")).outcome, expected)
  })

  test("goes to the first of several hosts that answers", async () => {
    const closed = createServer()
    const port = await portOf(closed)
    await new Promise((resolve) => closed.close(resolve))
    const url = new URL(database.url)
    const real = `${url.hostname}:${url.port || 5432}`
    const at = (hosts: string): string => database.url.replace(url.host, hosts)
    assert.equal(await outcome(at(`127.0.0.1:${port},${real}`)), "worked")
    assert.equal(await outcome(at(`${real},127.0.0.1:${port}`)), "worked")
    assert.match(await outcome(at(`127.0.0.1:${port},127.0.0.1:${port}`)), /ECONNREFUSED/u)
  })

  test("is given up when a server takes the connection and says nothing", async () => {
    const mute = createServer((socket) => socket.on("error", () => {}).resume())
    const port = await portOf(mute)
    for (const query of ["", "?sslmode=require"]) {
      const told = await outcome(`postgres://nobody@127.0.0.1:${port}/nothing${query}`, 50)
      assert.match(told, /CONNECT_TIMEOUT/u)
    }
    mute.close()
  })

  test("is not ended by the driver, after however short a time", async () => {
    const idle = Effect.gen(function* () {
      const channel = yield* (yield* Postgres.Postgres).channel({ name: "channel" })
      yield* channel.script("select pg_sleep(0.1)")
      yield* channel.script("select 1")
    }).pipe(Effect.scoped, Effect.provide(Postgres.layer({ url: `${database.url}?idle_timeout=0.01` })))
    await Effect.runPromise(idle)
  })

  test("is refused by the server with its reason", async () => {
    const url = new URL(database.url)
    url.pathname = "/no_such_database"
    assert.match(await outcome(url.href), /^3D000: /u)
  })

  const folder = "/var/run/postgresql"
  const local = existsSync(join(folder, ".s.PGSQL.5432")) ? false : "no server listens in the file system here"
  test("is that of the file system which the environment names, where the URL has no host", {
    skip: local
  }, async () => {
    const before = process.env.PGHOST
    process.env.PGHOST = folder
    try {
      const told = await outcome("postgres:///postgres?user=no_such_role")
      // Whether the server lets anybody in there or not, it is the server that says so.
      assert.match(told, /^28/u)
    } finally {
      if (before === undefined) delete process.env.PGHOST
      else process.env.PGHOST = before
    }
  })
})
