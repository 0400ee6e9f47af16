import { Effect, Schema } from "effect"
import { TreeHead } from "../../domain/proofs/index.ts"
import { HeadSigner } from "../ports/HeadSigner.ts"

/** The key that verifies the bank's tree heads: Ed25519 (RFC 8032), 64 hexadecimal digits. */
export const PublicKey = Schema.Struct({ algorithm: Schema.Literals(["Ed25519"]), publicKey: TreeHead.PublicKey })
export type PublicKey = typeof PublicKey.Type

/** The bank's public key. It never fails. */
export const getPublicKey = Effect.fn("proofs.key")(function* () {
  const { publicKey } = yield* HeadSigner
  return { algorithm: "Ed25519", publicKey } satisfies PublicKey
})
