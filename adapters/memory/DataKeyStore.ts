import { Effect, Layer } from "effect"
import { DataKeyStore, type WrappedKey } from "../../application/ports/Crypto.ts"

/** Wrapped data keys in a plain list. */
export const layer: Layer.Layer<DataKeyStore> = Layer.sync(DataKeyStore, () => {
  const keys: Array<WrappedKey> = []
  const placeOf = ({ tenant, purpose, number }: WrappedKey): number =>
    keys.findIndex((key) => key.tenant === tenant && key.purpose === purpose && key.number === number)
  return DataKeyStore.of({
    of: (tenant) =>
      Effect.sync(() => keys.filter((key) => key.tenant === tenant).sort((left, right) => left.number - right.number)),
    add: (key) =>
      Effect.sync(() => {
        if (placeOf(key) >= 0) return false
        keys.push(key)
        return true
      }),
    rewrap: (key) =>
      Effect.sync(() => {
        const place = placeOf(key)
        if (place >= 0) keys[place] = key
      })
  })
})
