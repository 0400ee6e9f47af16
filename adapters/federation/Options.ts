/** An identity provider at which users may log in, by OpenID Connect (Core and Discovery 1.0). */
export interface ProviderOptions {
  /** Names it in addresses: lower-case letters, digits and hyphens. */
  readonly name: string
  /** What people read: `Google`. */
  readonly title: string
  /**
   * Its issuer, `https://accounts.google.com`. That of Microsoft's many tenants is
   * `https://login.microsoftonline.com/organizations/v2.0` (or `common`): a token's issuer then names its tenant, and no
   * address in it counts as verified, for whoever runs a tenant writes into it what they like.
   */
  readonly issuer: string
  readonly clientId: string
  /** None for a public client, which PKCE alone protects. */
  readonly clientSecret?: string
  /** `openid email profile` unless given; `openid` is always asked for. */
  readonly scopes?: ReadonlyArray<string>
  /** Whether what it says of an address's being verified is believed; true unless given. */
  readonly verifiesEmail?: boolean
}

/** The providers, and where browsers come back to. */
export interface FederationOptions {
  readonly providers: ReadonlyArray<ProviderOptions>
  /** The address of this bank that a provider's name is added to: `https://bank.example/login/federated`. */
  readonly callbackBase: string
  /** How long one request to a provider may take; 5 seconds unless given. */
  readonly timeoutMs?: number
}

/** The address that a provider sends browsers back to. A provider of its own, so that none answers for another. */
export const redirectUriOf = ({ callbackBase }: FederationOptions, provider: string): string =>
  `${callbackBase.replace(/\/+$/u, "")}/${provider}`
