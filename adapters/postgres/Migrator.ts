/**
 * Brings a database to the schema of this version: forward only, one transaction for each migration.
 *
 * Phases: (1) make the record of migrations if it is not there; (2) read it, and refuse what this version does not know;
 * (3) record and run the next migration; again from (2) until none is left. A round trip and a transaction each. (1) and
 * (3) begin with an advisory lock, which the transaction holds, so that processes that start together take turns and a
 * crash frees it; one that comes second finds its migration recorded and begins again with (2).
 */
import { createHash } from "node:crypto"
import { readdir, readFile } from "node:fs/promises"
import { Cause, Effect, Layer, Schema } from "effect"
import { reasonOf, sqlStateOf } from "./Failure.ts"
import { textOf } from "./Fields.ts"
import { type Pool, Postgres } from "./Postgres.ts"

/** The database has a migration that this version does not: it was used by a newer one. Start that version. */
export class MigrationUnknown extends Schema.TaggedError<MigrationUnknown>()("MigrationUnknown", {
  name: Schema.String
}) {}

/** A migration's text is not what was run on this database. Restore the file, and correct by a new migration. */
export class MigrationEdited extends Schema.TaggedError<MigrationEdited>()("MigrationEdited", {
  name: Schema.String,
  expected: Schema.String,
  actual: Schema.String
}) {}

/** A migration that was not run has a lower number than one that was. Give it the next number. */
export class MigrationOutOfOrder extends Schema.TaggedError<MigrationOutOfOrder>()("MigrationOutOfOrder", {
  name: Schema.String,
  after: Schema.String
}) {}

/** A migration, or the access to the database, failed; nothing of that migration was kept. */
export class MigrationFailed extends Schema.TaggedError<MigrationFailed>()("MigrationFailed", {
  name: Schema.String,
  reason: Schema.String
}) {}

export type MigrationError = MigrationUnknown | MigrationEdited | MigrationOutOfOrder | MigrationFailed

/** A migration: `NNNN_name` and the SQL it runs. */
export interface Migration {
  readonly name: string
  readonly sql: string
}

/** Shared by every version of the bank, and by nothing else in its database: "bank" in ASCII. */
const lockKey = 0x62_61_6e_6b

const fileName = /^(\d{4}_[a-z0-9_]+)\.sql$/u

/** Digest of a migration, the same whatever line ends a checkout has. */
const checksumOf = (sql: string): string => createHash("sha256").update(sql.replaceAll("\r\n", "\n")).digest("hex")

const folder = new URL("./migrations/", import.meta.url)

/** The migrations of this version, in their order. They are found beside this file, wherever the process was started. */
export const migrations: Effect.Effect<ReadonlyArray<Migration>, MigrationFailed> = Effect.tryPromise({
  try: async () => {
    const names = (await readdir(folder)).flatMap((file) => fileName.exec(file)?.[1] ?? []).sort()
    return Promise.all(
      names.map(async (name) => ({ name, sql: await readFile(new URL(`${name}.sql`, folder), "utf8") }))
    )
  },
  catch: (cause) => new MigrationFailed({ name: "migrations", reason: reasonOf(cause) })
})

interface Recorded {
  readonly name: string
  readonly checksum: string
}

/** The next migration to run, undefined when all were run, or why this version must not go on. */
const nextOf = (
  known: ReadonlyArray<Migration>,
  recorded: ReadonlyArray<Recorded>
): Migration | undefined | MigrationError => {
  const byName = new Map(known.map((migration) => [migration.name, migration]))
  for (const { name, checksum } of recorded) {
    const migration = byName.get(name)
    if (migration === undefined) return new MigrationUnknown({ name })
    const expected = checksumOf(migration.sql)
    if (checksum !== expected) return new MigrationEdited({ name, expected, actual: checksum })
  }
  const done = new Set(recorded.map(({ name }) => name))
  const next = known.find(({ name }) => !done.has(name))
  const last = recorded.at(-1)
  return next !== undefined && last !== undefined && next.name < last.name
    ? new MigrationOutOfOrder({ name: next.name, after: last.name })
    : next
}

const isRefusal = (next: Migration | undefined | MigrationError): next is MigrationError =>
  next !== undefined && "_tag" in next

const migrationFailed = (name: string) => (cause: Cause.Cause<unknown>) =>
  Effect.fail(new MigrationFailed({ name, reason: reasonOf(Cause.squash(cause)) }))

const lock = `select pg_advisory_xact_lock(${lockKey})`

const makeRecord = `${lock};
  create schema if not exists bank;
  create table if not exists bank.migration (
    name text primary key,
    checksum text not null,
    run_at timestamptz not null default now()
  )`

/** The names of migrations and digests need no quoting. */
const runAndRecord = ({ name, sql }: Migration): string => `${lock};
  insert into bank.migration (name, checksum) values ('${name}', '${checksumOf(sql)}');
  ${sql}`

const uniqueViolation = "23505"

/** Another process has run it meanwhile. */
const isRun = (cause: unknown): boolean =>
  sqlStateOf(cause) === uniqueViolation && cause instanceof Error && cause.message.includes("migration_pkey")

const readRecord = (pool: Pool) =>
  pool.query("select name, checksum from bank.migration order by name").pipe(
    Effect.map((rows) => rows.map((row) => ({ name: textOf(row, "name"), checksum: textOf(row, "checksum") }))),
    Effect.catchCause(migrationFailed("bank.migration"))
  )

/** Runs a migration; false if another process was faster. */
const runNext = (pool: Pool, migration: Migration) =>
  pool.script(runAndRecord(migration)).pipe(
    Effect.as(true),
    Effect.catchCause((cause) =>
      isRun(Cause.squash(cause)) ? Effect.succeed(false) : migrationFailed(migration.name)(cause)
    )
  )

/** Runs the migrations that the database lacks and gives their names. */
export const migrateWith = (
  known: ReadonlyArray<Migration>
): Effect.Effect<ReadonlyArray<string>, MigrationError, Postgres> =>
  Effect.scoped(
    Effect.gen(function* () {
      const postgres = yield* Postgres
      const pool = yield* postgres.pool({ name: "migrator", connectionsMax: 1, statementTimeoutMs: 0 })
      yield* Effect.catchCause(pool.script(makeRecord), migrationFailed("bank.migration"))
      const done: Array<string> = []
      // Each turn runs a migration or sees that another process did; one more finds that nothing is left.
      for (let turn = 0; turn <= known.length; turn++) {
        const next = nextOf(known, yield* readRecord(pool))
        if (next === undefined) break
        if (isRefusal(next)) return yield* Effect.fail(next)
        if (yield* runNext(pool, next)) done.push(next.name)
      }
      return done
    })
  )

/** Runs the migrations of this version that the database lacks and gives their names. */
export const migrate: Effect.Effect<ReadonlyArray<string>, MigrationError, Postgres> = Effect.flatMap(
  migrations,
  migrateWith
)

/** Migrates before anything that this layer is provided to is built. */
export const layer: Layer.Layer<never, MigrationError, Postgres> = Layer.effectDiscard(migrate)
