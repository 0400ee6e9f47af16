/**
 * Connections to PostgreSQL 15 or newer. Each pool has a role of its own, opens its connections when they are first
 * needed and ends with the scope that it was opened in, after the queries it had begun.
 *
 * The driver can leave a query without an answer for ever when it is sent on a connection that has just broken, and the
 * connection then stays unusable. So a pool whose connection broke is replaced: its queries end within a second, and what
 * comes later goes to new connections.
 *
 * A channel is one connection for a stream of scripts with data of copies (`Channel.ts`).
 */
import { Context, Effect, Layer, type Scope } from "effect"
import postgres from "postgres"
import { type Channel, openChannel } from "./Channel.ts"
import { type ConnectionOptions, driverOptions, type PostgresOptions, patienceMsOf, timeoutMsOf } from "./Driver.ts"
import { failureOf, isConnectionLost, PostgresUnavailable } from "./Failure.ts"
import type { Row } from "./Fields.ts"

export type { Channel } from "./Channel.ts"
export type { ConnectionOptions, PostgresOptions } from "./Driver.ts"

/** One pool: what it is for, as which role, and with how many connections at most. */
export interface PoolOptions extends ConnectionOptions {
  readonly connectionsMax: number
  /** How long the end of the pool waits for queries that are under way; 5 seconds by default. */
  readonly endTimeoutMs?: number
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

/** The bank's database: opens pools of connections to it, and channels. */
export class Postgres extends Context.Service<
  Postgres,
  {
    readonly pool: (options: PoolOptions) => Effect.Effect<Pool, never, Scope.Scope>
    /** Opens a channel at once. Where its connection is lost the channel stays lost: open another. */
    readonly channel: (options: ConnectionOptions) => Effect.Effect<Channel, PostgresUnavailable, Scope.Scope>
  }
>()("bank/adapters/postgres/Postgres") {}

/** How long the queries of a pool that is replaced have to end, unless the pool's own time is shorter. */
const replacedTimeoutMs = 1000

type Sql = postgres.Sql<{ readonly bigint: bigint }>

const open = (options: PostgresOptions, pool: PoolOptions): Sql =>
  postgres(options.url, { ...driverOptions(options, pool), max: pool.connectionsMax })

const lease = (options: PostgresOptions, pool: PoolOptions) => {
  const timeoutMs = timeoutMsOf(options, pool)
  const patienceMs = patienceMsOf(timeoutMs)
  const endTimeoutMs = pool.endTimeoutMs ?? 5000
  const ending = new Set<Promise<void>>()
  let current = open(options, pool)

  const end = (sql: Sql, waitMs: number): Promise<void> => {
    const ended = sql.end({ timeout: waitMs / 1000 }).finally(() => ending.delete(ended))
    ending.add(ended)
    return ended
  }

  const replace = (sql: Sql): void => {
    if (sql !== current) return
    current = open(options, pool)
    void end(sql, Math.min(replacedTimeoutMs, endTimeoutMs))
  }

  const run = <A>(work: (sql: Sql) => PromiseLike<A>): Effect.Effect<A, PostgresUnavailable> =>
    Effect.suspend(() => {
      const sql = current
      const failed = (cause: unknown) => {
        if (isConnectionLost(cause)) replace(sql)
        return failureOf(cause)
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

/** Opens pools and channels on the database of a URL. A pool connects to nothing before its first query. */
export const layer = (options: PostgresOptions): Layer.Layer<Postgres> =>
  Layer.succeed(
    Postgres,
    Postgres.of({
      pool: (pool) =>
        Effect.acquireRelease(
          Effect.sync(() => lease(options, pool)),
          ({ end }) => Effect.promise(end)
        ),
      channel: (channel) => openChannel(options, channel)
    })
  )
