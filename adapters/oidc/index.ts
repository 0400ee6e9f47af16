/**
 * The bank's OAuth 2 and OpenID Connect provider, on a port of its own:
 *
 * ```ts
 * const { handler } = yield* OidcProvider
 * createServer(handler).listen(8081)
 * ```
 *
 * What an app of a third party has to know, beside discovery: PKCE with S256 always; a confidential app pushes its requests
 * (RFC 9126); `offline_access` needs `prompt=consent`; each refresh token is good once, and one that comes again ends all
 * of its grant; a DPoP proof needs the nonce that `use_dpop_nonce` brings. Tokens for the bank's API are JWTs of RFC 9068
 * that live for minutes and are neither introspected nor revoked: they end with the session that they name.
 */
export { layer, OidcProvider, type OidcServices } from "./OidcProvider.ts"
export { bankResource, type OidcOptions } from "./Options.ts"
