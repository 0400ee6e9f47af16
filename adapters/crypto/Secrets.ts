import { createHash, randomBytes, randomInt } from "node:crypto"
import { Effect, Layer } from "effect"
import { Secrets } from "../../application/ports/Crypto.ts"

/** Crockford's base32: no letter is taken for a digit or another letter. */
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

/** Secrets from the system's random source. */
export const layer: Layer.Layer<Secrets> = Layer.succeed(
  Secrets,
  Secrets.of({
    token: Effect.sync(() => randomBytes(32).toString("base64url")),
    // `randomInt` draws anew where a remainder would favour small numbers.
    digits: (length) => Effect.sync(() => Array.from({ length }, () => randomInt(10)).join("")),
    recoveryCode: Effect.sync(() =>
      Array.from(randomBytes(16), (byte) => alphabet.charAt(byte % alphabet.length))
        .join("")
        .replaceAll(/(.{4})(?=.)/gu, "$1-")
    ),
    digest: (text) => createHash("sha256").update(text).digest("hex")
  })
)
