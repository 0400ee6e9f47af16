/** What this folder's tests share: fresh databases, and ids, for an adapter does not import its sibling. */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto"
import { Effect, Layer } from "effect"
import { FieldCipher } from "../../application/ports/Crypto.ts"
import { HeadSigner } from "../../application/ports/HeadSigner.ts"
import { Ids } from "../../application/ports/Ids.ts"
import { Terms } from "../../application/ports/Terms.ts"
import { Permission, TenantId } from "../../domain/identity/index.ts"
import { LedgerId, TypedId } from "../../domain/ids/index.ts"
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

/** The bank that the tests are of. */
export const termsForTests: Layer.Layer<Terms> = Layer.succeed(
  Terms,
  Terms.of({ ...Permission.termsUsual, tenant: TenantId.make("bank") })
)

const algorithm = "aes-256-gcm"
const [nonceLength, tagLength] = [12, 16]

/** Encrypts with a key that everybody knows: nonce, tag and text, bound to tenant and place. */
export const cipherForTests: Layer.Layer<FieldCipher> = Layer.succeed(
  FieldCipher,
  FieldCipher.of({
    encrypt: (tenant, place, plain) =>
      Effect.sync(() => {
        const nonce = randomBytes(nonceLength)
        const cipher = createCipheriv(algorithm, secretKey, nonce).setAAD(Buffer.from(`${tenant} ${place}`))
        const text = Buffer.concat([cipher.update(plain), cipher.final()])
        return Buffer.concat([nonce, cipher.getAuthTag(), text])
      }),
    decrypt: (tenant, place, sealed) =>
      Effect.sync(() => {
        const decipher = createDecipheriv(algorithm, secretKey, sealed.subarray(0, nonceLength))
          .setAAD(Buffer.from(`${tenant} ${place}`))
          .setAuthTag(sealed.subarray(nonceLength, nonceLength + tagLength))
        return Buffer.concat([decipher.update(sealed.subarray(nonceLength + tagLength)), decipher.final()])
      }),
    blindIndex: (tenant, purpose, text) =>
      Effect.sync(() =>
        createHmac("sha256", secretKey)
          .update(JSON.stringify([tenant, purpose, text]))
          .digest()
      ),
    rotate: () => Effect.void
  })
)

/** A ledger that no other test has. */
export const newLedger = (): LedgerId =>
  LedgerId.make(TypedId.fromBytes("led", crypto.getRandomValues(new Uint8Array(16))))

/** Connections to a database that has the schema of this version. */
export const migrated = (url: string, options: Omit<Postgres.PostgresOptions, "url"> = {}) =>
  Layer.provideMerge(Migrator.layer, Postgres.layer({ url, ...options }))

export { createDatabase }
