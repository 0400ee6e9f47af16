import { realpath } from "node:fs/promises"
import { join } from "node:path"
import { Context, Effect, Layer, Schema, type Scope } from "effect"
import postgres from "postgres"
import * as BankLock from "./BankLock.ts"
import * as Binaries from "./Binaries.ts"
import * as Cluster from "./Cluster.ts"
import * as DataDir from "./DataDir.ts"
import { type StartError, StartFailed } from "./errors.ts"
import { isSignallable } from "./ProcessIdentity.ts"
import * as Server from "./Server.ts"
import * as ServerAccount from "./ServerAccount.ts"

/** What may be said about an embedded PostgreSQL; only the data directory must be. */
export interface Options {
  /** Where everything is kept; made when missing. One bank at a time may use it. See `DataDir.defaultDataDir`. */
  readonly dataDir: string
  /** The database in the URL, made when missing: letters, digits and underscores. Default "bank". */
  readonly database?: string
  /** The TCP port on 127.0.0.1. Default: the port of the last start, else one that the system chooses. */
  readonly port?: number
  /** Further settings of PostgreSQL, such as `{ shared_buffers: "512MB" }`; durability cannot be switched off. */
  readonly settings?: Readonly<Record<string, string>>
  /** When the bank is root: the user that runs PostgreSQL. Default: the cluster's owner, else `postgres`, `nobody`. */
  readonly account?: string
  /** The package directory that holds `native/bin`. Default: the one that npm installed for this platform. */
  readonly binariesDir?: string
  /** Where the programs are copied when they cannot run where they lie. Default: /var/lib/gophers-bank or `dataDir`. */
  readonly copiesDir?: string
}

/** A running PostgreSQL. */
export interface Running {
  /** `postgres://postgres:PASSWORD@127.0.0.1:PORT/DATABASE`: a superuser's, so for the bank's own eyes. */
  readonly url: string
  readonly port: number
  readonly database: string
  readonly dataDir: string
  /** The server's process id at the start; another after it had to be started again. */
  readonly pid: number
  /** PostgreSQL's version, e.g. "18.4". */
  readonly version: string
  /** True when it was found running, left behind by a bank that was killed. */
  readonly adopted: boolean
}

const watchMs = 250

const Identity = Schema.Tuple([Schema.Struct({ directory: Schema.String, version: Schema.String })])

/** Connects as the superuser, proves that the server is this cluster's, and makes the database when it is missing. */
const greet = (options: {
  readonly paths: DataDir.Layout
  readonly port: number
  readonly password: string
  readonly database: string
}): Effect.Effect<string, StartFailed> => {
  const { database, password, paths, port } = options
  const { dataDir } = paths
  const connect = Effect.sync(() =>
    postgres({
      host: "127.0.0.1",
      port,
      username: Cluster.superuser,
      password,
      database: "postgres",
      max: 1,
      ssl: false,
      prepare: false,
      fetch_types: false,
      connect_timeout: 10,
      onnotice: () => {}
    })
  )
  return Effect.acquireUseRelease(
    connect,
    (sql) =>
      Effect.tryPromise({
        try: async () => {
          const rows = await sql`
            select current_setting('data_directory') as directory, current_setting('server_version') as version`
          const [{ directory, version }] = Schema.decodeUnknownSync(Identity)([...rows])
          if ((await realpath(directory).catch(() => directory)) !== (await realpath(paths.cluster))) {
            throw new Error(`port ${port} answers for another cluster, ${directory}`)
          }
          const found = await sql`select from pg_database where datname = ${database}`
          if (found.length === 0) await sql`create database ${sql(database)}`
          return version
        },
        catch: (cause) => new StartFailed({ dataDir, detail: DataDir.reason(cause) })
      }),
    (sql) => Effect.promise(() => sql.end({ timeout: 1 }))
  )
}

/** Starts the server again on the same port when it ended by itself, e.g. killed for want of memory. */
const watch = (plan: Server.Plan, first: Server.Server): Effect.Effect<never> => {
  const again: Server.Plan = { ...plan, port: first.port }
  let { pid } = first
  const round = Effect.gen(function* () {
    yield* Effect.sleep(watchMs)
    if (isSignallable(pid)) return
    yield* Effect.logWarning(`PostgreSQL (process ${pid}) ended by itself and is started again`)
    const server = yield* Effect.uninterruptible(Server.launch(again))
    pid = server.pid
  })
  return Effect.forever(Effect.catch(round, (error) => Effect.logError(error.message)))
}

/**
 * Starts a real PostgreSQL in `dataDir` and stops it when the scope closes. A first start makes the cluster; a server
 * left behind by a bank that was killed is taken over; after a crash PostgreSQL recovers. While the scope is open the
 * data directory is locked against other banks, and a server that ends by itself is started again on its port.
 */
export const start: (options: Options) => Effect.Effect<Running, StartError, Scope.Scope> = Effect.fn(
  "EmbeddedPostgres.start"
)(function* (options: Options) {
  const paths = DataDir.layout(options.dataDir)
  const database = options.database ?? "bank"
  const account = yield* ServerAccount.resolve(paths.cluster, options.account)
  yield* DataDir.prepare(paths, account)
  yield* BankLock.hold(paths.dataDir)
  const binaries = yield* Binaries.ready({
    packageDir: options.binariesDir ?? (yield* Binaries.locate()),
    copiesDir: options.copiesDir ?? (account ? DataDir.systemDir : join(paths.dataDir, "programs")),
    account
  })
  const password = yield* Cluster.initialise({ paths, binaries, account })
  const plan: Server.Plan = { paths, binaries, account, port: options.port, settings: options.settings ?? {} }
  const server = yield* Effect.acquireRelease(Server.launch(plan), () => Server.stop(plan))
  const version = yield* greet({ paths, port: server.port, password, database })
  yield* Effect.forkScoped(watch(plan, server))
  const authority = `${Cluster.superuser}:${encodeURIComponent(password)}@127.0.0.1:${server.port}`
  return {
    url: `postgres://${authority}/${database}`,
    port: server.port,
    database,
    dataDir: paths.dataDir,
    pid: server.pid,
    version,
    adopted: server.adopted
  }
})

/** The embedded PostgreSQL as a service of the bank. */
export class EmbeddedPostgres extends Context.Service<EmbeddedPostgres, Running>()(
  "bank/adapters/embedded-postgres/EmbeddedPostgres"
) {}

/** Provides a PostgreSQL that runs as long as the layer. */
export const layer = (options: Options): Layer.Layer<EmbeddedPostgres, StartError> =>
  Layer.effect(EmbeddedPostgres, start(options))
