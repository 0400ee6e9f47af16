/** What an app decides about its OpenID provider, and the names that stay the same everywhere. */

/** The bank's API as a resource (RFC 8707): what tokens are for where a client names no other. */
export const bankResource = "urn:gophers-bank:api"

export interface OidcOptions {
  /** The provider's address as clients know it, such as `https://login.bank.example`. */
  readonly issuer: string
  /** The `aud` of access tokens for the bank's API. */
  readonly audience: string
  /** Secrets of at least 32 characters that sign cookies: the first signs, the others still verify. The same everywhere. */
  readonly cookieKeys: readonly [string, ...ReadonlyArray<string>]
  /** Where the bank's own app is sent back to; none where it shows its own login. */
  readonly appRedirectUris: ReadonlyArray<string>
  readonly appPostLogoutRedirectUris?: ReadonlyArray<string>
  /** How long an access token lives: 300 unless told, at most 600. */
  readonly accessTokenSeconds?: number
  /** How long a refresh token lives without being used: 14 days unless told. */
  readonly refreshTokenSeconds?: number
  /** Requests that one address may make in a minute, all at once too; 600 unless told. */
  readonly requestsPerMinuteMax?: number
  /** Whose request it is, by its `X-Forwarded-For` and the peer of its connection: the peer's unless given. */
  readonly addressOf?: (forwardedFor: string | undefined, peer: string | undefined) => string | undefined
}

/** The options with what is usual in place of what was not said. */
export interface OidcTerms {
  readonly issuer: string
  readonly audience: string
  readonly cookieKeys: readonly [string, ...ReadonlyArray<string>]
  readonly appRedirectUris: ReadonlyArray<string>
  readonly appPostLogoutRedirectUris: ReadonlyArray<string>
  readonly accessTokenSeconds: number
  readonly refreshTokenSeconds: number
  readonly requestsPerMinuteMax: number
  readonly addressOf: (forwardedFor: string | undefined, peer: string | undefined) => string | undefined
  readonly isHttps: boolean
}

const accessTokenSecondsMax = 600

export const termsOf = (options: OidcOptions): OidcTerms => {
  const { issuer, cookieKeys, accessTokenSeconds = 300 } = options
  const { origin, protocol } = new URL(issuer)
  if (issuer !== origin) throw new RangeError("an issuer is a scheme, a host and a port, without a slash at the end")
  if (cookieKeys.some((key) => key.length < 32)) throw new RangeError("a cookie key has at least 32 characters")
  if (accessTokenSeconds > accessTokenSecondsMax)
    throw new RangeError(`an access token lives ${accessTokenSecondsMax} s`)
  return {
    appPostLogoutRedirectUris: [],
    refreshTokenSeconds: 14 * 86_400,
    requestsPerMinuteMax: 600,
    addressOf: (_, peer) => peer,
    ...options,
    accessTokenSeconds,
    isHttps: protocol === "https:"
  }
}
