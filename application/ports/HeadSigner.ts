import { Context, type Effect } from "effect"
import type { TreeHead } from "../../domain/proofs/index.ts"

/** Signs tree heads with the bank's key, wherever that is kept. */
export class HeadSigner extends Context.Service<
  HeadSigner,
  {
    /** What everybody verifies the bank's heads with. */
    readonly publicKey: TreeHead.PublicKey
    readonly sign: (head: TreeHead.TreeHead) => Effect.Effect<TreeHead.SignedTreeHead>
  }
>()("bank/application/ports/HeadSigner") {}
