/** The keys of tokens as JSON Web Keys (RFC 7517, 7518, 8037): ES256 on P-256, EdDSA on Ed25519, and no other. */
import { Schema } from "effect"
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from "jose"

/** The algorithms that a token or a proof may be signed by. */
export const Algorithm = Schema.Literals(["ES256", "EdDSA"])
export type Algorithm = typeof Algorithm.Type

/** Base64url of 32 bytes. */
const Bytes32 = Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_-]{43}$/u))

/** The public part of a key; whatever else a key has is not read. */
export const PublicJwk = Schema.Union([
  Schema.Struct({ kty: Schema.Literal("EC"), crv: Schema.Literal("P-256"), x: Bytes32, y: Bytes32 }),
  Schema.Struct({ kty: Schema.Literal("OKP"), crv: Schema.Literal("Ed25519"), x: Bytes32 })
])
export type PublicJwk = typeof PublicJwk.Type

/** The one algorithm that a key signs by. */
export const algorithmOf = ({ kty }: PublicJwk): Algorithm => (kty === "EC" ? "ES256" : "EdDSA")

/** A new private key with its name, the thumbprint of RFC 7638. */
export const generate = async (alg: Algorithm): Promise<{ readonly kid: string; readonly jwk: JWK }> => {
  const { privateKey } = await generateKeyPair(alg, { extractable: true })
  const key = await exportJWK(privateKey)
  const kid = await calculateJwkThumbprint(key)
  return { kid, jwk: { ...key, kid, alg, use: "sig" } }
}
