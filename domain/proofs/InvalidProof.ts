import { Schema } from "effect"

/**
 * Why a proof proves nothing:
 * - `size`: it is about a leaf that the tree has not, or about another size than that of the tree head it came with;
 * - `ledger`: the two tree heads are of different ledgers;
 * - `leaf`: the transaction is not the one that was recorded;
 * - `path`: its hashes do not lead to the root, or are too many or too few;
 * - `signature`: the tree head was not signed with that key.
 */
export class InvalidProof extends Schema.TaggedError<InvalidProof>()("InvalidProof", {
  reason: Schema.Literals(["size", "ledger", "leaf", "path", "signature"])
}) {}

/** No proof can be made: the tree of `treeSize` leaves does not reach to `position`, a leaf's place or an earlier size. */
export class OutOfTree extends Schema.TaggedError<OutOfTree>()("OutOfTree", {
  position: Schema.Number,
  treeSize: Schema.Number
}) {}
