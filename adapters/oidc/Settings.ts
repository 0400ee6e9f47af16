/** What the provider is told: which of the standards it offers, for how long, and whom it asks. */
import { createHash } from "node:crypto"
import type { Client, Configuration, KoaContextWithOIDC } from "oidc-provider"
import { errors } from "oidc-provider"
import { appClient } from "../../application/ports/Tokens.ts"
import type { Role, TenantId } from "../../domain/identity/index.ts"
import { scopes } from "../../domain/identity/index.ts"
import { adapterOf, type StoreServices } from "./Artifacts.ts"
import { allScopes, grantName } from "./Grants.ts"
import { interactionPath } from "./Interaction.ts"
import type { ProviderJwk } from "./Keys.ts"
import { type Login, openLogin, profileClaims, seen, serviceClaims, userClaims } from "./Logins.ts"
import { bankResource, type OidcTerms } from "./Options.ts"
import { errorPage, loggedOutPage, logoutPage } from "./Pages.ts"
import { bankSessionOf, keepBankSession, promptsOf } from "./Prompts.ts"
import type { Run } from "./Running.ts"

const day = 86_400
const codeSeconds = 60
const interactionSeconds = 1800
/** How long a browser stays logged in without asking for anything, if it is not closed before. */
const sessionSeconds = day / 2
const grantSeconds = 90 * day

const isOfApp = (client: Client | undefined): boolean => client?.clientId === appClient

/**
 * An app of a third party is lent what its user has as a customer: staff cannot consent for the customers whom it serves,
 * whose accounts it reaches by its other roles.
 */
const rolesAt = (client: string | undefined, roles: ReadonlyArray<Role>): ReadonlyArray<Role> =>
  client === appClient ? roles : roles.filter((role) => role === "customer")

/** The bank's API as one client may use it; `offline_access` is no right there. */
const resourceFor = (client: Client, terms: OidcTerms, key: ProviderJwk) => ({
  scope: (client.scope?.split(" ") ?? allScopes).filter((scope) => scope !== "offline_access").join(" "),
  audience: terms.audience,
  accessTokenTTL: terms.accessTokenSeconds,
  accessTokenFormat: "jwt" as const,
  jwt: { sign: { alg: key.alg, kid: key.kid } }
})

/** The resource for a client, as the provider asks for it; none but the bank's API. */
export const resourceOf = (client: Client, resource: string, terms: OidcTerms, key: ProviderJwk) => {
  if (resource !== bankResource) throw new errors.InvalidTarget()
  return resourceFor(client, terms, key)
}

const wantsBank = (ctx: KoaContextWithOIDC): boolean => {
  const { scope, grant_type } = ctx.oidc.params ?? {}
  const asked = typeof scope === "string" ? scope.split(" ") : []
  return grant_type === "client_credentials" || scopes.some((each) => asked.includes(each))
}

/** The login that a code or token was given in. */
const loginOf = async (run: Run<StoreServices>, user: string, grantId: string | undefined) => {
  const name = grantId === undefined ? undefined : grantName(grantId)
  return name === undefined ? undefined : run(openLogin(user, name.session))
}

const accountOf = ({ user }: Pick<Login, "user">) => ({ accountId: user.id, claims: () => profileClaims(user) })

export interface SettingsParts {
  readonly terms: OidcTerms
  readonly tenant: TenantId
  readonly run: Run<StoreServices>
  /** At least one; the one that signs first. */
  readonly keys: readonly [ProviderJwk, ...ReadonlyArray<ProviderJwk>]
  /** Those that are published at any later moment. */
  readonly keysNow: () => ReadonlyArray<ProviderJwk>
}

/** A secret of 32 bytes for DPoP nonces, the same in every process with the same cookie keys. */
const nonceSecret = (key: string): Buffer => createHash("sha256").update(`DPoP nonces ${key}`).digest()

