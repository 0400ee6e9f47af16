/**
 * Grants name the login that they were given in: `ses_….x`, where `x` is `app` for logins at the bank's own app itself and
 * random otherwise. So every code and token tells, without a look-up, which session it ends with.
 */
import { Schema } from "effect"
import { scopes } from "../../domain/identity/index.ts"
import { SessionId } from "../../domain/ids/index.ts"

/** Scopes of OpenID Connect (Core, 5.4 and 11). */
export const oidcScopes = ["openid", "email", "profile", "offline_access"] as const

/** Every scope that there is. */
export const allScopes: ReadonlyArray<string> = [...oidcScopes, ...scopes]

const appSuffix = "app"

/** The grant of a login at the bank's own app. */
export const appGrantOf = (session: SessionId): string => `${session}.${appSuffix}`

/** The grant of a client in a login, with a random suffix. */
export const grantOf = (session: SessionId, suffix: string): string => `${session}.${suffix}`

const isSessionId = Schema.is(SessionId)

export interface GrantName {
  readonly session: SessionId
  readonly suffix: string
  readonly isOfApp: boolean
}

export const grantName = (grantId: string): GrantName | undefined => {
  const [session, suffix, ...rest] = grantId.split(".")
  if (!isSessionId(session) || suffix === undefined || rest.length > 0) return undefined
  return { session, suffix, isOfApp: suffix === appSuffix }
}
