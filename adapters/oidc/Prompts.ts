/** When a user is asked to log in or to consent, beside what the standards say. */

import { Option, Schema } from "effect"
import { interactionPolicy, type KoaContextWithOIDC } from "oidc-provider"
import { SessionId } from "../../domain/ids/index.ts"

/**
 * Where the provider's session keeps the id of the bank's: among what it keeps of clients, under a name that no client
 * has, because that is the one place where more than the provider's own fields is stored.
 */
const loginKey = "the login itself"

/** The provider's own session, of a browser. */
export type ProviderSession = NonNullable<KoaContextWithOIDC["oidc"]["session"]>

const decodeLogin = Schema.decodeUnknownOption(Schema.Struct({ session: SessionId }))
const isSessionId = Schema.is(SessionId)

/** The bank's session that the provider's stands for. */
export const keptBankSession = (session: ProviderSession | undefined): SessionId | undefined => {
  const kept = session?.authorizationFor(loginKey).sid
  return isSessionId(kept) ? kept : undefined
}

/** The bank's session that the user has just opened, or the one that the provider's session stands for. */
export const bankSessionOf = ({ oidc }: KoaContextWithOIDC): SessionId | undefined => {
  const opened = Option.getOrUndefined(decodeLogin(oidc.result?.login))
  return opened?.session ?? keptBankSession(oidc.session)
}

/** Keeps in the provider's session which of the bank's it stands for. */
export const keepBankSession = ({ oidc }: KoaContextWithOIDC, session: SessionId): void => {
  if (oidc.session?.sidFor(loginKey) !== session) oidc.session?.sidFor(loginKey, session)
}

/** Whether the client asks for a second factor and would take nothing else (OpenID Connect Core, 3.1.2.1). */
const asksForMfa = ({ oidc }: KoaContextWithOIDC): boolean => oidc.params?.acr_values === "mfa"

/**
 * The policy: a user whose session has ended is asked to log in, and so is one who came by a password alone where the
 * client asks for more (RFC 9470); that is what the client then gets, or learns from `acr` that the user has no more.
 */
export const promptsOf = (isOpen: (ctx: KoaContextWithOIDC) => Promise<boolean>): interactionPolicy.DefaultPolicy => {
  const policy = interactionPolicy.base()
  const checks = policy.get("login")?.checks
  checks?.add(
    new interactionPolicy.Check(
      "session_ended",
      "the session has ended",
      "login_required",
      async (ctx) => ctx.oidc.session?.accountId !== undefined && !(await isOpen(ctx))
    )
  )
  checks?.add(
    new interactionPolicy.Check(
      "second_factor",
      "a second factor is needed",
      "login_required",
      (ctx) =>
        asksForMfa(ctx) &&
        ctx.oidc.session?.accountId !== undefined &&
        ctx.oidc.acr !== "mfa" &&
        ctx.oidc.result?.login === undefined
    )
  )
  return policy
}
