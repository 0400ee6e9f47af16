import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import { Effect, type Layer, ManagedRuntime } from "effect"
import { type SigningKey, SigningKeyStore } from "../../application/ports/Tokens.ts"
import { TenantId } from "../../domain/identity/index.ts"
import { later, now, unique } from "./People.ts"

type Spec = (title: string, body: Effect.Effect<void, unknown, SigningKeyStore>) => void

const keyOf = (more: Partial<SigningKey> = {}): SigningKey => ({
  kid: unique(),
  jwk: { kty: "EC", crv: "P-256", alg: "ES256", x: unique(), y: unique(), d: unique(), key_ops: ["sign"], ext: true },
  createdAt: now,
  signsFrom: later(60),
  ...more
})

const newTenant = (): TenantId => TenantId.make(unique())

const specs = (spec: Spec): void => {
  spec(
    "the keys of a tenant are found as stored, in every detail, oldest first",
    Effect.gen(function* () {
      const store = yield* SigningKeyStore
      const tenant = newTenant()
      assert.deepEqual(yield* store.all(tenant), [])
      const [first, second] = [keyOf({ publishedUntil: later(3600) }), keyOf({ createdAt: later(1) })]
      yield* store.add(tenant, second)
      yield* store.add(tenant, first)
      yield* store.add(newTenant(), keyOf())
      assert.deepEqual(yield* store.all(tenant), [first, second])
    })
  )

  spec(
    "a key that is retired is published until then, and one that is removed is gone",
    Effect.gen(function* () {
      const store = yield* SigningKeyStore
      const [tenant, other] = [newTenant(), newTenant()]
      const [first, second] = [keyOf(), keyOf({ createdAt: later(1) })]
      for (const each of [first, second]) yield* store.add(tenant, each)
      yield* store.add(other, first)
      yield* store.retire(tenant, first.kid, later(900))
      const retired = { ...first, publishedUntil: later(900) }
      assert.deepEqual(yield* store.all(tenant), [retired, second])
      yield* store.remove(tenant, second.kid)
      assert.deepEqual(yield* store.all(tenant), [retired])
      assert.deepEqual(yield* store.all(other), [first])
    })
  )

  spec(
    "to retire or remove a key that is not there changes nothing",
    Effect.gen(function* () {
      const store = yield* SigningKeyStore
      const tenant = newTenant()
      yield* store.retire(tenant, unique(), now)
      yield* store.remove(tenant, unique())
      assert.deepEqual(yield* store.all(tenant), [])
    })
  )
}

/**
 * The suite that every implementation of the port `SigningKeyStore` passes, for a `*.test.ts` to call. `makeLayer` gives
 * a store of any content; it is called and built once, and released at the end.
 */
export const signingKeyStoreContract = <E>(name: string, makeLayer: () => Layer.Layer<SigningKeyStore, E>): void => {
  describe(`${name} as a store of signing keys`, () => {
    const runtime = ManagedRuntime.make(makeLayer())
    after(() => runtime.dispose())
    specs((title, body) => {
      test(title, () => runtime.runPromise(body))
    })
  })
}
