import assert from "node:assert/strict"
import { after, test } from "node:test"
import { Cause, Effect, Exit, Layer } from "effect"
import { Terms } from "../../../application/ports/Terms.ts"
import { Permission } from "../../../domain/identity/index.ts"
import { approvalStoreContract, tenant } from "../../contract/index.ts"
import { sqlStateOf } from "../Failure.ts"
import { textOf } from "../Fields.ts"
import { createDatabase, migrated } from "../fixture.ts"
import { Postgres } from "../Postgres.ts"
import * as ApprovalStore from "./ApprovalStore.ts"
import { cipherForTests } from "./cipher.fixture.ts"

const database = createDatabase()
const terms = Layer.succeed(Terms, Terms.of({ ...Permission.termsUsual, tenant }))
const connected = Layer.unwrap(
  Effect.map(
    Effect.promise(() => database),
    ({ url }) => migrated(url)
  )
)

approvalStoreContract("PostgreSQL", () => Layer.provide(ApprovalStore.layer(), [connected, cipherForTests, terms]))

test("what an approval asks for is nowhere in the database in plain text", () =>
  Effect.gen(function* () {
    const pool = yield* (yield* Postgres).pool({ name: "test", connectionsMax: 1 })
    const rows = yield* pool.query(
      "select approval::text as row, encode(sealed, 'escape') as sealed from access.approval"
    )
    assert.ok(rows.length > 0)
    for (const row of rows)
      assert.doesNotMatch(textOf(row, "row") + textOf(row, "sealed"), /overdraft|sesame|usr_|cus_/u)
  }).pipe(Effect.scoped, Effect.provide(connected), Effect.runPromise))

test("the role of access changes neither what was asked for nor what was granted, and removes nothing", () =>
  Effect.gen(function* () {
    const pool = yield* (yield* Postgres).pool({ name: "test", role: "bank_access", connectionsMax: 1 })
    const isDenied = (statement: string) =>
      Effect.map(Effect.exit(pool.query(statement)), (exit) =>
        Exit.isFailure(exit) ? sqlStateOf(Cause.squash(exit.cause)) === "42501" : false
      )
    for (const [table, fixed] of [
      ["access.approval", ["sealed", "operation", "tenant", "expires_at", "key"]],
      ["access.delegation", ["grantor", "grantee", "account", "access_right", "amount_max", "ends_at"]]
    ] as const) {
      for (const column of fixed) assert.ok(yield* isDenied(`update ${table} set ${column} = ${column}`), column)
      assert.ok(yield* isDenied(`delete from ${table}`))
    }
    for (const table of ["ledger.account", "accounts.account", "users.person", "bank.migration"])
      assert.ok(yield* isDenied(`select from ${table}`), table)
    assert.ok(yield* isDenied("create table access.intruder (id int)"))
  }).pipe(Effect.scoped, Effect.provide(connected), Effect.runPromise))

after(async () => (await database).drop())
