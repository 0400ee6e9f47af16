import { after } from "node:test"
import { Effect, Layer } from "effect"
import { proofContract } from "../../contract/index.ts"
import { createDatabase, idsForTests, migrated, signerForTests } from "../fixture.ts"
import * as Ledger from "./Ledger.ts"
import * as LedgerTree from "./LedgerTree.ts"

const database = createDatabase()

proofContract(
  "PostgreSQL",
  Layer.unwrap(
    Effect.map(
      Effect.promise(() => database),
      ({ url }) =>
        Layer.provide(
          Layer.provideMerge(LedgerTree.layer(), Ledger.layer()),
          Layer.mergeAll(migrated(url), idsForTests, signerForTests)
        )
    )
  )
)
after(async () => (await database).drop())
