import { randomBytes } from "node:crypto"
import { mkdir, readFile, writeFile } from "node:fs/promises"
import { dirname } from "node:path"
import { Effect, type Layer, Option } from "effect"
import { HeadSigner } from "../../adapters/signing/index.ts"
import type { HeadSigner as Signer } from "../../application/ports/HeadSigner.ts"
import { dataDirOf } from "./Database.ts"
import type { Settings } from "./Settings.ts"

/**
 * The development key that an earlier start left in `file`, or a new one that is kept there, readable by its owner only.
 * Without a file it lasts as long as this process, and so do the proofs that are verified with it.
 */
const keepKey = (file: string | undefined): Effect.Effect<string> =>
  Effect.promise(async () => {
    const key = randomBytes(32).toString("hex")
    if (file === undefined) return key
    await mkdir(dirname(file), { recursive: true })
    const kept = await readFile(file, "utf8").catch(() => "")
    if (/^[0-9a-f]{64}$/u.test(kept.trim())) return kept.trim()
    await writeFile(file, `${key}\n`, { mode: 0o600 })
    return key
  })

/** Signs tree heads with the key of the settings, or with a development key. */
export const signer = (from: Settings): Effect.Effect<Layer.Layer<Signer>> => {
  const file = Option.isSome(from.databaseUrl) ? undefined : `${dataDirOf(from)}/signing-key`
  const key = Option.match(from.signingKey, { onSome: Effect.succeed, onNone: () => keepKey(file) })
  return Effect.map(key, (hex) => HeadSigner.layer(Buffer.from(hex, "hex")))
}
