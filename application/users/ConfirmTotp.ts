import { Clock, Effect, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { Credentials } from "../../domain/identity/index.ts"
import { UserId } from "../../domain/ids/index.ts"
import type { Caller } from "../ports/Caller.ts"
import { TotpCodes } from "../ports/SecondFactors.ts"
import { UserStore } from "../ports/UserStore.ts"
import { changeCredentials } from "./ChangeCredentials.ts"
import { InvalidSecondFactor, TotpCode } from "./FactorProof.ts"
import { expectFreshWhere } from "./Freshness.ts"
import { tellOfChange } from "./Mailing.ts"
import { makeRecoveryCodes } from "./RecoveryCodes.ts"
import { FactorExists, FactorNotFound } from "./Refusals.ts"
import { admitAttempt, attemptSucceeded, boundOf } from "./Throttling.ts"

/** Shows that the app has the secret. */
export const ConfirmTotp = Schema.Struct({ user: UserId, code: TotpCode })
export type ConfirmTotp = typeof ConfirmTotp.Type

/** Recovery codes come with the first second factor, and are shown this once. */
export const FactorAdded = Schema.Struct({ recoveryCodes: Schema.optionalKey(Schema.Array(Schema.String)) })
export type FactorAdded = typeof FactorAdded.Type

/**
 * From now on logins ask for a code; this one is not taken again. Errors, first wins: UserNotFound, LoginThrottled (by
 * session), FactorNotFound (not begun), FactorExists, StepUpRequired (where there is a second factor),
 * InvalidSecondFactor, UserChanged, UserStoreUnavailable.
 */
export const confirmTotp = Effect.fn("users.confirmTotp")(function* ({ user, code }: ConfirmTotp, caller: Caller) {
  const users = yield* UserStore
  const codes = yield* TotpCodes
  yield* users.find(user)
  const bounds = boundOf(`confirms totp ${user} ${caller.session ?? caller.id}`)
  yield* admitAttempt(bounds)
  const millis = yield* Clock.currentTimeMillis
  const recovery = yield* makeRecoveryCodes
  const saved = yield* changeCredentials(user, (credentials) =>
    Effect.gen(function* () {
      const { totp, recoveryCodes } = credentials
      if (totp === undefined) return yield* Effect.fail(new FactorNotFound({ factor: "totp" }))
      if (totp.confirmedAt !== undefined) return yield* Effect.fail(new FactorExists({ factor: "totp" }))
      yield* expectFreshWhere(credentials, caller)
      const step = codes.stepOf(totp.secret, code, millis)
      if (step === undefined) return yield* Effect.fail(new InvalidSecondFactor({}))
      return Credentials.next(credentials, {
        totp: { ...totp, confirmedAt: Instant.fromMillis(millis), lastStep: step },
        recoveryCodes: recoveryCodes.length === 0 ? recovery.digests : recoveryCodes
      })
    })
  ).pipe(Effect.catchTag("IdentityTaken", Effect.die))
  yield* attemptSucceeded(bounds)
  yield* tellOfChange(user, "totp_added")
  return (saved.recoveryCodes === recovery.digests ? { recoveryCodes: recovery.codes } : {}) satisfies FactorAdded
})
