import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { Effect, Layer, ManagedRuntime } from "effect"
import { DataKeyStore, type WrappedKey } from "../../../application/ports/Crypto.ts"
import { TenantId } from "../../../domain/identity/index.ts"
import { unique } from "../../contract/index.ts"
import { createDatabase, migrated } from "../fixture.ts"
import * as DataKeys from "./DataKeyStore.ts"
import * as UsersPool from "./UsersPool.ts"

const keyOf = (tenant: TenantId, more: Partial<WrappedKey> = {}): WrappedKey => ({
  tenant,
  purpose: "field",
  number: 1,
  masterKey: "arn:aws:kms:eu-central-1:000000000000:key/first",
  wrapped: Uint8Array.from([0, 1, 127, 128, 255]),
  ...more
})

describe("data keys in PostgreSQL", () => {
  let database: Awaited<ReturnType<typeof createDatabase>>
  let runtime: ManagedRuntime.ManagedRuntime<DataKeyStore, unknown>
  before(async () => {
    database = await createDatabase()
    const pool = Layer.provide(UsersPool.layer(), migrated(database.url))
    runtime = ManagedRuntime.make(Layer.provide(DataKeys.layer, pool))
  })
  after(async () => {
    await runtime.dispose()
    await database.drop()
  })

  const spec = (title: string, body: Effect.Effect<void, unknown, DataKeyStore>): void => {
    test(title, () => runtime.runPromise(body))
  }

  spec(
    "the keys of a tenant are found as stored, by number",
    Effect.gen(function* () {
      const store = yield* DataKeyStore
      const tenant = TenantId.make(unique())
      assert.deepEqual(yield* store.of(tenant), [])
      const [first, index, second] = [keyOf(tenant), keyOf(tenant, { purpose: "index" }), keyOf(tenant, { number: 2 })]
      for (const key of [second, index, first]) assert.equal(yield* store.add(key), true)
      yield* store.add(keyOf(TenantId.make(unique())))
      assert.deepEqual(yield* store.of(tenant), [first, index, second])
    })
  )

  spec(
    "of 20 that add a tenant's first key at once one does, and its key stays",
    Effect.gen(function* () {
      const store = yield* DataKeyStore
      const tenant = TenantId.make(unique())
      const keys = Array.from({ length: 20 }, (_, index) => keyOf(tenant, { wrapped: Uint8Array.of(index) }))
      const answers = yield* Effect.all(keys.map(store.add), { concurrency: "unbounded" })
      const added = keys.filter((_, index) => answers[index])
      assert.equal(added.length, 1)
      assert.deepEqual(yield* store.of(tenant), added)
    })
  )

  spec(
    "a key is kept under another master key in place of the first",
    Effect.gen(function* () {
      const store = yield* DataKeyStore
      const tenant = TenantId.make(unique())
      const [first, second] = [keyOf(tenant), keyOf(tenant, { number: 2 })]
      for (const key of [first, second]) yield* store.add(key)
      const again = { ...second, masterKey: "other", wrapped: Uint8Array.of(9) }
      yield* store.rewrap(again)
      assert.deepEqual(yield* store.of(tenant), [first, again])
    })
  )
})
