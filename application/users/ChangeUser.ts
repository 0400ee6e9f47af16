import { Effect } from "effect"
import type { User } from "../../domain/identity/index.ts"
import type { UserId } from "../../domain/ids/index.ts"
import { EmailTaken, UserChanged, UserStore } from "../ports/UserStore.ts"
import { attemptsMax, isUserChanged } from "./ChangeCredentials.ts"
import { UserStatusConflict } from "./Refusals.ts"

/** Fails where the caller has read another version than there is. */
export const expectVersion = (user: User.User, expected: number | undefined): Effect.Effect<void, UserChanged> =>
  expected === undefined || expected === user.version
    ? Effect.void
    : Effect.fail(new UserChanged({ userId: user.id, expected, actual: user.version }))

/** Fails where the user is in none of the statuses. */
export const expectStatus = (
  { id: userId, status }: User.User,
  ...accepted: ReadonlyArray<User.UserStatus>
): Effect.Effect<void, UserStatusConflict> =>
  accepted.includes(status) ? Effect.void : Effect.fail(new UserStatusConflict({ userId, status }))

const isEmailTaken = (error: unknown): error is EmailTaken => error instanceof EmailTaken

/**
 * Decides a change of a user and saves it; gives the user as it was and as it is. Where the caller named no version, a
 * change that came between is taken in and the change decided again. A decision that gives the same user saves nothing.
 * Errors, first wins: UserNotFound, UserChanged, those of the decision, EmailTaken, UserStoreUnavailable.
 */
export const changeUser = Effect.fnUntraced(function* <E, R>(
  id: UserId,
  expectedVersion: number | undefined,
  decide: (user: User.User) => Effect.Effect<User.User, E, R>
) {
  const users = yield* UserStore
  const saved = Effect.gen(function* () {
    const before = yield* users.find(id)
    yield* expectVersion(before, expectedVersion)
    const after = yield* decide(before)
    if (after !== before) yield* users.save(after)
    return { before, after }
  })
  return yield* Effect.retry(saved, {
    times: expectedVersion === undefined ? attemptsMax - 1 : 0,
    while: isUserChanged
  })
})

/** A change that leaves the address as it is, so that nobody else can have it. */
export const changeUserOnly = <E, R>(
  id: UserId,
  expectedVersion: number | undefined,
  decide: (user: User.User) => Effect.Effect<User.User, E, R>
) => changeUser(id, expectedVersion, decide).pipe(Effect.catchIf(isEmailTaken, Effect.die))
