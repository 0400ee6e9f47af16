/** What this folder's tests share: fresh databases, and ids, for an adapter does not import its sibling. */
import { Effect, Layer } from "effect"
import { HeadSigner } from "../../application/ports/HeadSigner.ts"
import { Ids } from "../../application/ports/Ids.ts"
import { TypedId } from "../../domain/ids/index.ts"
import { TreeHead } from "../../domain/proofs/index.ts"
import { createDatabase } from "../../infra/testing/postgres.ts"
import * as Migrator from "./Migrator.ts"
import * as Postgres from "./Postgres.ts"

export const idsForTests: Layer.Layer<Ids> = Layer.sync(Ids, () => {
  let count = 0
  return Ids.of({
    next: (millis) => {
      const random = crypto.getRandomValues(new Uint8Array(TypedId.randomByteLength))
      // Ids of one millisecond ascend by a count in the bytes that come first and are used whole.
      random.fill(0, 0, 3)
      new DataView(random.buffer).setUint32(3, ++count)
      return TypedId.uuidV7(millis, random)
    }
  })
})

const secretKey = new Uint8Array(32).fill(7)

/** Signs with a key that everybody knows. */
export const signerForTests: Layer.Layer<HeadSigner> = Layer.succeed(
  HeadSigner,
  HeadSigner.of({
    publicKey: TreeHead.publicKeyOf(secretKey),
    sign: (head) => Effect.succeed(TreeHead.sign(head, secretKey))
  })
)

/** Connections to a database that has the schema of this version. */
export const migrated = (url: string, options: Omit<Postgres.PostgresOptions, "url"> = {}) =>
  Layer.provideMerge(Migrator.layer, Postgres.layer({ url, ...options }))

export { createDatabase }
