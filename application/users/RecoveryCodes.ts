import { Effect, Schema } from "effect"
import { Credentials } from "../../domain/identity/index.ts"
import { UserId } from "../../domain/ids/index.ts"
import type { Caller } from "../ports/Caller.ts"
import { Secrets } from "../ports/Crypto.ts"
import { changeCredentials } from "./ChangeCredentials.ts"
import { expectFresh } from "./Freshness.ts"
import { tellOfChange } from "./Mailing.ts"
import { FactorNotFound } from "./Refusals.ts"

/** Makes new recovery codes in place of those that there are. */
export const RegenerateRecoveryCodes = Schema.Struct({ user: UserId })
export type RegenerateRecoveryCodes = typeof RegenerateRecoveryCodes.Type

/** Codes that stand in for a second factor, each once; they are shown this once. */
export const RecoveryCodesShown = Schema.Struct({ recoveryCodes: Schema.Array(Schema.String) })
export type RecoveryCodesShown = typeof RecoveryCodesShown.Type

/** Codes of a set. */
const codesCount = 10

/** New codes, and the digests that are kept of them. */
export const makeRecoveryCodes = Effect.gen(function* () {
  const secrets = yield* Secrets
  const codes = yield* Effect.all(Array.from({ length: codesCount }, () => secrets.recoveryCode))
  return { codes, digests: codes.map((code) => secrets.digest(Credentials.recoveryCodeKey(code))) }
})

/**
 * Errors, first wins: UserNotFound, FactorNotFound (no second factor), StepUpRequired, UserChanged, UserStoreUnavailable.
 */
export const regenerateRecoveryCodes = Effect.fn("users.regenerateRecoveryCodes")(function* (
  { user }: RegenerateRecoveryCodes,
  caller: Caller
) {
  const { codes, digests } = yield* makeRecoveryCodes
  yield* changeCredentials(user, (credentials) =>
    Effect.gen(function* () {
      if (!Credentials.hasSecondFactor(credentials)) return yield* Effect.fail(new FactorNotFound({ factor: "totp" }))
      yield* expectFresh(caller)
      return Credentials.next(credentials, { recoveryCodes: digests })
    })
  ).pipe(Effect.catchTag("IdentityTaken", Effect.die))
  yield* tellOfChange(user, "recovery_codes_made")
  return { recoveryCodes: codes } satisfies RecoveryCodesShown
})
