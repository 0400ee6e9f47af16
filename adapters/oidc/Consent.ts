/** What a user allows a client, and the grant that says so. */
import { randomBytes } from "node:crypto"
import { Schema } from "effect"
import type Provider from "oidc-provider"
import { errors } from "oidc-provider"
import { Scope } from "../../domain/identity/index.ts"
import type { SessionId } from "../../domain/ids/index.ts"
import { grantName, grantOf } from "./Grants.ts"
import { keptBankSession } from "./Prompts.ts"

export type Interaction = Awaited<ReturnType<Provider["interactionDetails"]>>

const names = Schema.Array(Schema.String)

const decodeDetails = Schema.decodeUnknownSync(
  Schema.Struct({
    missingOIDCScope: Schema.optional(names),
    missingOIDCClaims: Schema.optional(names),
    missingResourceScopes: Schema.optional(Schema.Record(Schema.String, names))
  })
)

const isScope = Schema.is(Scope)

const bankRights: Readonly<Record<Scope, string>> = {
  "accounts:read": "see your accounts, balances and transactions",
  "accounts:write": "open, rename, freeze and close your accounts",
  "payments:write": "pay from your accounts",
  "profile:read": "see your profile",
  "profile:write": "change your profile",
  "bank:admin": "do what the bank's staff do, as far as you may"
}

const oidcRights: Readonly<Record<string, string>> = {
  openid: "know that it is you",
  email: "see your email address",
  profile: "see your name"
}

const scopesAsked = ({ params }: Interaction): ReadonlyArray<string> =>
  typeof params.scope === "string" ? params.scope.split(" ") : []

/** What the client asks for, in words, and whether it may go on when the user has logged out. */
export const rightsOf = (interaction: Interaction) => {
  const asked = [...new Set(scopesAsked(interaction))]
  return {
    rights: asked.flatMap((scope) => (isScope(scope) ? bankRights[scope] : (oidcRights[scope] ?? []))),
    isLasting: asked.includes("offline_access")
  }
}

const suffixBytes = 12

/** The login that the consent is given in. */
const sessionOf = async (provider: Provider, { session }: Interaction): Promise<SessionId> => {
  const kept = keptBankSession(session === undefined ? undefined : await provider.Session.findByUid(session.uid))
  if (kept === undefined) throw new errors.SessionNotFound("the login is gone")
  return kept
}

/** Grants what was asked for and not granted yet; gives the grant's id. */
export const consented = async (provider: Provider, interaction: Interaction): Promise<string> => {
  const { grantId, params, session } = interaction
  const details = decodeDetails(interaction.prompt.details)
  const bankSession = await sessionOf(provider, interaction)
  const existing =
    grantId !== undefined && grantName(grantId)?.session === bankSession
      ? await provider.Grant.find(grantId)
      : undefined
  const grant = existing ?? new provider.Grant({ accountId: session?.accountId, clientId: String(params.client_id) })
  if (existing === undefined) grant.jti = grantOf(bankSession, randomBytes(suffixBytes).toString("base64url"))
  if (details.missingOIDCScope !== undefined) grant.addOIDCScope(details.missingOIDCScope.join(" "))
  if (details.missingOIDCClaims !== undefined) grant.addOIDCClaims([...details.missingOIDCClaims])
  for (const [resource, missing] of Object.entries(details.missingResourceScopes ?? {}))
    grant.addResourceScope(resource, missing.join(" "))
  return grant.save()
}
