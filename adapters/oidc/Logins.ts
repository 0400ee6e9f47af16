/** Who is logged in, and what tokens say of it. */
import { Clock, Effect, Schema } from "effect"
import { SessionStore, UserStore } from "../../application/ports/UserStore.ts"
import { Instant } from "../../domain/calendar/index.ts"
import { Session, type TenantId, type User } from "../../domain/identity/index.ts"
import { type SessionId, UserId } from "../../domain/ids/index.ts"

/** A user in one of its sessions. */
export interface Login {
  readonly user: User.User
  readonly session: Session.Session
}

/** Using a session keeps it; that is written down at most this often. */
const seenMillisMin = 3_600_000

const isUserId = Schema.is(UserId)

/** The login, where the session is open, the user's own, and the user active; undefined for any other. */
export const openLogin = Effect.fn("oidc.openLogin")(function* (user: string, session: SessionId) {
  if (!isUserId(user)) return undefined
  const users = yield* UserStore
  const sessions = yield* SessionStore
  const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
  const none = Effect.succeed(undefined)
  const [found, login] = yield* Effect.all([
    users.find(user).pipe(Effect.catchTag("UserNotFound", () => none)),
    sessions.find(session).pipe(Effect.catchTag("SessionNotFound", () => none))
  ])
  if (found?.status !== "active" || login?.user !== found.id || !Session.isOpen(login, now)) return undefined
  return { user: found, session: login } satisfies Login
})

/** Notes that the session was used, and nothing else: it may have been raised since it was read. */
export const seen = Effect.fn("oidc.seen")(function* ({ session }: Login) {
  const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
  if (now - session.lastSeenAt < seenMillisMin) return
  const sessions = yield* SessionStore
  const { lastSeenAt, expiresAt } = Session.seen(session, now)
  yield* sessions.touch(session.id, lastSeenAt, expiresAt)
})

/** Ends a session, if there is one of the id; gives whether this did. */
export const endSession = Effect.fn("oidc.endSession")(function* (session: SessionId) {
  const sessions = yield* SessionStore
  const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
  const ended = yield* sessions.find(session).pipe(
    Effect.flatMap(({ user }) => sessions.revoke(user, { only: session }, now)),
    Effect.catchTag("SessionNotFound", () => Effect.succeed([]))
  )
  return ended.length > 0
})

/** Seconds since 1970, whole ones. */
export const secondsOf = (instant: Instant.Instant): number => Math.floor(instant / 1000)

/** What an access token for the bank's API says of its user, beside the claims of RFC 9068. */
export const userClaims = (tenant: TenantId, { user, session }: Login) => ({
  tenant,
  ...(user.customer === undefined ? {} : { customer: user.customer }),
  roles: user.roles,
  branch: user.branch,
  kyc: user.kyc.level,
  acr: session.assurance,
  auth_time: secondsOf(session.authenticatedAt),
  sid: session.id
})

/** What it says of a program. */
export const serviceClaims = (tenant: TenantId) => ({ tenant, roles: ["service"] })

/** The user as clients see it (OpenID Connect Core, 5.1). */
export const profileClaims = ({ id, email, emailVerifiedAt, profile }: User.User) => ({
  sub: id,
  ...(email === undefined ? {} : { email, email_verified: emailVerifiedAt !== undefined }),
  ...(profile === undefined ? {} : { name: profile.fullName })
})
