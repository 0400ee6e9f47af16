import { Effect, Schema } from "effect"
import { Credentials } from "../../domain/identity/index.ts"
import { UserId } from "../../domain/ids/index.ts"
import type { Caller } from "../ports/Caller.ts"
import { tellOfChange } from "../users/index.ts"
import { changeIdentities, expectFresh, IdentityId, idOf, listOf } from "./Identity.ts"
import { IdentityNotFound } from "./Refusals.ts"

/** Lets a login at another provider open the user's no more. */
export const UnlinkIdentity = Schema.Struct({ user: UserId, identity: IdentityId })
export type UnlinkIdentity = typeof UnlinkIdentity.Type

/**
 * The logins that are linked then. Errors, first wins: UserNotFound, IdentityNotFound, StepUpRequired (where there is a
 * second factor), LastLogin, UserChanged, UserStoreUnavailable.
 */
export const unlinkIdentity = Effect.fn("federation.unlink")(function* (
  { user, identity }: UnlinkIdentity,
  caller: Caller
) {
  const saved = yield* changeIdentities(user, (credentials) =>
    Effect.gen(function* () {
      const { identities } = credentials
      const ids = yield* Effect.forEach(identities, idOf)
      if (!ids.includes(identity)) return yield* Effect.fail(new IdentityNotFound({}))
      yield* expectFresh(credentials, caller)
      const rest = Credentials.next(credentials, { identities: identities.filter((_, at) => ids[at] !== identity) })
      return yield* Effect.fromResult(Credentials.keepingLogin(rest))
    })
  ).pipe(Effect.catchTag("IdentityTaken", Effect.die))
  yield* tellOfChange(user, "login_unlinked")
  return yield* listOf(saved)
})
