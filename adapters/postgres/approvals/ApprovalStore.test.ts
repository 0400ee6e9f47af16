import assert from "node:assert/strict"
import { after, test } from "node:test"
import { Effect, Layer } from "effect"
import { Terms } from "../../../application/ports/Terms.ts"
import { Permission } from "../../../domain/identity/index.ts"
import { approvalStoreContract, tenant } from "../../contract/index.ts"
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

after(async () => (await database).drop())
