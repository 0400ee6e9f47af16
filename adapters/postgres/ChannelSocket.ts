/**
 * The socket of a channel: connected and, where the URL wants it, encrypted by us, so that it is ours when the driver is
 * done; authenticated and set up by the driver.
 *
 * Round trips: the connection; with TLS one to ask for it and those of its handshake; authentication; one empty query.
 */
import { connect, isIP, type Socket } from "node:net"
import { type ConnectionOptions as TlsOptions, connect as tlsConnect } from "node:tls"
import { Effect } from "effect"
import postgres from "postgres"
import { tlsRequest } from "./ChannelMessages.ts"
import { type ConnectionOptions, connectTimeoutMsOf, driverOptions, type PostgresOptions } from "./Driver.ts"
import { failureOf, PostgresUnavailable, sqlStateOf } from "./Failure.ts"

/** What the driver reads from the URL and the environment. `sslnegotiation` is missing from its types. */
type Parsed = postgres.ParsedOptions & { readonly sslnegotiation?: string | null }

interface Place {
  readonly host: string
  readonly port: number
  /** Of a socket in the file system, which goes before host and port. */
  readonly path: string | undefined
}

const placesOf = ({ host, port, path }: Parsed): ReadonlyArray<Place> =>
  host.map((name, index) => ({ host: name, port: port[index] ?? 5432, path: path || undefined }))

/** A failure of the connection, told apart by its code as those of the driver and the system are. */
const connectionError = (code: string, message: string): Error => Object.assign(new Error(message), { code })

const closedEarly = () => connectionError("CONNECTION_CLOSED", "the server closed the connection while it was made")

/** Waits for an event of the socket; its end or failure is the failure. The socket is left with no listener of this. */
const heard = <A>(
  socket: Socket,
  event: string,
  read: (value: unknown) => Effect.Effect<A, unknown>
): Effect.Effect<A, unknown> =>
  Effect.callback((resume) => {
    const settle = (answer: Effect.Effect<A, unknown>): void => {
      socket.off(event, happened).off("error", failed).off("close", closed)
      resume(answer)
    }
    const happened = (value: unknown) => settle(read(value))
    const failed = (cause: unknown) => settle(Effect.fail(cause))
    const closed = () => settle(Effect.fail(closedEarly()))
    socket.on(event, happened).on("error", failed).on("close", closed)
  })

/** Begins to connect. A failure that comes between two steps of the opening is found by the next. */
const dialled = ({ host, port, path }: Place): Socket => {
  const socket = path === undefined ? connect(port, host) : connect(path)
  return socket.setNoDelay(true).on("error", () => {})
}

const [yes, no] = [0x53, 0x4e]

/** Asks for TLS. More than one byte would be what somebody between put before the encryption. */
const offersTls = (socket: Socket): Effect.Effect<boolean, unknown> => {
  const answered = heard(socket, "data", (reply) =>
    Buffer.isBuffer(reply) && reply.length === 1 && (reply[0] === yes || reply[0] === no)
      ? Effect.succeed(reply[0] === yes)
      : Effect.fail(connectionError("ERR_TLS_REQUEST", "the server answers no request for TLS"))
  )
  return Effect.suspend(() => {
    socket.write(tlsRequest)
    return answered
  })
}

/** As the driver understands `ssl`: `require`, `allow` and `prefer` encrypt and do not look who answers. */
const tlsOptions = ({ ssl, sslnegotiation }: Parsed, { host }: Place): TlsOptions => ({
  ...(isIP(host) === 0 ? { servername: host } : {}),
  ...(sslnegotiation === "direct" ? { ALPNProtocols: ["postgresql"] } : {}),
  ...(ssl === "require" || ssl === "allow" || ssl === "prefer" ? { rejectUnauthorized: false } : {}),
  ...(typeof ssl === "object" ? ssl : {})
})

const secured = (socket: Socket, parsed: Parsed, place: Place): Effect.Effect<Socket, unknown> =>
  Effect.gen(function* () {
    if (!parsed.ssl) return socket
    if (parsed.sslnegotiation !== "direct" && !(yield* offersTls(socket))) {
      if (parsed.ssl === "prefer") return socket
      return yield* Effect.fail(connectionError("ERR_TLS_REQUEST", "the server has no TLS"))
    }
    const secure = tlsConnect({ socket, ...tlsOptions(parsed, place) })
    secure.on("error", () => {})
    return yield* heard(secure, "secureConnect", () => Effect.succeed(secure))
  })

/** Has the driver authenticate on the socket. It asks for a socket again when it has lost this one, and gets none. */
const authenticated = (
  options: PostgresOptions,
  connection: ConnectionOptions,
  socket: Socket,
  { host, port }: Place
): Effect.Effect<void, unknown> => {
  let isGiven = false
  const settings = {
    ...driverOptions(options, connection),
    max: 1,
    // The driver thinks the connection idle and would end it, where the URL says after how long.
    idle_timeout: 0,
    host,
    port,
    ssl: false,
    socket: () => {
      if (isGiven) throw closedEarly()
      isGiven = true
      return socket
    }
  }
  return Effect.tryPromise({
    try: () => postgres(options.url, settings).unsafe("").simple(),
    catch: (cause) => cause
  })
}

const openedAt = (options: PostgresOptions, connection: ConnectionOptions, parsed: Parsed, place: Place) =>
  Effect.suspend(() => {
    const plain = dialled(place)
    return Effect.gen(function* () {
      yield* heard(plain, "connect", () => Effect.void)
      const socket = yield* secured(plain, parsed, place)
      yield* authenticated(options, connection, socket, place)
      return socket
    }).pipe(Effect.onError(() => Effect.sync(() => void plain.destroy())))
  }).pipe(
    Effect.timeoutOrElse({
      duration: connectTimeoutMsOf(options),
      orElse: () => Effect.fail(connectionError("CONNECT_TIMEOUT", `no connection to ${place.path ?? place.host}`))
    })
  )

/**
 * Opens a connection to the first of the URL's hosts that answers, and hands its socket over once the server waits for a
 * query. The driver still listens to its data: the first listener of the new owner takes its place.
 */
export const openSocket = (
  options: PostgresOptions,
  connection: ConnectionOptions
): Effect.Effect<Socket, PostgresUnavailable> =>
  Effect.suspend(() => {
    const parsed: Parsed = postgres(options.url).options
    const [first, ...others] = placesOf(parsed)
    if (first === undefined) return Effect.fail(new PostgresUnavailable({ reason: "the URL names no host" }))
    const at = (place: Place) => openedAt(options, connection, parsed, place)
    const opened = others.reduce(
      (opening, place) =>
        Effect.catch(opening, (cause) => (sqlStateOf(cause) === undefined ? at(place) : Effect.fail(cause))),
      at(first)
    )
    return Effect.catch(opened, failureOf)
  })
