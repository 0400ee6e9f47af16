/** Work on the keys of personal data: a new data key, a new master key, and the wrapping of the one under the other. */
import { Effect, Layer, Option } from "effect"
import { FieldCipher, FileKeyManagement } from "../../adapters/crypto/index.ts"
import { start } from "../../adapters/embedded-postgres/index.ts"
import { DataKeyStore, Postgres, usersPoolLayer } from "../../adapters/postgres/index.ts"
import { FieldCipher as Cipher } from "../../application/ports/Crypto.ts"
import { dataDirOf } from "../bank/Database.ts"
import type { Settings } from "../bank/Settings.ts"
import { keyManagementOf, masterKeysOf } from "../bank/Terms.ts"
import { Unproven } from "./verify.ts"

export const keyWorks = ["rotate-data", "add-master", "rewrap"] as const
export type KeyWork = (typeof keyWorks)[number]

const connectionsMax = 1

const keysOf = Effect.fnUntraced(function* (from: Settings) {
  const url = Option.isSome(from.databaseUrl)
    ? from.databaseUrl.value
    : (yield* start({ dataDir: dataDirOf(from) })).url
  const store = DataKeyStore.layer.pipe(
    Layer.provide(usersPoolLayer({ connectionsMax })),
    Layer.provide(Postgres.layer({ url }))
  )
  return Layer.provideMerge(FieldCipher.layer, Layer.merge(store, keyManagementOf(from)))
})

const addMaster = Effect.fnUntraced(function* (from: Settings) {
  if (Option.isSome(from.identity.kmsKey))
    return yield* Effect.fail(new Unproven({ subject: "keys add-master", reason: "BANK_KMS_KEY names the master key" }))
  const file = masterKeysOf(from)
  yield* FileKeyManagement.addMasterKey(file)
  return `a master key was added to ${file}; start every bank anew, then run: gbank keys rewrap`
})

/** Does the work and says in a line what was done. */
export const workOnKeys = Effect.fn("cli.keys")(
  function* (from: Settings, work: KeyWork) {
    const { tenant } = from.identity
    if (work === "add-master") return yield* addMaster(from)
    const keys = yield* keysOf(from)
    if (work === "rewrap") {
      const count = yield* Effect.provide(FieldCipher.rewrapAll(tenant), keys)
      return `${count} data keys were wrapped under the newest master key`
    }
    yield* Effect.provide(
      Effect.flatMap(Cipher, ({ rotate }) => rotate(tenant)),
      keys
    )
    return `personal data of ${tenant} is sealed under a new data key`
  },
  Effect.catchTag("KeysUnavailable", ({ reason }) => Effect.fail(new Unproven({ subject: "keys", reason })))
)
