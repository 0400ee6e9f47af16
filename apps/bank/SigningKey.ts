import { randomBytes } from "node:crypto"
import { Effect, type Layer, Option } from "effect"
import { HeadSigner } from "../../adapters/signing/index.ts"
import type { HeadSigner as Signer } from "../../application/ports/HeadSigner.ts"
import { dataDirOf } from "./Database.ts"
import { keptSecret } from "./KeptSecret.ts"
import type { Settings } from "./Settings.ts"

const make = (): string => randomBytes(32).toString("hex")

/**
 * Signs tree heads with the key of the settings, or with a development key. Beside a database of its own that key is kept;
 * else it lasts as long as this process, and so do the proofs that are verified with it.
 */
export const signer = (from: Settings): Effect.Effect<Layer.Layer<Signer>> => {
  const key = Option.match(from.signingKey, {
    onSome: Effect.succeed,
    onNone: () =>
      Option.isSome(from.databaseUrl)
        ? Effect.sync(make)
        : keptSecret(`${dataDirOf(from)}/signing-key`, /^[0-9a-f]{64}$/u, make)
  })
  return Effect.map(key, (hex) => HeadSigner.layer(Buffer.from(hex, "hex")))
}
