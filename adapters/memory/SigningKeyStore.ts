import { Effect, Layer } from "effect"
import { type SigningKey, SigningKeyStore } from "../../application/ports/Tokens.ts"
import type { TenantId } from "../../domain/identity/index.ts"

const oldestFirst = (left: SigningKey, right: SigningKey): number =>
  left.createdAt - right.createdAt || (left.kid < right.kid ? -1 : 1)

const make = Effect.sync(() => {
  const tenants = new Map<TenantId, Map<string, SigningKey>>()

  const keysOf = (tenant: TenantId): Map<string, SigningKey> => {
    const keys = tenants.get(tenant) ?? new Map<string, SigningKey>()
    tenants.set(tenant, keys)
    return keys
  }

  return SigningKeyStore.of({
    all: (tenant) => Effect.sync(() => [...keysOf(tenant).values()].sort(oldestFirst)),
    add: (tenant, key) =>
      Effect.suspend(() => {
        const keys = keysOf(tenant)
        if (keys.has(key.kid)) return Effect.die(new Error(`signing key ${key.kid} was stored before`))
        keys.set(key.kid, key)
        return Effect.void
      }),
    retire: (tenant, kid, publishedUntil) =>
      Effect.sync(() => {
        const keys = keysOf(tenant)
        const key = keys.get(kid)
        if (key !== undefined) keys.set(kid, { ...key, publishedUntil })
      }),
    remove: (tenant, kid) =>
      Effect.sync(() => {
        keysOf(tenant).delete(kid)
      })
  })
})

/** The signing keys' port over plain maps. */
export const layer: Layer.Layer<SigningKeyStore> = Layer.effect(SigningKeyStore, make)
