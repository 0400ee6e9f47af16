import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { Cause, Effect, ManagedRuntime } from "effect"
import { createDatabase, type Database } from "../../infra/testing/postgres.ts"
import { sqlStateOf } from "./Failure.ts"
import { migrated } from "./fixture.ts"
import { Postgres } from "./Postgres.ts"

const denied = "42501"

/** Tables of the ledger whose rows stay as they were written. */
const kept = ["transaction", "leg", "answer", "batch", "node", "head"]

describe("a context's role", () => {
  let database: Database
  let runtime: ManagedRuntime.ManagedRuntime<Postgres, unknown>
  before(async () => {
    database = await createDatabase()
    runtime = ManagedRuntime.make(migrated(database.url))
  })
  after(async () => {
    await runtime.dispose()
    await database.drop()
  })

  /** What comes of a statement run as a role: the number of its rows, or the SQLSTATE it failed with. */
  const outcome = (role: string, statement: string): Promise<number | string | undefined> =>
    runtime.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const pool = yield* (yield* Postgres).pool({ name: "test", role, connectionsMax: 1 })
          return yield* Effect.matchCause(pool.query(statement), {
            onSuccess: (rows) => rows.length,
            onFailure: (cause) => sqlStateOf(Cause.squash(cause))
          })
        })
      )
    )

  test("sees its own schema and nothing of the other's", async () => {
    for (const table of ["ledger", "account", "hold", "entry", ...kept]) {
      assert.equal(await outcome("bank_ledger", `select from ledger.${table}`), 0)
      assert.equal(await outcome("bank_accounts", `select from ledger.${table}`), denied)
    }
    for (const table of ["account", "opening"]) {
      assert.equal(await outcome("bank_accounts", `select from accounts.${table}`), 0)
      assert.equal(await outcome("bank_ledger", `select from accounts.${table}`), denied)
    }
    assert.equal(await outcome("bank_ledger", "select nextval('accounts.number')"), denied)
  })

  test("alone sees users and what belongs to them, and money is not its own", async () => {
    const tables = ["data_key", "person", "credential", "login_key", "session", "challenge", "failed_login"]
    for (const table of [...tables, "signing_key", "oauth_grant", "artifact"]) {
      assert.equal(await outcome("bank_users", `select from users.${table}`), 0)
      for (const role of ["bank_ledger", "bank_accounts"])
        assert.equal(await outcome(role, `select from users.${table}`), denied)
    }
    for (const table of ["ledger.account", "ledger.entry", "accounts.account"])
      assert.equal(await outcome("bank_users", `select from ${table}`), denied)
    for (const table of ["data_key", "person", "credential"])
      assert.equal(await outcome("bank_users", `delete from users.${table}`), denied)
    assert.equal(await outcome("bank_users", "update users.person set tenant = tenant"), denied)
    assert.equal(await outcome("bank_users", "update users.session set user_id = user_id"), denied)
    assert.equal(await outcome("bank_users", "update users.signing_key set sealed = sealed"), denied)
  })

  test("does not see the record of migrations, and makes no tables", async () => {
    for (const role of ["bank_ledger", "bank_accounts", "bank_users"]) {
      assert.equal(await outcome(role, "select from bank.migration"), denied)
      for (const schema of ["ledger", "accounts", "users", "public"])
        assert.equal(await outcome(role, `create table ${schema}.intruder (id int)`), denied)
    }
  })

  test("never changes or removes what was booked or answered", async () => {
    for (const table of kept) {
      assert.equal(await outcome("bank_ledger", `update ledger.${table} set ledger_id = ledger_id`), denied)
      assert.equal(await outcome("bank_ledger", `delete from ledger.${table}`), denied)
      assert.equal(await outcome("bank_ledger", `truncate ledger.${table}`), denied)
    }
    const may = "has_table_privilege('bank_ledger', 'ledger.entry', 'insert, update, delete, truncate')"
    assert.equal(await outcome("bank_ledger", `select where not ${may}`), 1, "the view of all entries is only read")
    for (const table of ["account", "hold", "ledger"])
      assert.equal(await outcome("bank_ledger", `delete from ledger.${table}`), denied)
    assert.equal(await outcome("bank_accounts", "delete from accounts.account"), denied)
    assert.equal(await outcome("bank_accounts", "update accounts.opening set answer = answer"), denied)
  })

  test("changes of an account and a hold only what may change", async () => {
    assert.equal(await outcome("bank_ledger", "update ledger.account set posted_debits = posted_debits"), 0)
    assert.equal(await outcome("bank_ledger", "update ledger.account set currency = currency"), denied)
    assert.equal(await outcome("bank_ledger", "update ledger.account set normal_side = normal_side"), denied)
    assert.equal(await outcome("bank_ledger", "update ledger.hold set captured = captured"), 0)
    assert.equal(await outcome("bank_ledger", "update ledger.hold set amount = amount"), denied)
    assert.equal(await outcome("bank_accounts", "update accounts.account set status = status"), 0)
    assert.equal(await outcome("bank_accounts", "update accounts.account set owner = owner"), denied)
  })
})
