import { Clock, Effect, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { HeadSigner } from "../ports/HeadSigner.ts"
import { LedgerTree } from "../ports/LedgerTree.ts"

export const GetTreeHead = Schema.Struct({})

/**
 * The signed head of the ledger's tree as it is now. A size is signed once: asked again before anything was booked, the
 * answer is the same, its time too. Errors: LedgerUnavailable.
 */
export const getTreeHead = Effect.fn("proofs.head")(function* () {
  const tree = yield* LedgerTree
  const { treeSize, rootHash } = yield* tree.root
  const kept = yield* tree.head(treeSize)
  if (kept !== undefined) return kept
  const signer = yield* HeadSigner
  const timestamp = Instant.fromMillis(yield* Clock.currentTimeMillis)
  return yield* tree.keep(yield* signer.sign({ ledgerId: tree.ledgerId, treeSize, rootHash, timestamp }))
})
