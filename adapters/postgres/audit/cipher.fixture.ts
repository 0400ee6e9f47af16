/** A cipher for tests, for an adapter does not import its sibling: AES-256-GCM under a key that everybody knows. */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto"
import { Effect, Layer } from "effect"
import { FieldCipher } from "../../../application/ports/Crypto.ts"

const key = Buffer.alloc(32, 7)
const ivLength = 12
const tagLength = 16

export const cipherForTests: Layer.Layer<FieldCipher> = Layer.succeed(
  FieldCipher,
  FieldCipher.of({
    encrypt: (tenant, place, plain) =>
      Effect.sync(() => {
        const iv = randomBytes(ivLength)
        const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(Buffer.from(`${tenant} ${place}`))
        return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
      }),
    decrypt: (tenant, place, sealed) =>
      Effect.sync(() => {
        const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, ivLength))
          .setAAD(Buffer.from(`${tenant} ${place}`))
          .setAuthTag(sealed.subarray(-tagLength))
        return Buffer.concat([decipher.update(sealed.subarray(ivLength, -tagLength)), decipher.final()])
      }),
    blindIndex: () => Effect.die(new Error("the audit log has no blind index")),
    rotate: () => Effect.die(new Error("the audit log rotates no key"))
  })
)
