/**
 * Envelope encryption of single fields. A tenant has data keys, wrapped by the master key and kept by the `DataKeyStore`; the
 * newest of the purpose `field` encrypts, and a sealed value names its key, so that all others still decrypt.
 *
 * A tenant's keys are read and unwrapped when they are first needed, once for however many ask at the same time: one read,
 * and one request to the master key for each key. They are kept in memory for a while, after which what other processes have
 * rotated is seen and a master key that was withdrawn is missed. A number that is not among them is looked for once more. A
 * first key that two processes make at once is made by one of them.
 */
import { createHmac } from "node:crypto"
import { Cache, Effect, Exit, Layer } from "effect"
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

/** Tenants whose keys are kept unwrapped, those used last; and for how long. */
const tenantsMax = 1000
const ageMax = "10 minutes"

/** Requests to the master key at a time for one tenant. */
const requestsMax = 4

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
    const of = (purpose: WrappedKey["purpose"]) =>
      Effect.forEach(
        stored.filter((key) => key.purpose === purpose),
        unwrapped,
        { concurrency: requestsMax }
      )
    const fields = new Map(yield* of("field"))
    const [index] = yield* of("index")
    const number = Math.max(...fields.keys())
    const key = fields.get(number)
    if (key === undefined || index === undefined)
      return yield* Effect.fail(new KeysUnavailable({ reason: "the data keys of the tenant were not kept" }))
    const keys: TenantKeys = { fields, newest: { number, head: headOf(number), key }, index: index[1] }
    return keys
  })

  const known = yield* Cache.makeWith(load, {
    capacity: tenantsMax,
    timeToLive: (exit) => (Exit.isSuccess(exit) ? ageMax : 0)
  })

  /** The keys of a tenant, read anew where nobody has done so since these were. */
  const newerThan = (tenant: TenantId, keys: TenantKeys) =>
    Effect.andThen(
      Cache.invalidateWhen(known, tenant, (present) => present === keys),
      Cache.get(known, tenant)
    )

  const fieldKey = Effect.fnUntraced(function* (tenant: TenantId, number: number) {
    const keys = yield* Cache.get(known, tenant)
    const again = keys.fields.has(number) ? keys : yield* newerThan(tenant, keys)
    return again.fields.get(number) ?? (yield* Effect.die(new Error(`there is no data key ${number} of ${tenant}`)))
  })

  return FieldCipher.of({
    encrypt: (tenant, place, plain) =>
      Effect.map(Cache.get(known, tenant), ({ newest }) => seal(newest.key, newest.head, `${tenant} ${place}`, plain)),
    decrypt: Effect.fnUntraced(function* (tenant, place, sealed) {
      const key = yield* fieldKey(tenant, yield* Effect.sync(() => numberIn(sealed)))
      return yield* Effect.sync(() => open(key, headBytes, `${tenant} ${place}`, sealed))
    }),
    blindIndex: (tenant, purpose, text) =>
      Effect.map(Cache.get(known, tenant), ({ index }) =>
        createHmac("sha256", index).update(`${purpose.length}:${purpose}${text}`).digest()
      ),
    rotate: Effect.fn("FieldCipher.rotate")(function* (tenant) {
      // From what is stored, so that keys of other processes count too.
      const keys = yield* Cache.refresh(known, tenant)
      yield* add(tenant, "field", keys.newest.number + 1)
      yield* newerThan(tenant, keys)
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
