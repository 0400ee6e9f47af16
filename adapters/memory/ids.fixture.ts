import { Layer } from "effect"
import { Ids } from "../../application/ports/Ids.ts"
import { TypedId } from "../../domain/ids/index.ts"

/** Ids that count up, for this folder's tests: an adapter does not import its sibling. */
export const idsForTests: Layer.Layer<Ids> = Layer.sync(Ids, () => {
  let count = 0
  return Ids.of({
    next: (millis) => {
      const random = new Uint8Array(TypedId.randomByteLength)
      new DataView(random.buffer).setUint32(6, ++count)
      return TypedId.uuidV7(millis, random)
    }
  })
})
