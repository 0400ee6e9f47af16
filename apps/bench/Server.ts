/** The PostgreSQL under test, as its own settings and counters describe it. */
import { availableParallelism } from "node:os"
import postgres from "postgres"
import { postgresMicros, postmasterOf } from "./Cpu.ts"

export type Row = Readonly<Record<string, string>>

/** What a figure depends on and the server says of itself. */
export interface ServerFacts {
  readonly version: string
  readonly settings: Row
  readonly cores: number
}

export interface Server {
  readonly facts: ServerFacts
  /** Bytes of WAL that the whole server has written so far. */
  readonly walBytes: () => Promise<number>
  /** CPU time of all processes of the server so far, in microseconds; undefined where it does not run in sight. */
  readonly cpuMicros: () => number | undefined
  /** Commits in other databases of this server so far. */
  readonly otherCommits: () => Promise<number>
  /** Begins a checkpoint and waits for it. Answers false where the user may not. */
  readonly checkpoint: () => Promise<boolean>
  /** Runs a statement without parameters. Every column of its rows is text. */
  readonly run: (statement: string) => Promise<ReadonlyArray<Row>>
  readonly end: () => Promise<void>
}

/** Without these a commit may be lost that was acknowledged, and a figure means nothing. */
const durable = ["fsync", "synchronous_commit", "full_page_writes"]
const described = ["wal_level", "wal_sync_method", "shared_buffers", "max_wal_size", "max_connections"]

/** `insufficient_privilege`, PostgreSQL appendix A. */
const isForbidden = (cause: unknown): boolean => cause instanceof postgres.PostgresError && cause.code === "42501"

/** Opens one connection for what is between the measurements. Throws unless the server's settings are durable. */
export const openServer = async (url: string): Promise<Server> => {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  const textOf = async (statement: string): Promise<string> => {
    const [row] = await sql.unsafe<Array<Row>>(statement)
    return row?.value ?? ""
  }
  const settings: Record<string, string> = {}
  for (const name of [...durable, ...described])
    settings[name] = await textOf(`select current_setting('${name}') value`)
  const weak = durable.filter((name) => settings[name] !== "on")
  if (weak.length > 0) {
    await sql.end()
    throw new Error(`This PostgreSQL is not durable, nothing is measured: ${weak.join(", ")} must be on`)
  }
  const postmaster = postmasterOf(Number(await textOf("select pg_backend_pid()::text value")))
  return {
    facts: { version: await textOf("select version() value"), settings, cores: availableParallelism() },
    walBytes: async () => Number(await textOf("select (pg_current_wal_lsn() - '0/0')::text value")),
    cpuMicros: () => (postmaster === undefined ? undefined : postgresMicros(postmaster)),
    otherCommits: async () =>
      Number(
        await textOf("select sum(xact_commit)::text value from pg_stat_database where datname <> current_database()")
      ),
    checkpoint: async () => {
      try {
        await sql`checkpoint`
        return true
      } catch (cause) {
        if (isForbidden(cause)) return false
        throw cause
      }
    },
    run: (statement) => sql.unsafe<Array<Row>>(statement),
    end: () => sql.end()
  }
}
