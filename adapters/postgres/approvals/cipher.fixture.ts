/** A cipher for tests, under a key that everybody knows: real encryption, bound to its place. */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto"
import { Effect, Layer } from "effect"
import { FieldCipher } from "../../../application/ports/Crypto.ts"

const key = Buffer.alloc(32, 7)
const nonceBytes = 12
const tagBytes = 16

const boundTo = (tenant: string, place: string): Buffer => Buffer.from(JSON.stringify([tenant, place]))

export const cipherForTests: Layer.Layer<FieldCipher> = Layer.succeed(
  FieldCipher,
  FieldCipher.of({
    encrypt: (tenant, place, plain) =>
      Effect.sync(() => {
        const nonce = randomBytes(nonceBytes)
        const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(boundTo(tenant, place))
        const sealed = Buffer.concat([cipher.update(plain), cipher.final()])
        return Buffer.concat([nonce, cipher.getAuthTag(), sealed])
      }),
    decrypt: (tenant, place, sealed) =>
      Effect.sync(() => {
        const [nonce, rest] = [sealed.subarray(0, nonceBytes), sealed.subarray(nonceBytes)]
        const decipher = createDecipheriv("aes-256-gcm", key, nonce).setAAD(boundTo(tenant, place))
        decipher.setAuthTag(rest.subarray(0, tagBytes))
        return Buffer.concat([decipher.update(rest.subarray(tagBytes)), decipher.final()])
      }),
    blindIndex: (tenant, purpose, text) =>
      Effect.sync(() => createHmac("sha256", key).update(boundTo(tenant, purpose)).update(text).digest()),
    rotate: () => Effect.void
  })
)
