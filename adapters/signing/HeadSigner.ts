import { Effect, Layer } from "effect"
import { HeadSigner } from "../../application/ports/HeadSigner.ts"
import { TreeHead } from "../../domain/proofs/index.ts"

/** Signs in this process with an Ed25519 secret key of 32 bytes (RFC 8032 §5.1.5). */
export const layer = (secretKey: Uint8Array): Layer.Layer<HeadSigner> =>
  Layer.sync(HeadSigner, () =>
    HeadSigner.of({
      publicKey: TreeHead.publicKeyOf(secretKey),
      sign: (head) => Effect.sync(() => TreeHead.sign(head, secretKey))
    })
  )
