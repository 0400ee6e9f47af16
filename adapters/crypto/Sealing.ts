/** AES-256-GCM (NIST SP 800-38D) with a random nonce of 96 bits: nonce, ciphertext, tag of 128 bits. */
import { createCipheriv, createDecipheriv, randomFillSync } from "node:crypto"

const algorithm = "aes-256-gcm"

/** Bytes of a key. */
export const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16

/** Bytes that sealing adds. */
export const overheadBytes = nonceBytes + tagBytes

/**
 * Seals into `head`, which stands before the result and is authenticated with `context`. One key seals less than 2³² values:
 * beyond, two nonces may meet.
 */
export const seal = (key: Uint8Array, head: Uint8Array, context: string, plain: Uint8Array): Uint8Array => {
  const sealed = Buffer.allocUnsafe(head.length + overheadBytes + plain.length)
  sealed.set(head)
  const nonce = sealed.subarray(head.length, head.length + nonceBytes)
  randomFillSync(nonce)
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
  cipher.setAAD(head).setAAD(Buffer.from(context))
  sealed.set(cipher.update(plain), head.length + nonceBytes)
  cipher.final()
  sealed.set(cipher.getAuthTag(), sealed.length - tagBytes)
  return sealed
}

/** Opens what was sealed with the same key and context behind a head of this length; throws where any of it differs. */
export const open = (key: Uint8Array, headBytes: number, context: string, sealed: Uint8Array): Uint8Array => {
  if (sealed.length < headBytes + overheadBytes) throw new RangeError("a sealed value is too short")
  const textAt = headBytes + nonceBytes
  const tagAt = sealed.length - tagBytes
  const nonce = sealed.subarray(headBytes, textAt)
  const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
  decipher.setAAD(sealed.subarray(0, headBytes)).setAAD(Buffer.from(context))
  decipher.setAuthTag(sealed.subarray(tagAt))
  const plain = decipher.update(sealed.subarray(textAt, tagAt))
  decipher.final()
  return plain
}
