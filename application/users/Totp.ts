/** The authenticator app of a user: set up in two steps, so that none is set up that does not work. */
import { Clock, Effect, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { Credentials } from "../../domain/identity/index.ts"
import { UserId } from "../../domain/ids/index.ts"
import type { Caller } from "../ports/Caller.ts"
import { TotpCodes } from "../ports/SecondFactors.ts"
import { UserStore } from "../ports/UserStore.ts"
import { changeCredentials } from "./ChangeCredentials.ts"
import { expectStatus } from "./ChangeUser.ts"
import { InvalidSecondFactor, TotpCode } from "./FactorProof.ts"
import { expectFreshWhere } from "./Freshness.ts"
import { makeRecoveryCodes } from "./RecoveryCodes.ts"
import { FactorExists, FactorNotFound } from "./Refusals.ts"
import type { Accepted } from "./RequestPasswordReset.ts"
import { admitAttempt, attemptSucceeded, boundOf } from "./Throttling.ts"

/** Begins to set up an authenticator app. */
export const BeginTotp = Schema.Struct({ user: UserId })
export type BeginTotp = typeof BeginTotp.Type

/** The secret in base32, for who types it, and in an `otpauth://` address, for a QR code. */
export const TotpSecret = Schema.Struct({ secret: Schema.String, uri: Schema.String })
export type TotpSecret = typeof TotpSecret.Type

/** Shows that the app has the secret. */
export const ConfirmTotp = Schema.Struct({ user: UserId, code: TotpCode })
export type ConfirmTotp = typeof ConfirmTotp.Type

/** Recovery codes come with the first second factor, and are shown this once. */
export const FactorAdded = Schema.Struct({ recoveryCodes: Schema.optionalKey(Schema.Array(Schema.String)) })
export type FactorAdded = typeof FactorAdded.Type

export const RemoveTotp = Schema.Struct({ user: UserId })
export type RemoveTotp = typeof RemoveTotp.Type

/**
 * A secret that was begun before and not confirmed is forgotten. Errors, first wins: UserNotFound, UserStatusConflict,
 * FactorExists, StepUpRequired (where there is a second factor), UserChanged, UserStoreUnavailable.
 */
export const beginTotp = Effect.fn("users.beginTotp")(function* (command: BeginTotp, caller: Caller) {
  const users = yield* UserStore
  const codes = yield* TotpCodes
  const user = yield* users.find(command.user)
  yield* expectStatus(user, "active")
  const made = yield* codes.make(user.email ?? user.id)
  yield* changeCredentials(user.id, (credentials) =>
    Effect.gen(function* () {
      if (credentials.totp?.confirmedAt !== undefined) return yield* Effect.fail(new FactorExists({ factor: "totp" }))
      yield* expectFreshWhere(credentials, caller)
      return Credentials.next(credentials, { totp: { secret: made.secret, lastStep: -1 } })
    })
  ).pipe(Effect.catchTag("IdentityTaken", Effect.die))
  return made satisfies TotpSecret
})

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
  return (saved.recoveryCodes === recovery.digests ? { recoveryCodes: recovery.codes } : {}) satisfies FactorAdded
})

/** Errors, first wins: UserNotFound, FactorNotFound, StepUpRequired, UserChanged, UserStoreUnavailable. */
export const removeTotp = Effect.fn("users.removeTotp")(function* ({ user }: RemoveTotp, caller: Caller) {
  yield* changeCredentials(user, (credentials) =>
    Effect.gen(function* () {
      if (credentials.totp === undefined) return yield* Effect.fail(new FactorNotFound({ factor: "totp" }))
      yield* expectFreshWhere(credentials, caller)
      return Credentials.withoutTotp(credentials)
    })
  ).pipe(Effect.catchTag("IdentityTaken", Effect.die))
  return {} satisfies Accepted
})
