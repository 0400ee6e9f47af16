import { Effect } from "effect"
import type { Credentials } from "../../domain/identity/index.ts"
import type { UserId } from "../../domain/ids/index.ts"
import { type UserChanged, UserStore } from "../ports/UserStore.ts"

/** How often a change is decided anew after another one came between. */
export const attemptsMax = 5

/** Whether an attempt lost against another change. */
export const isUserChanged = (error: unknown): error is UserChanged =>
  typeof error === "object" && error !== null && "_tag" in error && error._tag === "UserChanged"

/**
 * Decides a change of what a user proves itself by, and saves it; a change that came between is taken in and the change
 * decided again. Errors: UserNotFound, those of the decision, UserChanged where that went on for too long, IdentityTaken,
 * UserStoreUnavailable.
 */
export const changeCredentials = Effect.fnUntraced(function* <E, R>(
  user: UserId,
  decide: (credentials: Credentials.Credentials) => Effect.Effect<Credentials.Credentials, E, R>
) {
  const users = yield* UserStore
  const saved = Effect.gen(function* () {
    const changed = yield* decide(yield* users.credentials(user))
    yield* users.saveCredentials(changed)
    return changed
  })
  return yield* Effect.retry(saved, { times: attemptsMax - 1, while: isUserChanged })
})
