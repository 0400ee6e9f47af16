import { Clock, Effect, Schema } from "effect"
import { Scope, scopesOfThirdParties } from "../../domain/identity/index.ts"
import { TypedId } from "../../domain/ids/index.ts"
import { Secrets } from "../ports/Crypto.ts"
import { Ids } from "../ports/Ids.ts"
import { ArtifactStore } from "../ports/Tokens.ts"
import {
  ClientId,
  ClientName,
  ClientView,
  Confidentiality,
  clientModel,
  clientView,
  GrantType,
  isLoopback,
  type Metadata,
  MetadataText,
  RedirectUri
} from "./Client.ts"

const uris = Schema.Array(RedirectUri).check(Schema.isMaxLength(20))

/** What users allow an app says nothing of what a program may, which reaches any account: no client is both. */
const isOneKind = (grantTypes: ReadonlyArray<GrantType>): boolean =>
  !(grantTypes.includes("authorization_code") && grantTypes.includes("client_credentials"))

/**
 * Registers an app of a third party, which acts for users who consent, or a program, which acts for itself by
 * `client_credentials`.
 */
export const RegisterClient = Schema.Struct({
  name: ClientName,
  confidentiality: Confidentiality,
  grantTypes: Schema.Array(GrantType).check(
    Schema.isMinLength(1),
    Schema.isMaxLength(3),
    Schema.makeFilter(isOneKind, { expected: "either authorization_code or client_credentials" })
  ),
  redirectUris: uris,
  postLogoutRedirectUris: Schema.optionalKey(uris),
  scopes: Schema.Array(Scope).check(Schema.isMaxLength(6)),
  isDpopRequired: Schema.optionalKey(Schema.Boolean)
})
export type RegisterClient = typeof RegisterClient.Type

/** Only who can keep a secret may ask for tokens of its own, by `client_credentials`. */
export class ClientNeedsSecret extends Schema.TaggedError<ClientNeedsSecret>()("ClientNeedsSecret", {}) {}

/**
 * The redirect addresses do not go with the grant types: `authorization_code` needs at least one, and neither the others
 * alone nor `refresh_token` without it have a use for any.
 */
export class ClientRedirectMismatch extends Schema.TaggedError<ClientRedirectMismatch>()(
  "ClientRedirectMismatch",
  {}
) {}

/** No user can grant this to an app of a third party. */
export class ScopeNotGrantable extends Schema.TaggedError<ScopeNotGrantable>()("ScopeNotGrantable", {
  scope: Scope
}) {}

/** The secret is told this once; 32 random bytes in base64url. */
export const RegisteredClient = Schema.Struct({ client: ClientView, secret: Schema.optionalKey(Schema.String) })
export type RegisteredClient = typeof RegisteredClient.Type

const oidcScopes = (grantTypes: ReadonlyArray<GrantType>): ReadonlyArray<string> =>
  grantTypes.includes("authorization_code")
    ? ["openid", "email", "profile", ...(grantTypes.includes("refresh_token") ? ["offline_access"] : [])]
    : []

const metadataOf = (command: RegisterClient, id: ClientId, secret: string | undefined): Metadata => {
  const { name, grantTypes, redirectUris, postLogoutRedirectUris = [], scopes, isDpopRequired = false } = command
  const actsForUsers = grantTypes.includes("authorization_code")
  return {
    client_id: id,
    client_name: name,
    ...(secret === undefined ? {} : { client_secret: secret }),
    application_type: redirectUris.some(isLoopback) ? "native" : "web",
    token_endpoint_auth_method: secret === undefined ? "none" : "client_secret_basic",
    grant_types: grantTypes,
    response_types: actsForUsers ? ["code"] : [],
    redirect_uris: redirectUris,
    post_logout_redirect_uris: postLogoutRedirectUris,
    scope: [...oidcScopes(grantTypes), ...scopes].join(" "),
    // Who can authenticate itself does so before a user's browser sees the request (RFC 9126).
    require_pushed_authorization_requests: actsForUsers && secret !== undefined,
    dpop_bound_access_tokens: isDpopRequired
  }
}

/**
 * Registers a client. Errors, first wins: ClientNeedsSecret, ClientRedirectMismatch, ScopeNotGrantable,
 * UserStoreUnavailable, KeysUnavailable.
 */
export const registerClient = Effect.fn("clients.register")(function* (command: RegisterClient) {
  const { confidentiality, grantTypes, redirectUris, scopes } = command
  const actsForUsers = grantTypes.includes("authorization_code")
  if (confidentiality === "public" && grantTypes.includes("client_credentials"))
    return yield* Effect.fail(new ClientNeedsSecret({}))
  const isRefreshOnly = grantTypes.includes("refresh_token") && !actsForUsers
  if (isRefreshOnly || actsForUsers !== redirectUris.length > 0)
    return yield* Effect.fail(new ClientRedirectMismatch({}))
  const beyond = actsForUsers ? scopes.find((scope) => !scopesOfThirdParties.includes(scope)) : undefined
  if (beyond !== undefined) return yield* Effect.fail(new ScopeNotGrantable({ scope: beyond }))
  const artifacts = yield* ArtifactStore
  const ids = yield* Ids
  const secrets = yield* Secrets
  const id = ClientId.make(TypedId.fromBytes("app", ids.next(yield* Clock.currentTimeMillis)))
  const secret = confidentiality === "confidential" ? yield* secrets.token : undefined
  const metadata = metadataOf(command, id, secret)
  yield* artifacts.upsert({ model: clientModel, id, payload: Schema.encodeSync(MetadataText)(metadata) })
  return {
    client: clientView(metadata),
    ...(secret === undefined ? {} : { secret })
  } satisfies RegisteredClient
})
