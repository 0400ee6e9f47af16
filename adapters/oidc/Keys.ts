/** The key ring's keys as the provider takes them. */
import { Schema } from "effect"
import type { SigningKey } from "../../application/ports/Tokens.ts"

const ProviderJwk = Schema.Struct({
  kid: Schema.String,
  alg: Schema.Literals(["ES256", "EdDSA"]),
  kty: Schema.String,
  crv: Schema.String,
  x: Schema.String,
  y: Schema.optionalKey(Schema.String),
  d: Schema.String
})

/** A private key; the one that signs comes first. */
export type ProviderJwk = typeof ProviderJwk.Type & { readonly use: "sig" }

const decode = Schema.decodeUnknownSync(ProviderJwk)

/** A key that is none is a defect: the ring made it. */
export const providerJwk = ({ kid, jwk }: SigningKey): ProviderJwk => ({ ...decode({ ...jwk, kid }), use: "sig" })
