import { after } from "node:test"
import { Effect, Layer } from "effect"
import { feedContract } from "../../contract/index.ts"
import { createDatabase, idsForTests, migrated } from "../fixture.ts"
import * as Ledger from "./Ledger.ts"
import * as LedgerFeed from "./LedgerFeed.ts"

const database = createDatabase()

feedContract(
  "PostgreSQL",
  Layer.unwrap(
    Effect.map(
      Effect.promise(() => database),
      ({ url }) =>
        Layer.provide(Layer.provideMerge(LedgerFeed.layer(), Ledger.layer()), Layer.merge(migrated(url), idsForTests))
    )
  )
)
after(async () => (await database).drop())
