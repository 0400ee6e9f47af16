import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { Cause, Effect, Exit } from "effect"
import { createDatabase, type Database } from "../../infra/testing/postgres.ts"
import * as Postgres from "./Postgres.ts"

describe("a pool of connections", () => {
  let database: Database
  before(async () => {
    database = await createDatabase()
  })
  after(() => database.drop())

  const withPool = <A, E>(work: (pool: Postgres.Pool) => Effect.Effect<A, E>): Promise<A> =>
    Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const pool = yield* (yield* Postgres.Postgres).pool({ name: "test", connectionsMax: 1 })
          return yield* work(pool)
        })
      ).pipe(Effect.provide(Postgres.layer({ url: database.url })))
    )

  test("gives the same rows of a statement whether it comes in one message or in several", async () => {
    const text =
      "select 7::bigint as big, 7 as small, true as flag, 'x' as name, null::text as nothing, array[1, 2] as list"
    const rows = await withPool((pool) => Effect.all([pool.query(text), pool.statement(text)]))
    const [several, one] = rows.map((each) => each.map((row) => ({ ...row })))
    assert.deepEqual(one, several)
    assert.deepEqual([one?.[0]?.big, one?.[0]?.small, one?.[0]?.flag], [7n, 7, true])
  })

  test("has the server give up a client that is gone within half a minute", async () => {
    const shown = await withPool((pool) =>
      Effect.forEach(["idle", "interval", "count"], (name) => pool.query(`show tcp_keepalives_${name}`))
    )
    const [idle, interval, count] = shown.map(([row]) => Number(Object.values(row ?? {})[0]))
    assert.ok((idle ?? 0) > 0 && (idle ?? 0) + (interval ?? 0) * (count ?? 0) <= 30, `${idle} ${interval} ${count}`)
  })

  test("tells of a statement that the server refuses why, and nothing of its values or of rows", async () => {
    await withPool((pool) => pool.script("create table held (id int check (id > 0), name text)"))
    const refused = [
      ["insert into held values (-1, $1)", "held_id_check"],
      ["select $1::text::uuid", "uuid"],
      ["select $1::text::int4", "integer"],
      ["select $1::text::jsonb", "json"]
    ] as const
    for (const [text, expected] of refused) {
      const failed = await withPool((pool) => Effect.exit(pool.query(text, ['Ada "Countess" Lovelace'])))
      assert.ok(Exit.isFailure(failed))
      const defect = Cause.squash(failed.cause)
      assert.ok(defect instanceof Error)
      const told = `${defect.message} ${defect.stack} ${JSON.stringify(defect)} ${Cause.pretty(failed.cause)}`
      assert.ok(told.includes(expected), defect.message)
      for (const part of ["Ada", "Countess", "Lovelace"]) assert.ok(!told.includes(part), told)
    }
  })

  test("runs all of a script or nothing of it", async () => {
    const failed = withPool((pool) => pool.script("create table made (id int); select 1/0"))
    await assert.rejects(failed, /division by zero/u)
    const [row] = await withPool((pool) => pool.query("select to_regclass('made') is null as missing"))
    assert.equal(row?.missing, true)
  })
})
