/**
 * Connections to PostgreSQL 15 or newer. Each pool has a role of its own, opens its connections when they are first
 * needed and ends with the scope that it was opened in, after the queries it had begun.
 */
import { Context, Effect, Layer, type Scope } from "effect"
import postgres from "postgres"

/** A pool as the driver has it; `bigint` columns come as `bigint`. */
export type Sql = postgres.Sql<{ readonly bigint: bigint }>

/** Where the database is and how much of it the bank takes. */
export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`, with the driver's own options such as `sslmode` as its query. */
  readonly url: string
  /** Begins the name that each connection shows in `pg_stat_activity`; `gophers-bank` by default. */
  readonly applicationName?: string
  /** How long one statement may run; 30 seconds by default. */
  readonly statementTimeoutMs?: number
  /** How long the making of one connection may take; 10 seconds by default. */
  readonly connectTimeoutMs?: number
}

/** One pool: what it is for, as which role, and with how many connections at most. */
export interface PoolOptions {
  readonly name: string
  /** The role that its statements run as; without one it is the user of the URL. */
  readonly role?: string
  readonly connectionsMax: number
  /** Settings of PostgreSQL for these connections, for instance `{ jit: "off" }`. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>
}

/** The bank's database: opens pools of connections to it. */
export class Postgres extends Context.Service<
  Postgres,
  { readonly pool: (options: PoolOptions) => Effect.Effect<Sql, never, Scope.Scope> }
>()("bank/adapters/postgres/Postgres") {}

/** How long the end of a pool waits for queries that are under way. */
const endTimeoutSeconds = 5

const open = (options: PostgresOptions, pool: PoolOptions): Sql => {
  const { applicationName = "gophers-bank", statementTimeoutMs = 30_000, connectTimeoutMs = 10_000 } = options
  return postgres(options.url, {
    max: pool.connectionsMax,
    connect_timeout: connectTimeoutMs / 1000,
    // Array parameters are sent as literals, so that the types need not be asked for with each new connection.
    fetch_types: false,
    // A connection that ends by age would look to the ledger's writer like one that was lost.
    max_lifetime: null,
    types: { bigint: postgres.BigInt },
    onnotice: () => {},
    connection: {
      application_name: `${applicationName} ${pool.name}`,
      statement_timeout: statementTimeoutMs,
      idle_in_transaction_session_timeout: statementTimeoutMs,
      TimeZone: "UTC",
      ...(pool.role === undefined ? {} : { role: pool.role }),
      ...pool.settings
    }
  })
}

/** Opens pools on the database of a URL. Nothing is connected to before the first query. */
export const layer = (options: PostgresOptions): Layer.Layer<Postgres> =>
  Layer.succeed(
    Postgres,
    Postgres.of({
      pool: (pool) =>
        Effect.acquireRelease(
          Effect.sync(() => open(options, pool)),
          (sql) => Effect.promise(() => sql.end({ timeout: endTimeoutSeconds }))
        )
    })
  )
