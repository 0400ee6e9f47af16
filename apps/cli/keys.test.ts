import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, test } from "node:test"
import { fileURLToPath } from "node:url"
import { Effect, Layer } from "effect"
import postgres from "postgres"
import { Migrator, Postgres } from "../../adapters/postgres/index.ts"
import { createDatabase, type Database } from "../../infra/testing/postgres.ts"

const root = fileURLToPath(new URL("../../", import.meta.url))
const timeout = 120_000

describe("gbank keys", { timeout }, () => {
  let database: Database
  let folder: string
  let sql: postgres.Sql

  before(
    async () => {
      database = await createDatabase()
      folder = await mkdtemp(join(tmpdir(), "bank-keys-"))
      const migrated = Layer.provide(Migrator.layer, Postgres.layer({ url: database.url }))
      await Effect.runPromise(Effect.provide(Effect.void, migrated))
      sql = postgres(database.url, { max: 1, onnotice: () => {} })
    },
    { timeout }
  )
  after(
    async () => {
      await sql.end()
      await rm(folder, { recursive: true, force: true })
      await database.drop()
    },
    { timeout }
  )

  const gbank = (work: string, env: Readonly<Record<string, string>> = {}) =>
    new Promise<{ readonly code: unknown; readonly out: string; readonly err: string }>((resolve) => {
      const settings = { DATABASE_URL: database.url, BANK_MASTER_KEYS: join(folder, "master-keys"), ...env }
      const options = { cwd: root, env: { ...process.env, ...settings }, timeout: 60_000 }
      execFile(process.execPath, ["apps/cli/main.ts", "keys", work], options, (error, out, err) =>
        resolve({ code: error === null ? 0 : error.code, out, err })
      )
    })
  const masters = async (): Promise<ReadonlyArray<string>> =>
    (await readFile(join(folder, "master-keys"), "utf8")).split("\n").flatMap((line) => line.split(":")[0] || [])
  const dataKeys = () => sql<Array<{ readonly purpose: string; readonly number: number; readonly master: string }>>`
    select purpose, number, master_key as master from users.data_key order by purpose, number`

  test("makes data keys, adds a master key, and wraps every data key under it", { timeout }, async () => {
    assert.equal((await gbank("rotate-data")).code, 0)
    const [first] = await masters()
    assert.deepEqual(
      [...(await dataKeys())].map(({ purpose, number, master }) => [purpose, number, master]),
      [
        ["field", 1, first],
        ["field", 2, first],
        ["index", 1, first]
      ]
    )
    assert.match((await gbank("add-master")).out, /then run: gbank keys rewrap/u)
    const [, second] = await masters()
    assert.match((await gbank("rewrap")).out, /^3 data keys/u)
    assert.deepEqual(
      (await dataKeys()).map(({ master }) => master),
      [second, second, second]
    )
    assert.match((await gbank("rewrap")).out, /^0 data keys/u)
  })

  test("says what it can do, and that a KMS adds its master keys itself", { timeout }, async () => {
    const unknown = await gbank("destroy")
    assert.deepEqual([unknown.code, unknown.err.trim()], [1, "keys: expected rotate-data, add-master, rewrap"])
    const inKms = await gbank("add-master", { BANK_KMS_KEY: "alias/bank" })
    assert.equal(inKms.code, 1)
    assert.match(inKms.err, /BANK_KMS_KEY/u)
  })
})
