import { after } from "node:test"
import { Effect, Layer } from "effect"
import { ledgerContract } from "../../contract/index.ts"
import { createDatabase, idsForTests, migrated } from "../fixture.ts"
import * as Audit from "./Audit.ts"
import * as Ledger from "./Ledger.ts"

const database = createDatabase()

// No answer is kept in memory, so that each that is given again comes from the store.
const options = { answersKeptMax: 0 }

ledgerContract("PostgreSQL", () =>
  Layer.unwrap(
    Effect.map(
      Effect.promise(() => database),
      ({ url }) =>
        Layer.provide(Layer.merge(Ledger.layer(options), Audit.layer()), Layer.merge(migrated(url), idsForTests))
    )
  )
)
after(async () => (await database).drop())
