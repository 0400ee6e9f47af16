import assert from "node:assert/strict"
import { tmpdir } from "node:os"
import { after, before, describe, test } from "node:test"
import { Effect, Result } from "effect"
import postgres from "postgres"
import { createDatabase, type Database } from "../../infra/testing/postgres.ts"
import { type Migration, migrate, migrateWith, migrations } from "./Migrator.ts"
import * as Postgres from "./Postgres.ts"

const first: Migration = { name: "0001_first", sql: "create table first (id int primary key);" }
const second: Migration = { name: "0002_second", sql: "create table second (id int primary key);" }

describe("migrations", () => {
  let database: Database
  before(async () => {
    database = await createDatabase()
  })
  after(() => database.drop())

  const run = (known: ReadonlyArray<Migration>) =>
    Effect.runPromise(Effect.provide(Effect.result(migrateWith(known)), Postgres.layer({ url: database.url })))

  const failed = async (known: ReadonlyArray<Migration>) => {
    const outcome = await run(known)
    assert.ok(Result.isFailure(outcome))
    return outcome.failure
  }

  const tables = async (): Promise<ReadonlyArray<string>> => {
    const sql = postgres(database.url, { max: 1 })
    try {
      const rows = await sql<Array<{ name: string }>>`select tablename as name from pg_tables
        where schemaname = 'public' order by tablename`
      return rows.map(({ name }) => name)
    } finally {
      await sql.end()
    }
  }

  test("processes that start together run each migration once", async () => {
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => run([first])))
    const done = outcomes.flatMap((outcome) => (Result.isSuccess(outcome) ? outcome.success : [outcome.failure._tag]))
    assert.deepEqual(done, ["0001_first"])
  })

  test("a new migration is run, and none a second time", async () => {
    assert.deepEqual(await run([first, second]), Result.succeed(["0002_second"]))
    assert.deepEqual(await run([first, second]), Result.succeed([]))
    assert.deepEqual(await tables(), ["first", "second"])
  })

  test("a checkout with other line ends has the same migrations", async () => {
    const [unix, windows] = ["create table third (\nid int);\n", "create table third (\r\nid int);\r\n"]
    assert.deepEqual(await run([first, second, { name: "0003_third", sql: unix }]), Result.succeed(["0003_third"]))
    assert.deepEqual(await run([first, second, { name: "0003_third", sql: windows }]), Result.succeed([]))
    assert.equal((await failed([first, second]))._tag, "MigrationUnknown")
  })

  test("an edited migration is refused with both checksums", async () => {
    const error = await failed([{ ...first, sql: `${first.sql} -- edited` }, second])
    assert.equal(error._tag, "MigrationEdited")
    assert.ok(error._tag === "MigrationEdited" && error.name === "0001_first" && error.actual !== error.expected)
  })

  test("a database of a newer version is refused by the name of the migration it has", async () => {
    const error = await failed([first, second])
    assert.ok(error._tag === "MigrationUnknown" && error.name === "0003_third")
  })

  test("a migration numbered before one that was run is refused", async () => {
    const third = { name: "0003_third", sql: "create table third (\nid int);\n" }
    const late = { name: "0002_late", sql: "create table late (id int);" }
    const error = await failed([first, late, second, third])
    assert.ok(error._tag === "MigrationOutOfOrder" && error.name === "0002_late" && error.after === "0003_third")
    assert.ok(!(await tables()).includes("late"))
  })

  test("a migration that fails leaves nothing behind, and is run again when it is corrected", async () => {
    const third = { name: "0003_third", sql: "create table third (\nid int);\n" }
    const broken = { name: "0004_fourth", sql: "create table fourth (id int); select 1/0;" }
    const error = await failed([first, second, third, broken])
    assert.ok(error._tag === "MigrationFailed" && error.name === "0004_fourth" && error.reason.includes("division"))
    assert.ok(!(await tables()).includes("fourth"))
    const corrected = { ...broken, sql: "create table fourth (id int);" }
    assert.deepEqual(await run([first, second, third, corrected]), Result.succeed(["0004_fourth"]))
  })

  test("a database that is not there is a failure that says so", async () => {
    const layer = Postgres.layer({ url: "postgres://nobody@127.0.0.1:1/none", connectTimeoutMs: 2000 })
    const error = await Effect.runPromise(Effect.provide(Effect.flip(migrateWith([first])), layer))
    assert.ok(error._tag === "MigrationFailed" && error.reason.includes("ECONNREFUSED"))
  })
})

describe("the bank's migrations", () => {
  test("are found whatever the working directory is", async () => {
    const directory = process.cwd()
    process.chdir(tmpdir())
    try {
      const names = (await Effect.runPromise(migrations)).map(({ name }) => name)
      assert.ok(names.includes("0002_ledger"), names.join(" "))
      assert.deepEqual(names, names.toSorted())
    } finally {
      process.chdir(directory)
    }
  })

  test("run by databases of one cluster at the same time make the cluster's roles once", async () => {
    const databases = await Promise.all(Array.from({ length: 3 }, () => createDatabase()))
    try {
      const outcomes = await Promise.all(
        databases.map(({ url }) => Effect.runPromise(Effect.provide(migrate, Postgres.layer({ url }))))
      )
      for (const names of outcomes) assert.ok(names.includes("0001_roles"))
    } finally {
      await Promise.all(databases.map((each) => each.drop()))
    }
  })
})
