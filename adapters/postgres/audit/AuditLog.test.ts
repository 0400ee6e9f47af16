import { after } from "node:test"
import { Effect, Layer } from "effect"
import { auditLogContract } from "../../contract/index.ts"
import { createDatabase, idsForTests, migrated } from "../fixture.ts"
import * as AuditLog from "./AuditLog.ts"
import { cipherForTests } from "./cipher.fixture.ts"

const database = createDatabase()

const store = () =>
  Layer.unwrap(
    Effect.map(
      Effect.promise(() => database),
      ({ url }) => Layer.provide(AuditLog.layer(), Layer.mergeAll(migrated(url), cipherForTests, idsForTests))
    )
  )

auditLogContract("PostgreSQL", store, store)
after(async () => (await database).drop())
