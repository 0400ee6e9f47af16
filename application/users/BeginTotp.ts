import { Effect, Schema } from "effect"
import { Credentials } from "../../domain/identity/index.ts"
import { UserId } from "../../domain/ids/index.ts"
import type { Caller } from "../ports/Caller.ts"
import { TotpCodes } from "../ports/SecondFactors.ts"
import { UserStore } from "../ports/UserStore.ts"
import { changeCredentials } from "./ChangeCredentials.ts"
import { expectStatus } from "./ChangeUser.ts"
import { expectFreshWhere } from "./Freshness.ts"
import { FactorExists } from "./Refusals.ts"

/** Begins to set up an authenticator app. */
export const BeginTotp = Schema.Struct({ user: UserId })
export type BeginTotp = typeof BeginTotp.Type

/** The secret in base32, for who types it, and in an `otpauth://` address, for a QR code. */
export const TotpSecret = Schema.Struct({ secret: Schema.String, uri: Schema.String })
export type TotpSecret = typeof TotpSecret.Type

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
