/** Access tokens for the bank's API, read again where they come back to the provider: at the userinfo endpoint. */
import { Option, Schema } from "effect"
import { createLocalJWKSet, jwtVerify } from "jose"
import type { AdapterPayload } from "oidc-provider"
import { SessionId, UserId } from "../../domain/ids/index.ts"
import { grantOf } from "./Grants.ts"
import type { ProviderJwk } from "./Keys.ts"

/** The keys that are published now, and whose tokens are read. */
export interface PublicKeys {
  readonly issuer: string
  readonly audience: string
  readonly keys: () => ReadonlyArray<ProviderJwk>
}

const decodeClaims = Schema.decodeUnknownOption(
  Schema.Struct({
    sub: UserId,
    client_id: Schema.String,
    scope: Schema.String,
    jti: Schema.String,
    iat: Schema.Int,
    exp: Schema.Int,
    sid: SessionId,
    /** The part of the grant's name that is not the session's. */
    gid: Schema.String,
    cnf: Schema.optionalKey(Schema.Struct({ jkt: Schema.String }))
  })
)

/** The token as the provider would have stored it, where its signature is good and it is a user's; undefined for others. */
export const readableToken = async (
  { issuer, audience, keys }: PublicKeys,
  token: string
): Promise<AdapterPayload | undefined> => {
  const published = createLocalJWKSet({ keys: keys().map(({ d: _, ...rest }) => rest) })
  const verified = await jwtVerify(token, published, {
    issuer,
    audience,
    typ: "at+jwt",
    algorithms: ["ES256", "EdDSA"]
  }).then(
    ({ payload }) => payload,
    () => undefined
  )
  const decoded = decodeClaims(verified)
  if (Option.isNone(decoded)) return undefined
  const { sub, client_id, scope, jti, iat, exp, sid, gid, cnf } = decoded.value
  return {
    kind: "AccessToken",
    accountId: sub,
    clientId: client_id,
    grantId: grantOf(sid, gid),
    scope,
    jti,
    iat,
    exp,
    ...(cnf === undefined ? {} : { jkt: cnf.jkt })
  }
}
