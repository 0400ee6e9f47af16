import { Clock, Effect, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { UserId } from "../../domain/ids/index.ts"
import type { Caller } from "../ports/Caller.ts"
import { Secrets } from "../ports/Crypto.ts"
import { Passkeys } from "../ports/SecondFactors.ts"
import { ChallengeStore, UserStore } from "../ports/UserStore.ts"
import { expectStatus } from "./ChangeUser.ts"
import { ticketMillis } from "./ContinueLogin.ts"
import { expectFreshWhere } from "./Freshness.ts"
import type { PasskeyStep } from "./PasskeyLogin.ts"
import { FactorExists } from "./Refusals.ts"

/** Passkeys of one user at most. */
export const passkeysMax = 20

/** Begins to set up a passkey. */
export const BeginPasskey = Schema.Struct({ user: UserId })
export type BeginPasskey = typeof BeginPasskey.Type

/**
 * Options for `navigator.credentials.create` and the ticket to come back with, good for 5 minutes, the newest only. Errors,
 * first wins: UserNotFound, UserStatusConflict, FactorExists (as many as there may be), StepUpRequired (where there is a
 * second factor), UserStoreUnavailable.
 */
export const beginPasskey = Effect.fn("users.beginPasskey")(function* (command: BeginPasskey, caller: Caller) {
  const users = yield* UserStore
  const challenges = yield* ChallengeStore
  const secrets = yield* Secrets
  const user = yield* users.find(command.user)
  yield* expectStatus(user, "active")
  const credentials = yield* users.credentials(user.id)
  if (credentials.passkeys.length >= passkeysMax) return yield* Effect.fail(new FactorExists({ factor: "passkey" }))
  yield* expectFreshWhere(credentials, caller)
  const { options, challenge } = yield* (yield* Passkeys).registration(user, credentials.passkeys)
  const ticket = yield* secrets.token
  const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
  yield* challenges.insert({
    digest: secrets.digest(ticket),
    kind: "passkey_registration",
    user: user.id,
    data: challenge,
    attemptsLeft: 1,
    expiresAt: Instant.addMillis(now, ticketMillis)
  })
  return { ticket, options } satisfies PasskeyStep
})
