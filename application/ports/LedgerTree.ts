import { Context, type Effect, Schema } from "effect"
import type { LedgerId, TransactionId } from "../../domain/ids/index.ts"
import type { Rejection } from "../../domain/ledger/index.ts"
import type { Sha256, Tile, TreeHead } from "../../domain/proofs/index.ts"
import type { LedgerUnavailable } from "./Ledger.ts"

/** A tree's size and root, which nobody has signed yet. */
export type Root = Pick<TreeHead.TreeHead, "treeSize" | "rootHash">

/** An older ledger's transactions are still being put into its tree; ask again after a moment. */
export class LedgerTreeUnfinished extends Schema.TaggedError<LedgerTreeUnfinished>()("LedgerTreeUnfinished", {}) {}

type Read<A, E = never> = Effect.Effect<A, E | LedgerUnavailable>

/**
 * The Merkle tree over one ledger's transactions, in the order of their booking, as it was when they were committed:
 * what it gives are stored hashes, not ones worked out of the transactions when asked.
 */
export class LedgerTree extends Context.Service<
  LedgerTree,
  {
    readonly ledgerId: LedgerId
    /** SHA-256 as this process does it fastest. */
    readonly sha256: Sha256
    /** The tree after the last committed batch. */
    readonly root: Read<Root>
    /** The leaf of a transaction, counted from 0. */
    readonly leafIndex: (id: TransactionId) => Read<number, Rejection.TransactionNotFound | LedgerTreeUnfinished>
    /** The tiles that there are among these, full ones or as full as they are. */
    readonly tiles: (ids: ReadonlyArray<Tile.TileId>) => Read<Tile.TileSource>
    /** The head of exactly this size that was signed with the bank's present key, if one is kept. */
    readonly head: (treeSize: number) => Read<TreeHead.SignedTreeHead | undefined>
    /** Keeps a signed head for ever; gives the one that was kept first for this size. */
    readonly keep: (signed: TreeHead.SignedTreeHead) => Read<TreeHead.SignedTreeHead>
  }
>()("bank/application/ports/LedgerTree") {}
