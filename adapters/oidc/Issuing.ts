/** Tokens for logins at the bank's own app, made of the provider's models: the standard endpoints refresh and revoke them. */
import type Provider from "oidc-provider"
import type { Tokens } from "../../application/ports/Tokens.ts"
import { appClient } from "../../application/ports/Tokens.ts"
import { type Session, scopes, type User } from "../../domain/identity/index.ts"
import { allScopes, appGrantOf } from "./Grants.ts"
import type { ProviderJwk } from "./Keys.ts"
import { secondsOf } from "./Logins.ts"
import { bankResource, type OidcTerms } from "./Options.ts"
import { resourceOf } from "./Settings.ts"

/** How the grant type is called on these tokens; it is none that a client can ask for. */
const gty = "login"

/**
 * Issues tokens for a session. Its grant is the same however often this is asked for, and once it has ended nothing is
 * issued in it any more: the tokens are worthless then, and the user has to log in.
 */
export const issueFor = async (
  provider: Provider,
  terms: OidcTerms,
  signer: ProviderJwk,
  session: Session.Session,
  user: User.User
): Promise<Tokens> => {
  const client = await provider.Client.find(appClient)
  if (client === undefined) throw new Error("the bank's own app is not configured")
  const grantId = appGrantOf(session.id)
  const found = await provider.Grant.find(grantId)
  const grant = found ?? new provider.Grant({ accountId: user.id, clientId: appClient })
  if (found === undefined) {
    grant.jti = grantId
    grant.addOIDCScope(allScopes.join(" "))
    grant.addResourceScope(bankResource, allScopes.join(" "))
    await grant.save()
  }
  const common = { client, accountId: user.id, grantId, gty }
  const refreshToken = new provider.RefreshToken({
    ...common,
    scope: allScopes.join(" "),
    resource: bankResource,
    acr: session.assurance,
    authTime: secondsOf(session.authenticatedAt),
    rotations: 0
  })
  const resource = resourceOf(client, bankResource, terms, signer)
  const accessToken = new provider.AccessToken({
    ...common,
    scope: resource.scope,
    resourceServer: new provider.ResourceServer(bankResource, resource)
  })
  return {
    accessToken: await accessToken.save(),
    refreshToken: await refreshToken.save(),
    expiresInSeconds: terms.accessTokenSeconds,
    scopes
  }
}
