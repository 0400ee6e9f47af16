import { after } from "node:test"
import { Effect, Layer } from "effect"
import { delegationStoreContract } from "../../contract/index.ts"
import { createDatabase, migrated } from "../fixture.ts"
import * as DelegationStore from "./DelegationStore.ts"

const database = createDatabase()
delegationStoreContract("PostgreSQL", () =>
  Layer.unwrap(
    Effect.map(
      Effect.promise(() => database),
      ({ url }) => Layer.provide(DelegationStore.layer(), migrated(url))
    )
  )
)
after(async () => (await database).drop())
