/** The logins at other providers that open a user's. */
import { Clock, Effect, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { Credentials, Permission } from "../../domain/identity/index.ts"
import type { UserId } from "../../domain/ids/index.ts"
import type { Caller } from "../ports/Caller.ts"
import { Secrets } from "../ports/Crypto.ts"
import { Terms } from "../ports/Terms.ts"
import { UserChanged, UserStore } from "../ports/UserStore.ts"

/** Linked logins of one user at most. */
export const identitiesMax = 20

/** How often a change is decided anew after another one came between. */
const attemptsMax = 5

/** Lower-case hexadecimal SHA-256 that names a linked login without telling who it is over there. */
export const IdentityId = Schema.String.check(Schema.isPattern(/^[0-9a-f]{64}$/u, { expected: "the id of a login" }))

export const IdentityView = Schema.Struct({ id: IdentityId, issuer: Schema.String, linkedAt: Instant.Instant })
export type IdentityView = typeof IdentityView.Type

export const IdentityList = Schema.Struct({ items: Schema.Array(IdentityView) })
export type IdentityList = typeof IdentityList.Type

/** The id of a linked login. */
export const idOf = ({ issuer, subject }: Credentials.LinkedIdentity) =>
  Effect.map(Secrets, ({ digest }) => digest(JSON.stringify([issuer, subject])))

/** What a user has linked, as it sees it. */
export const listOf = Effect.fnUntraced(function* ({ identities }: Credentials.Credentials) {
  const items = yield* Effect.forEach(identities, (identity) =>
    Effect.map(idOf(identity), (id): IdentityView => ({ id, issuer: identity.issuer, linkedAt: identity.linkedAt }))
  )
  return { items } satisfies IdentityList
})

/** Whoever has a second factor must have proved it lately before a way to log in comes or goes. Errors: StepUpRequired. */
export const expectFresh = Effect.fnUntraced(function* (credentials: Credentials.Credentials, caller: Caller) {
  if (!Credentials.hasSecondFactor(credentials)) return
  const { stepUpMaxAgeSeconds: maxAgeSeconds } = yield* Terms
  const ageMillis = (yield* Clock.currentTimeMillis) - caller.authenticatedAt
  if (caller.assurance !== "mfa" || ageMillis > maxAgeSeconds * 1000)
    return yield* Effect.fail(new Permission.StepUpRequired({ maxAgeSeconds }))
})

/**
 * Decides which logins are linked, and saves that; a change that came between is taken in and the change decided again. The
 * same credentials are not saved. Errors: UserNotFound, those of the decision, UserChanged where that went on for too long,
 * IdentityTaken, UserStoreUnavailable.
 */
export const changeIdentities = Effect.fnUntraced(function* <E, R>(
  user: UserId,
  decide: (credentials: Credentials.Credentials) => Effect.Effect<Credentials.Credentials, E, R>
) {
  const users = yield* UserStore
  const saved = Effect.gen(function* () {
    const before = yield* users.credentials(user)
    const after = yield* decide(before)
    if (after !== before) yield* users.saveCredentials(after)
    return after
  })
  return yield* Effect.retry(saved, { times: attemptsMax - 1, while: (error) => error instanceof UserChanged })
})
