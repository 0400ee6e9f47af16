import { dirname } from "node:path"
import { fileURLToPath } from "node:url"
import { Effect, Exit, Scope } from "effect"
import postgres from "postgres"
import { defaultDataDir, type StartError, start } from "../../adapters/embedded-postgres/index.ts"
import { startContainer } from "./docker.ts"
import { type Candidate, firstOf, found, type Service } from "./Service.ts"

/** The oldest PostgreSQL that the bank's migrations are written for. */
const majorMin = 15
/** Bound on test runs of one project at the same time that each start a cluster of their own. */
const clustersMax = 8

const projectDir = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

const localUrl = "postgres://postgres@127.0.0.1:5432/postgres"

/** Opens a connection for the time that `body` takes. */
const withConnection = async <A>(url: string, body: (sql: postgres.Sql) => Promise<A>): Promise<A> => {
  const sql = postgres(url, { max: 1, connect_timeout: 5, onnotice: () => {} })
  try {
    return await body(sql)
  } finally {
    await sql.end({ timeout: 1 })
  }
}

/** Throws unless the server answers, is new enough and lets us make databases. */
const examine = (url: string): Promise<void> =>
  withConnection(url, async (sql) => {
    const [row] = await sql`
      select current_setting('server_version_num')::int / 10000 as major,
             (select rolcreatedb or rolsuper from pg_roles where rolname = current_user) as may`
    if (row?.major < majorMin) throw new Error(`it is PostgreSQL ${row?.major}, older than ${majorMin}`)
    if (row?.may !== true) throw new Error("its user may not create databases")
  })

const fromEnvironment = async () => {
  const name = process.env.TEST_DATABASE_URL ? "TEST_DATABASE_URL" : "DATABASE_URL"
  const url = process.env[name]
  if (!url) return "DATABASE_URL is not set"
  await examine(url).catch((cause) => {
    throw new Error(`The PostgreSQL that ${name} names cannot be used: ${cause.message || cause.code}`)
  })
  return found(url)
}

const fromLocal = async () => {
  await examine(localUrl)
  return found(localUrl)
}

const fromDocker = () =>
  startContainer({
    image: "postgres:18",
    port: 5432,
    environment: { POSTGRES_PASSWORD: "postgres" },
    // The image starts the server twice: once to set it up.
    ready: [/database system is ready to accept connections/u, 2],
    url: (host, port) => `postgres://postgres:postgres@${host}:${port}/postgres`
  })

/** Databases of a run that was killed; the cluster is ours alone, so nobody uses them. */
const dropLeftovers = (url: string): Promise<void> =>
  withConnection(url, async (sql) => {
    const left = await sql<Array<{ datname: string }>>`select datname from pg_database where datname like 'test\\_%'`
    for (const { datname } of left) await sql`drop database if exists ${sql(datname)} with (force)`
  })

/**
 * A cluster in node_modules' PostgreSQL, kept between runs because making one is the slow part. Runs of the same project
 * at the same time have one each; one left behind by a killed run is taken over by the next.
 */
const fromEmbedded = async () => {
  let failure: StartError | undefined
  for (let n = 1; n <= clustersMax; n++) {
    const scope = Scope.makeUnsafe()
    const options = { dataDir: `${defaultDataDir(projectDir)}-test-${n}`, settings: { max_connections: "200" } }
    const result = await Effect.runPromise(Effect.result(Effect.provideService(start(options), Scope.Scope, scope)))
    if (result._tag === "Success") {
      const { pid, url } = result.success
      await dropLeftovers(url)
      return {
        url,
        stop: () => Effect.runPromise(Scope.close(scope, Exit.void)),
        // SIGINT asks PostgreSQL for a fast shutdown, which it completes without us.
        stopNow: () => void process.kill(pid, "SIGINT")
      }
    }
    await Effect.runPromise(Scope.close(scope, Exit.void))
    failure = result.failure
    if (failure._tag !== "DataDirInUse") break
  }
  return failure?.message ?? "it did not start"
}

const candidates: ReadonlyArray<Candidate> = [
  { source: "environment", find: fromEnvironment },
  { source: "local", find: fromLocal },
  { source: "docker", find: fromDocker },
  { source: "embedded", find: fromEmbedded }
]

/** Finds or starts a PostgreSQL in which databases can be made. Throws an error that says what to do. */
export const findPostgres = (): Promise<Service> =>
  firstOf(
    "PostgreSQL",
    candidates,
    "Set DATABASE_URL to one (version 15 or later) whose user may create databases, or reinstall the dependencies to have the embedded one."
  )
