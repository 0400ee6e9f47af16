import { after } from "node:test"
import { Effect, Layer } from "effect"
import { accountStoreContract } from "../../contract/index.ts"
import { createDatabase, migrated } from "../fixture.ts"
import * as AccountStore from "./AccountStore.ts"

const database = createDatabase()
accountStoreContract("PostgreSQL", () =>
  Layer.unwrap(
    Effect.map(
      Effect.promise(() => database),
      ({ url }) => Layer.provide(AccountStore.layer(), migrated(url))
    )
  )
)
after(async () => (await database).drop())
