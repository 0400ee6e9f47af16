import { after } from "node:test"
import { Effect, Layer } from "effect"
import {
  artifactStoreContract,
  challengeStoreContract,
  loginThrottleContract,
  sessionStoreContract,
  signingKeyStoreContract,
  userStoreContract
} from "../../contract/index.ts"
import { cipherForTests, createDatabase, migrated, termsForTests } from "../fixture.ts"
import * as Users from "./Users.ts"
import * as UsersPool from "./UsersPool.ts"

const database = createDatabase()

/** Stores of one database, with connections of their own each time. */
const stores = () =>
  Layer.unwrap(
    Effect.map(
      Effect.promise(() => database),
      ({ url }) =>
        Layer.provide(
          Users.layer,
          Layer.mergeAll(Layer.provide(UsersPool.layer(), migrated(url)), cipherForTests, termsForTests)
        )
    )
  )

userStoreContract("PostgreSQL", stores)
sessionStoreContract("PostgreSQL", stores)
challengeStoreContract("PostgreSQL", stores)
loginThrottleContract("PostgreSQL", stores)
signingKeyStoreContract("PostgreSQL", stores)
artifactStoreContract("PostgreSQL", stores)

after(async () => (await database).drop())
