import { Schema } from "effect"
import { Scope } from "../../domain/identity/index.ts"
import { TypedId } from "../../domain/ids/index.ts"

/** The model under which clients are artifacts of the OpenID provider. */
export const clientModel = "Client"

/** A registered app of a third party, or a program. */
export const ClientId = TypedId.schema("app").pipe(Schema.brand("ClientId"))
export type ClientId = typeof ClientId.Type

/** What a client may ask for tokens by (RFC 6749, 4.1, 4.4 and 6). */
export const GrantType = Schema.Literals(["authorization_code", "refresh_token", "client_credentials"])
export type GrantType = typeof GrantType.Type

/** Whether a client can keep a secret: a server can, an app on a user's device cannot (RFC 6749, 2.1). */
export const Confidentiality = Schema.Literals(["confidential", "public"])
export type Confidentiality = typeof Confidentiality.Type

const loopback = /^http:\/\/(?:127\.0\.0\.1|\[::1\])(?::\d{1,5})?(?:\/[^\s#\\]*)?$/u
const https = /^https:\/\/[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?(?::\d{1,5})?(?:\/[^\s#\\]*)?$/u

/** Whether an address is one of the user's own device, where an app listens on any port (RFC 8252, 7.3). */
export const isLoopback = (uri: string): boolean => loopback.test(uri)

/** Where a browser is sent back to: https, or the loopback address of an app on the user's device; without a fragment. */
export const RedirectUri = Schema.String.check(
  Schema.isMaxLength(512),
  Schema.isPattern(new RegExp(`${https.source}|${loopback.source}`, "u"), {
    expected: "an https address, or http://127.0.0.1 or http://[::1]"
  })
)

/** What users are shown when they are asked for their consent: 1 to 60 printable characters. */
export const ClientName = Schema.String.check(
  Schema.isPattern(/^(?!\s)[^\p{C}]{1,60}(?<!\s)$/u, { expected: "1 to 60 printable characters" })
)

/**
 * A client as it is kept, in the names of RFC 7591 and of OpenID Connect, so that the provider reads the same text. The
 * secret is encrypted with the rest of it at rest.
 */
const Metadata = Schema.Struct({
  client_id: ClientId,
  client_name: ClientName,
  client_secret: Schema.optionalKey(Schema.String),
  application_type: Schema.Literals(["web", "native"]),
  token_endpoint_auth_method: Schema.Literals(["client_secret_basic", "none"]),
  grant_types: Schema.Array(GrantType),
  response_types: Schema.Array(Schema.Literal("code")),
  redirect_uris: Schema.Array(RedirectUri),
  post_logout_redirect_uris: Schema.Array(RedirectUri),
  scope: Schema.String,
  require_pushed_authorization_requests: Schema.Boolean,
  dpop_bound_access_tokens: Schema.Boolean
})
export type Metadata = typeof Metadata.Type

/** The text of a client's artifact. */
export const MetadataText = Schema.fromJsonString(Metadata)

/** A client as administrators see it, without its secret. */
export const ClientView = Schema.Struct({
  id: ClientId,
  name: ClientName,
  confidentiality: Confidentiality,
  grantTypes: Schema.Array(GrantType),
  redirectUris: Schema.Array(RedirectUri),
  postLogoutRedirectUris: Schema.Array(RedirectUri),
  scopes: Schema.Array(Scope),
  /** Whether its tokens are bound to a key of its own (RFC 9449). */
  isDpopRequired: Schema.Boolean
})
export type ClientView = typeof ClientView.Type

const isScope = Schema.is(Scope)

export const clientView = (metadata: Metadata): ClientView => ({
  id: metadata.client_id,
  name: metadata.client_name,
  confidentiality: metadata.token_endpoint_auth_method === "none" ? "public" : "confidential",
  grantTypes: metadata.grant_types,
  redirectUris: metadata.redirect_uris,
  postLogoutRedirectUris: metadata.post_logout_redirect_uris,
  scopes: metadata.scope.split(" ").filter(isScope),
  isDpopRequired: metadata.dpop_bound_access_tokens
})
