/**
 * The hashes of a Merkle tree as RFC 9162 §2.1.1 (and RFC 6962 §2.1 before it) defines them, with SHA-256.
 *
 * Leaves and nodes are hashed with different first bytes, so that no node can be passed off as a leaf.
 */
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js"
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js"
import { Schema, SchemaTransformation } from "effect"

/** SHA-256 (FIPS 180-4) of bytes. An implementation must not keep or change the bytes that it is given. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array

/** SHA-256 in plain TypeScript, for browsers; a server passes its platform's native one for speed. */
export const sha256: Sha256 = (bytes) => nobleSha256(bytes)

/** The first byte of what is hashed for a leaf. */
export const leafPrefix = 0x00

/** The first byte of what is hashed for a node. */
export const nodePrefix = 0x01

/** Bytes of a hash. */
export const byteLength = 32

/**
 * Exactly `length` bytes, on the wire as lower-case hexadecimal digits. Hexadecimal, because each value then has one
 * text only: base64 has spare bits, and a text that was altered in them would still be accepted.
 */
export const hexBytes = (length: number) =>
  Schema.String.check(
    Schema.isPattern(new RegExp(`^[0-9a-f]{${length * 2}}$`, "u"), {
      expected: `${length * 2} lower-case hexadecimal digits`
    })
  ).pipe(
    Schema.decodeTo(
      Schema.Uint8Array.check(Schema.isBetweenLength(length, length)),
      SchemaTransformation.transform<Uint8Array, string>({ decode: hexToBytes, encode: bytesToHex })
    )
  )

/** 32 bytes of SHA-256, on the wire as 64 lower-case hexadecimal digits. */
export const Hash = hexBytes(byteLength)
export type Hash = typeof Hash.Type

/** Whether two hashes are the same. Hashes are public, so it takes no care to take constant time. */
export const equals = (left: Uint8Array, right: Uint8Array): boolean =>
  left.length === right.length && left.every((byte, index) => byte === right[index])

/** The hash of the empty tree: SHA-256 of nothing. */
export const ofNothing = (hasher: Sha256 = sha256): Hash => hasher(new Uint8Array(0))

/** The hash of a leaf: SHA-256(0x00 ‖ leaf). */
export const ofLeaf = (leaf: Uint8Array, hasher: Sha256 = sha256): Hash => {
  const bytes = new Uint8Array(1 + leaf.length)
  bytes[0] = leafPrefix
  bytes.set(leaf, 1)
  return hasher(bytes)
}

/** The hash of a node above two others: SHA-256(0x01 ‖ left ‖ right). */
export const ofNode = (left: Uint8Array, right: Uint8Array, hasher: Sha256 = sha256): Hash => {
  const bytes = new Uint8Array(1 + left.length + right.length)
  bytes[0] = nodePrefix
  bytes.set(left, 1)
  bytes.set(right, 1 + left.length)
  return hasher(bytes)
}

/**
 * The hash of the tree above adjoining perfect subtrees, each smaller than the one to its left; of none, that of the
 * empty tree.
 */
export const ofSubtrees = (hashes: ReadonlyArray<Uint8Array>, hasher: Sha256 = sha256): Hash => {
  const last = hashes.at(-1)
  return last === undefined
    ? ofNothing(hasher)
    : hashes.slice(0, -1).reduceRight<Uint8Array>((right, left) => ofNode(left, right, hasher), last)
}
