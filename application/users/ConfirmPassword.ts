import { Effect } from "effect"
import { Password } from "../../domain/identity/index.ts"
import type { UserId } from "../../domain/ids/index.ts"
import type { Caller } from "../ports/Caller.ts"
import { PasswordHasher } from "../ports/Crypto.ts"
import { UserStore } from "../ports/UserStore.ts"
import { expectFresh } from "./Freshness.ts"
import { WrongPassword } from "./Refusals.ts"
import { admitAttempt, attemptSucceeded, boundOf } from "./Throttling.ts"

/**
 * The user says its password once more. Attempts are counted by session, so that a stolen one cannot guess. Who has no
 * password proves a second factor instead. Errors, first wins: UserNotFound, StepUpRequired (without a password),
 * LoginThrottled, HashingOverloaded, WrongPassword, UserStoreUnavailable.
 */
export const confirmPassword = Effect.fnUntraced(function* (
  user: UserId,
  password: string | undefined,
  caller: Caller
) {
  const users = yield* UserStore
  const hasher = yield* PasswordHasher
  const { password: hash } = yield* users.credentials(user)
  if (hash === undefined) return yield* expectFresh(caller)
  const bounds = boundOf(`confirms ${user} ${caller.session ?? caller.id}`)
  yield* admitAttempt(bounds)
  const verdict = yield* hasher.verify(Password.normalized(password ?? ""), hash)
  if (verdict === "wrong") return yield* Effect.fail(new WrongPassword({}))
  yield* attemptSucceeded(bounds)
})
