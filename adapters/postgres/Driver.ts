/** How the driver is told to connect, which is the same for pools and for a channel. */
import postgres from "postgres"

/** Where the database is and how much of it the bank takes. */
export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`, with the driver's own options such as `sslmode` as its query. */
  readonly url: string
  /** Begins the name that each connection shows in `pg_stat_activity`; `gophers-bank` by default. */
  readonly applicationName?: string
  /** How long one statement may run, unless the connection says otherwise; 30 seconds by default. */
  readonly statementTimeoutMs?: number
  /** How long the making of one connection may take; 10 seconds by default. */
  readonly connectTimeoutMs?: number
}

/** What a connection is for, and as which role. */
export interface ConnectionOptions {
  readonly name: string
  /** The role that its statements run as; without one it is the user of the URL. */
  readonly role?: string
  readonly statementTimeoutMs?: number
  /** Settings of PostgreSQL for the connection, for instance `{ jit: "off" }`. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>
}

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

/** How long a statement may run, in milliseconds; 0 is for ever. */
export const timeoutMsOf = (options: PostgresOptions, connection: ConnectionOptions): number =>
  connection.statementTimeoutMs ?? options.statementTimeoutMs ?? 30_000

/** How long an answer is waited for, in milliseconds, where the statement may run so long. */
export const patienceMsOf = (timeoutMs: number): number => timeoutMs + Math.min(timeoutMs, silenceMaxMs)

export const connectTimeoutMsOf = (options: PostgresOptions): number => options.connectTimeoutMs ?? 10_000

/** The driver's own options, all but how many connections there are. */
export const driverOptions = (options: PostgresOptions, connection: ConnectionOptions) => ({
  connect_timeout: connectTimeoutMsOf(options) / 1000,
  // Array parameters are sent as literals, so that the types need not be asked for with each new connection.
  fetch_types: false,
  // A connection that ends by age would look to the ledger's writer like one that was lost.
  max_lifetime: null,
  types: { bigint: postgres.BigInt },
  onnotice: () => {},
  connection: {
    application_name: `${options.applicationName ?? "gophers-bank"} ${connection.name}`,
    statement_timeout: timeoutMsOf(options, connection),
    ...watched,
    TimeZone: "UTC",
    ...(connection.role === undefined ? {} : { role: connection.role }),
    ...connection.settings
  }
})
