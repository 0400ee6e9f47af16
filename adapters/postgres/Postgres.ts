/**
 * Connections to PostgreSQL 15 or newer. Each pool has a role of its own, opens its connections when they are first
 * needed and ends with the scope that it was opened in, after the queries it had begun.
 *
 * The driver can leave a query without an answer for ever when it is sent on a connection that has just broken, and the
 * connection then stays unusable. So a pool whose connection broke is replaced: its queries end within a second, and what
 * comes later goes to new connections.
 */
import { Context, Effect, Layer, type Scope } from "effect"
import postgres from "postgres"
import { isConnectionLost, isUnavailable, PostgresUnavailable, reasonOf, withoutValues } from "./Failure.ts"
import type { Row } from "./Fields.ts"

/** Where the database is and how much of it the bank takes. */
export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`, with the driver's own options such as `sslmode` as its query. */
  readonly url: string
  /** Begins the name that each connection shows in `pg_stat_activity`; `gophers-bank` by default. */
  readonly applicationName?: string
  /** How long one statement may run, unless the pool says otherwise; 30 seconds by default. */
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
  readonly statementTimeoutMs?: number
  /** How long the end of the pool waits for queries that are under way; 5 seconds by default. */
  readonly endTimeoutMs?: number
  /** Settings of PostgreSQL for these connections, for instance `{ jit: "off" }`. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>
}

/** A parameter of a statement; arrays go as literals (`Columns.ts`). */
export type Parameter = string | number | bigint | boolean | null

/** A pool of connections. Failures that say nothing against a statement are `PostgresUnavailable`, others defects. */
export interface Pool {
  /** Runs one statement, so one transaction; it is prepared once on each connection. 64-bit integers come as `bigint`. */
  readonly query: (
    text: string,
    parameters?: ReadonlyArray<Parameter>
  ) => Effect.Effect<ReadonlyArray<Row>, PostgresUnavailable>
  /**
   * Runs one statement without parameters, sent as one message. That of `query` comes in several, and where the last is
   * lost on its way the server keeps the statement's locks until it learns that the connection is gone.
   */
  readonly statement: (text: string) => Effect.Effect<ReadonlyArray<Row>, PostgresUnavailable>
  /** Runs any number of statements without parameters in one transaction and one round trip, sent as one message. */
  readonly script: (text: string) => Effect.Effect<void, PostgresUnavailable>
}

/** The bank's database: opens pools of connections to it. */
export class Postgres extends Context.Service<
  Postgres,
  { readonly pool: (options: PoolOptions) => Effect.Effect<Pool, never, Scope.Scope> }
>()("bank/adapters/postgres/Postgres") {}

/** How long the queries of a pool that is replaced have to end, unless the pool's own time is shorter. */
const replacedTimeoutMs = 1000

/** The server ends a statement that takes too long; where not even that is heard of after this, the connection is lost. */
const silenceMaxMs = 5000

/**
 * The server looks after each connection, too: one whose client is gone it gives up within half a minute, with every lock
 * that a statement cut off on its way has taken. Without this it takes hours.
 */
const watched = {
  tcp_keepalives_idle: 10,
  tcp_keepalives_interval: 5,
  tcp_keepalives_count: 3,
  tcp_user_timeout: 30_000
} as const

type Sql = postgres.Sql<{ readonly bigint: bigint }>

const open = (options: PostgresOptions, pool: PoolOptions, statementTimeoutMs: number): Sql =>
  postgres(options.url, {
    max: pool.connectionsMax,
    connect_timeout: (options.connectTimeoutMs ?? 10_000) / 1000,
    // Array parameters are sent as literals, so that the types need not be asked for with each new connection.
    fetch_types: false,
    // A connection that ends by age would look to the ledger's writer like one that was lost.
    max_lifetime: null,
    types: { bigint: postgres.BigInt },
    onnotice: () => {},
    connection: {
      application_name: `${options.applicationName ?? "gophers-bank"} ${pool.name}`,
      statement_timeout: statementTimeoutMs,
      ...watched,
      TimeZone: "UTC",
      ...(pool.role === undefined ? {} : { role: pool.role }),
      ...pool.settings
    }
  })

const lease = (options: PostgresOptions, pool: PoolOptions) => {
  const timeoutMs = pool.statementTimeoutMs ?? options.statementTimeoutMs ?? 30_000
  const patienceMs = timeoutMs + Math.min(timeoutMs, silenceMaxMs)
  const endTimeoutMs = pool.endTimeoutMs ?? 5000
  const ending = new Set<Promise<void>>()
  let current = open(options, pool, timeoutMs)

  const end = (sql: Sql, waitMs: number): Promise<void> => {
    const ended = sql.end({ timeout: waitMs / 1000 }).finally(() => ending.delete(ended))
    ending.add(ended)
    return ended
  }

  const replace = (sql: Sql): void => {
    if (sql !== current) return
    current = open(options, pool, timeoutMs)
    void end(sql, Math.min(replacedTimeoutMs, endTimeoutMs))
  }

  const run = <A>(work: (sql: Sql) => PromiseLike<A>): Effect.Effect<A, PostgresUnavailable> =>
    Effect.suspend(() => {
      const sql = current
      const failed = (cause: unknown) => {
        if (isConnectionLost(cause)) replace(sql)
        return isUnavailable(cause)
          ? Effect.fail(new PostgresUnavailable({ reason: reasonOf(cause) }))
          : Effect.die(withoutValues(cause))
      }
      const silent = () => {
        replace(sql)
        return Effect.fail(new PostgresUnavailable({ reason: `no answer within ${patienceMs} ms` }))
      }
      const answered = Effect.tryPromise({ try: () => work(sql), catch: (cause) => cause })
      return Effect.catch(answered, failed).pipe((answer) =>
        timeoutMs === 0 ? answer : Effect.timeoutOrElse(answer, { duration: patienceMs, orElse: silent })
      )
    })

  return {
    query: (text: string, parameters: ReadonlyArray<Parameter> = []) =>
      run((sql) => sql.unsafe<Array<Row>>(text, [...parameters], { prepare: true })),
    statement: (text: string) => run((sql) => sql.unsafe<Array<Row>>(text).simple()),
    script: (text: string) => Effect.asVoid(run((sql) => sql.unsafe(text).simple())),
    end: () => Promise.all([end(current, endTimeoutMs), ...ending])
  }
}

/** Opens pools on the database of a URL. Nothing is connected to before the first query. */
export const layer = (options: PostgresOptions): Layer.Layer<Postgres> =>
  Layer.succeed(
    Postgres,
    Postgres.of({
      pool: (pool) =>
        Effect.acquireRelease(
          Effect.sync(() => lease(options, pool)),
          ({ end }) => Effect.promise(end)
        )
    })
  )