/** The whole configuration. Functions run in requests of the provider, and reject where a store is away. */
export const settingsOf = ({ terms, tenant, run, keys, keysNow }: SettingsParts): Configuration => {
  const { issuer, audience, cookieKeys, isHttps, accessTokenSeconds, refreshTokenSeconds } = terms
  const [signer] = keys
  const cookie = { httpOnly: true, sameSite: "lax", secure: isHttps, signed: true } as const

  const currentLogin = async (ctx: KoaContextWithOIDC): Promise<Login | undefined> => {
    const session = bankSessionOf(ctx)
    const user = ctx.oidc.session?.accountId
    return session === undefined || user === undefined ? undefined : run(openLogin(user, session))
  }

  return {
    adapter: adapterOf(run, { issuer, audience, keys: keysNow }),
    jwks: { keys },
    clients: [
      {
        client_id: appClient,
        client_name: "Gophers Bank",
        token_endpoint_auth_method: "none",
        application_type: "web",
        redirect_uris: [...terms.appRedirectUris],
        post_logout_redirect_uris: [...terms.appPostLogoutRedirectUris],
        grant_types: ["authorization_code", "refresh_token"],
        // Without an address to go back to, the app logs in by the bank's own edge alone.
        response_types: terms.appRedirectUris.length === 0 ? [] : ["code"],
        scope: allScopes.join(" ")
      }
    ],
    clientDefaults: {
      grant_types: ["authorization_code"],
      response_types: ["code"],
      id_token_signed_response_alg: signer.alg,
      token_endpoint_auth_method: "client_secret_basic"
    },
    clientAuthMethods: ["client_secret_basic", "none"],
    clientBasedCORS: (_, origin, client) =>
      client.clientAuthMethod === "none" &&
      (client.redirectUris ?? []).some((uri) => URL.parse(uri)?.origin === origin),
    scopes: allScopes,
    claims: { openid: ["sub", "acr", "amr", "auth_time"], email: ["email", "email_verified"], profile: ["name"] },
    acrValues: ["single", "mfa"],
    responseTypes: ["code"],
    subjectTypes: ["public"],
    pkce: { required: () => true },
    allowOmittingSingleRegisteredRedirectUri: false,
    rotateRefreshToken: true,
    issueRefreshToken: (_, client, source) =>
      client.grantTypeAllowed("refresh_token") && (isOfApp(client) || source.scopes.has("offline_access")),
    revokeGrantPolicy: () => true,
    enabledJWA: {
      idTokenSigningAlgValues: ["ES256", "EdDSA"],
      dPoPSigningAlgValues: ["ES256", "EdDSA"]
    },
    cookies: { keys: [...cookieKeys], long: cookie, short: cookie },
    ttl: {
      AccessToken: accessTokenSeconds,
      ClientCredentials: accessTokenSeconds,
      AuthorizationCode: codeSeconds,
      IdToken: accessTokenSeconds,
      RefreshToken: refreshTokenSeconds,
      Grant: grantSeconds,
      Interaction: interactionSeconds,
      Session: sessionSeconds
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: (_, client, token) => token.clientId === client.clientId },
      revocation: { enabled: true, allowedPolicy: (_, client, token) => token.clientId === client.clientId },
      pushedAuthorizationRequests: { enabled: true },
      dPoP: { enabled: true, nonceSecret: nonceSecret(cookieKeys[0]), requireNonce: () => true },
      rpInitiatedLogout: { enabled: true, logoutSource: logoutPage, postLogoutSuccessSource: loggedOutPage },
      resourceIndicators: {
        enabled: true,
        defaultResource: (ctx, _, oneOf) => oneOf ?? (wantsBank(ctx) ? bankResource : undefined),
        useGrantedResource: () => true,
        getResourceServerInfo: (_, resource, client) => resourceOf(client, resource, terms, signer)
      }
    },
    interactions: {
      policy: promptsOf(async (ctx) => (await currentLogin(ctx)) !== undefined),
      url: (_, interaction) => interactionPath(interaction.uid)
    },
    renderError: errorPage,
    loadExistingGrant: async (ctx) => {
      const { client, provider, result, session } = ctx.oidc
      const bankSession = bankSessionOf(ctx)
      if (bankSession === undefined || client === undefined || session === undefined) return undefined
      keepBankSession(ctx, bankSession)
      const grantId = result?.consent?.grantId ?? session.grantIdFor(client.clientId)
      // What was granted in an earlier login ended with it, or ends with it.
      if (grantId === undefined || grantName(grantId)?.session !== bankSession) return undefined
      return provider.Grant.find(grantId)
    },
    findAccount: async (ctx, sub, token) => {
      if (token === undefined) {
        const login = await currentLogin(ctx)
        return login?.user.id === sub ? accountOf(login) : undefined
      }
      const login = await loginOf(run, sub, token.grantId)
      if (login === undefined) return undefined
      if (token.kind === "RefreshToken") await run(seen(login))
      return accountOf(login)
    },
    extraTokenClaims: async (_, token) => {
      if (token.kind !== "AccessToken") return serviceClaims(tenant)
      // Not for the bank's API: the userinfo endpoint needs none of it.
      if (token.aud === undefined) return undefined
      const name = grantName(token.grantId)
      const login = await loginOf(run, token.accountId, token.grantId)
      if (name === undefined || login === undefined) throw new errors.InvalidGrant("the session has ended")
      const claims = userClaims(tenant, login)
      return { ...claims, roles: rolesAt(token.clientId, claims.roles), gid: name.suffix }
    }
  }
}
