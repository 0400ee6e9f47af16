import { Clock, Effect, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { Credentials } from "../../domain/identity/index.ts"
import { UserId } from "../../domain/ids/index.ts"
import type { Caller } from "../ports/Caller.ts"
import { UserStore } from "../ports/UserStore.ts"
import { Refusals, tellOfChange } from "../users/index.ts"
import { changeIdentities, expectFresh, identitiesMax, listOf } from "./Identity.ts"
import { answered, begin, complete, ProviderName } from "./Ticket.ts"

/** Begins to link a login at another provider to the user's own, good for 10 minutes. */
export const BeginLinkIdentity = Schema.Struct({ user: UserId, provider: ProviderName })
export type BeginLinkIdentity = typeof BeginLinkIdentity.Type

/** Links the login that the browser came back with. */
export const LinkIdentity = Schema.Struct({ user: UserId, ...answered })
export type LinkIdentity = typeof LinkIdentity.Type

/**
 * Errors, first wins: UserNotFound, StepUpRequired (where there is a second factor), UnknownProvider, FederationFailed,
 * UserStoreUnavailable.
 */
export const beginLinkIdentity = Effect.fn("federation.beginLink")(function* (
  { user, provider }: BeginLinkIdentity,
  caller: Caller
) {
  yield* expectFresh(yield* (yield* UserStore).credentials(user), caller)
  return yield* begin(provider, user)
})

/**
 * The logins that are linked then; one that is this user's already stays as it is. A ticket that someone else began, or for
 * a login, links nothing. Errors, first wins: FederatedLoginExpired, UnknownProvider, FederationFailed, UserNotFound,
 * StepUpRequired, FactorExists (as many as there may be), IdentityTaken, UserChanged, UserStoreUnavailable.
 */
export const linkIdentity = Effect.fn("federation.link")(function* (command: LinkIdentity, caller: Caller) {
  const { user } = command
  const { person } = yield* complete(command, user)
  const { issuer, subject } = person
  const linkedAt = Instant.fromMillis(yield* Clock.currentTimeMillis)
  let isNew = false
  const saved = yield* changeIdentities(user, (credentials) =>
    Effect.gen(function* () {
      const { identities } = credentials
      isNew = !identities.some((each) => each.issuer === issuer && each.subject === subject)
      if (!isNew) return credentials
      yield* expectFresh(credentials, caller)
      if (identities.length >= identitiesMax)
        return yield* Effect.fail(new Refusals.FactorExists({ factor: "identity" }))
      return Credentials.next(credentials, { identities: [...identities, { issuer, subject, linkedAt }] })
    })
  )
  if (isNew) yield* tellOfChange(user, "login_linked")
  return yield* listOf(saved)
})
