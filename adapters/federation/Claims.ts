/** What a provider's tokens say, after the library has checked issuer, audience, authorized party, nonce and signature. */
import { decodeProtectedHeader } from "jose"
import * as client from "openid-client"
import type { FederatedUser } from "../../application/ports/Outside.ts"
import type { ProviderOptions } from "./Options.ts"

/** Signatures that count. Whatever else a provider offers is refused, `none` and shared secrets first of all. */
const algorithms = new Set(["ES256", "RS256", "PS256", "EdDSA", "Ed25519"])

/** The provider answered, and what it answered does not prove who it is. */
export class Unproven extends Error {
  override readonly name = "Unproven"
}

const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined)

type Tokens = Awaited<ReturnType<typeof client.authorizationCodeGrant>>

const checkAlgorithm = ({ id_token }: Tokens): void => {
  const alg = id_token === undefined ? undefined : decodeProtectedHeader(id_token).alg
  if (alg === undefined || !algorithms.has(alg)) throw new Unproven("an id token's signature of another kind")
}

/**
 * Who logged in. The address comes from the id token, or from where the provider tells of its users if it is not in there
 * (5.3 of OpenID Connect Core), which must be the same user's.
 */
export const userOf = async (
  configuration: client.Configuration,
  options: ProviderOptions,
  tokens: Tokens
): Promise<FederatedUser> => {
  checkAlgorithm(tokens)
  const claims = tokens.claims()
  if (claims === undefined) throw new Unproven("no id token")
  // The library looks at it where there are several audiences only.
  if (claims.azp !== undefined && claims.azp !== options.clientId) throw new Unproven("another authorized party")
  const { issuer, userinfo_endpoint } = configuration.serverMetadata()
  const asks = text(claims.email) === undefined && userinfo_endpoint !== undefined
  const told = asks ? await client.fetchUserInfo(configuration, tokens.access_token, claims.sub) : claims
  const [email, name] = [text(told.email), text(told.name) ?? text(claims.name)]
  // One provider of many tenants: each writes what it likes into its users' addresses.
  const isManyTenants = claims.iss !== issuer
  return {
    issuer: claims.iss,
    subject: claims.sub,
    ...(email === undefined ? {} : { email }),
    emailVerified: told.email_verified === true && !isManyTenants && options.verifiesEmail !== false,
    ...(name === undefined ? {} : { name })
  }
}
