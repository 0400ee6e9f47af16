/** Tree heads: what a ledger's Merkle tree was at a moment, signed by the bank with Ed25519 (RFC 8032). */
import { ed25519 } from "@noble/curves/ed25519.js"
import { Result, Schema } from "effect"
import { Instant } from "../calendar/index.ts"
import { LedgerId } from "../ids/index.ts"
import { Bytes } from "./Bytes.ts"
import * as Consistency from "./Consistency.ts"
import { Hash, hexBytes, type Sha256, sha256 } from "./Hash.ts"
import { InvalidProof } from "./InvalidProof.ts"
import { Size } from "./Size.ts"

/** The first `treeSize` transactions of a ledger had this root at this time. */
export const TreeHead = Schema.Struct({
  ledgerId: LedgerId,
  treeSize: Size,
  rootHash: Hash,
  timestamp: Instant.Instant
})
export type TreeHead = typeof TreeHead.Type

const publicKeyByteLength = 32
const signatureByteLength = 64

/** An Ed25519 public key: 32 bytes, on the wire as 64 lower-case hexadecimal digits. */
export const PublicKey = hexBytes(publicKeyByteLength)
export type PublicKey = typeof PublicKey.Type

/** An Ed25519 signature: 64 bytes, on the wire as 128 lower-case hexadecimal digits. */
export const Signature = hexBytes(signatureByteLength)
export type Signature = typeof Signature.Type

/** A tree head and the bank's signature of its canonical bytes. */
export const SignedTreeHead = Schema.Struct({ head: TreeHead, signature: Signature })
export type SignedTreeHead = typeof SignedTreeHead.Type

// Names what is signed, so that a signature made with the same key for another purpose is never one of a tree head.
const label = "gophers-bank tree head 1"

/**
 * The canonical bytes that are signed, 88 of them, numbers big-endian: the ASCII text `gophers-bank tree head 1` (24),
 * the UUID of `ledgerId` (16), `treeSize` (8), `timestamp` in milliseconds since 1970-01-01T00:00:00Z (8, two's
 * complement), `rootHash` (32). A signer that holds its key elsewhere signs these.
 */
export const bytesOf = (head: TreeHead): Uint8Array =>
  new Bytes().ascii(label).uuid(head.ledgerId).int64(head.treeSize).int64(head.timestamp).raw(head.rootHash).written()

/** The public key of a secret one, which is 32 secret random bytes (RFC 8032 §5.1.5). */
export const publicKeyOf = (secretKey: Uint8Array): PublicKey => ed25519.getPublicKey(secretKey)

/** Signs the head with a secret key of 32 bytes. The same head and key always give the same signature. */
export const sign = (head: TreeHead, secretKey: Uint8Array): SignedTreeHead => ({
  head,
  signature: ed25519.sign(bytesOf(head), secretKey)
})

/** Whether the head was signed with the public key's secret one. Fails with `InvalidProof`: `signature`. */
export const verify = (signed: SignedTreeHead, publicKey: PublicKey): Result.Result<TreeHead, InvalidProof> =>
  // As RFC 8032 and FIPS 186-5 have it; ZIP 215 would accept encodings that other verifiers refuse.
  publicKey.length === publicKeyByteLength &&
  signed.signature.length === signatureByteLength &&
  ed25519.verify(signed.signature, bytesOf(signed.head), publicKey, { zip215: false })
    ? Result.succeed(signed.head)
    : Result.fail(new InvalidProof({ reason: "signature" }))

/**
 * Verifies that both heads were signed and that the later one's ledger extends the earlier one's: nothing was changed,
 * removed or put between. Fails with `InvalidProof`, first wins: `ledger`, `size`, `path`, `signature`.
 */
export const verifyExtension = (
  proof: Consistency.ConsistencyProof,
  earlier: SignedTreeHead,
  later: SignedTreeHead,
  publicKey: PublicKey,
  hasher: Sha256 = sha256
): Result.Result<TreeHead, InvalidProof> => {
  if (earlier.head.ledgerId !== later.head.ledgerId) return Result.fail(new InvalidProof({ reason: "ledger" }))
  if (proof.sizeEarlier !== earlier.head.treeSize || proof.sizeLater !== later.head.treeSize)
    return Result.fail(new InvalidProof({ reason: "size" }))
  return Result.gen(function* () {
    yield* Consistency.verify(proof, earlier.head.rootHash, later.head.rootHash, hasher)
    yield* verify(earlier, publicKey)
    return yield* verify(later, publicKey)
  })
}
