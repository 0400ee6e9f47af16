/**
 * Envelope encryption of single fields. A tenant has data keys, wrapped by the master key and kept by the `DataKeyStore`; the
 * newest of the purpose `field` encrypts, and a sealed value names its key, so that all others still decrypt. The keys of a
 * tenant are unwrapped when they are first needed and kept in memory; one that is not known is looked for once more, for
 * another process may have made it. A first key that two processes make at once is made by one of them.
 */
import { createHmac } from "node:crypto"
import { Effect, Layer, Semaphore } from "effect"
import {
  DataKeyStore,
  FieldCipher,
  KeyManagement,
  KeysUnavailable,
  type WrappedKey
} from "../../application/ports/Crypto.ts"
import type { TenantId } from "../../domain/identity/index.ts"
import { open, seal } from "./Sealing.ts"

/** Version of the sealed form. */
const version = 1

/** Version, and the number of the data key in four bytes. */
const headBytes = 5

/** Tenants whose keys are kept unwrapped; beyond, those that came first are unwrapped anew when they are needed. */
const tenantsMax = 1000

interface TenantKeys {
  readonly fields: ReadonlyMap<number, Uint8Array>
  readonly newest: { readonly number: number; readonly head: Uint8Array; readonly key: Uint8Array }
  readonly index: Uint8Array
}

const headOf = (number: number): Uint8Array => {
  const head = Buffer.alloc(headBytes)
  head.writeUInt8(version)
  head.writeUInt32BE(number, 1)
  return head
}

const numberIn = (sealed: Uint8Array): number => {
  if (sealed[0] !== version || sealed.length < headBytes) throw new RangeError("not a sealed value of this version")
  return new DataView(sealed.buffer, sealed.byteOffset).getUint32(1)
}

const contextOf = ({ tenant, purpose, number }: Omit<WrappedKey, "masterKey" | "wrapped">): string =>
  `${tenant}/${purpose}/${number}`

const make = Effect.gen(function* () {
  const store = yield* DataKeyStore
  const kms = yield* KeyManagement
  const known = new Map<TenantId, TenantKeys>()
  const oneAtATime = yield* Semaphore.make(1)

  const add = Effect.fnUntraced(function* (tenant: TenantId, purpose: WrappedKey["purpose"], number: number) {
    const { wrapped } = yield* kms.generate(contextOf({ tenant, purpose, number }))
    yield* store.add({ tenant, purpose, number, masterKey: kms.keyId, wrapped })
  })

  const unwrapped = (key: WrappedKey) =>
    Effect.map(kms.unwrap(key.wrapped, contextOf(key)), (plain) => [key.number, plain] as const)

  const load = Effect.fnUntraced(function* (tenant: TenantId) {
    let stored = yield* store.of(tenant)
    const lacks = (purpose: WrappedKey["purpose"]) => !stored.some((key) => key.purpose === purpose)
    if (lacks("field")) yield* add(tenant, "field", 1)
    if (lacks("index")) yield* add(tenant, "index", 1)
    if (lacks("field") || lacks("index")) stored = yield* store.of(tenant)
    const fields = new Map(
      yield* Effect.forEach(
        stored.filter(({ purpose }) => purpose === "field"),
        unwrapped
      )
    )
    const [index] = yield* Effect.forEach(
      stored.filter(({ purpose }) => purpose === "index"),
      unwrapped
    )
    const number = Math.max(...fields.keys())
    const key = fields.get(number)
    if (key === undefined || index === undefined)
      return yield* Effect.fail(new KeysUnavailable({ reason: "the data keys of the tenant were not kept" }))
    const keys: TenantKeys = { fields, newest: { number, head: headOf(number), key }, index: index[1] }
    known.delete(tenant)
    known.set(tenant, keys)
    const [oldest] = known.keys()
    if (known.size > tenantsMax && oldest !== undefined) known.delete(oldest)
    return keys
  })

  const keysOf = (tenant: TenantId): Effect.Effect<TenantKeys, KeysUnavailable> =>
    Effect.suspend(() => {
      const keys = known.get(tenant)
      if (keys !== undefined) return Effect.succeed(keys)
      return oneAtATime
        .withPermit(Effect.suspend(() => Effect.fromNullishOr(known.get(tenant))))
        .pipe(Effect.catch(() => oneAtATime.withPermit(load(tenant))))
    })

  const fieldKey = Effect.fnUntraced(function* (tenant: TenantId, number: number) {
    const key = (yield* keysOf(tenant)).fields.get(number)
    if (key !== undefined) return key
    const again = (yield* oneAtATime.withPermit(load(tenant))).fields.get(number)
    return again ?? (yield* Effect.die(new Error(`there is no data key ${number} of ${tenant}`)))
  })

  return FieldCipher.of({
    encrypt: (tenant, place, plain) =>
      Effect.map(keysOf(tenant), ({ newest }) => seal(newest.key, newest.head, `${tenant} ${place}`, plain)),
    decrypt: Effect.fnUntraced(function* (tenant, place, sealed) {
      const key = yield* fieldKey(tenant, yield* Effect.sync(() => numberIn(sealed)))
      return yield* Effect.sync(() => open(key, headBytes, `${tenant} ${place}`, sealed))
    }),
    blindIndex: (tenant, purpose, text) =>
      Effect.map(keysOf(tenant), ({ index }) =>
        createHmac("sha256", index).update(`${purpose.length}:${purpose}${text}`).digest()
      ),
    rotate: Effect.fn("FieldCipher.rotate")(function* (tenant) {
      const { newest } = yield* keysOf(tenant)
      yield* add(tenant, "field", newest.number + 1)
      yield* oneAtATime.withPermit(load(tenant))
    })
  })
})

/** Encrypts under data keys that the `KeyManagement` wraps. */
export const layer: Layer.Layer<FieldCipher, never, DataKeyStore | KeyManagement> = Layer.effect(FieldCipher, make)

/** Wraps every data key of a tenant that another master key wraps under the present one; says how many. */
export const rewrapAll = Effect.fn("FieldCipher.rewrapAll")(function* (tenant: TenantId) {
  const store = yield* DataKeyStore
  const kms = yield* KeyManagement
  const old = (yield* store.of(tenant)).filter(({ masterKey }) => masterKey !== kms.keyId)
  for (const key of old) {
    const plain = yield* kms.unwrap(key.wrapped, contextOf(key))
    yield* store.rewrap({ ...key, masterKey: kms.keyId, wrapped: yield* kms.wrap(plain, contextOf(key)) })
  }
  return old.length
})
