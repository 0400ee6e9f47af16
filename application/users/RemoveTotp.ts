import { Effect, Schema } from "effect"
import { Credentials } from "../../domain/identity/index.ts"
import { UserId } from "../../domain/ids/index.ts"
import type { Caller } from "../ports/Caller.ts"
import { changeCredentials } from "./ChangeCredentials.ts"
import { expectFreshWhere } from "./Freshness.ts"
import { tellOfChange } from "./Mailing.ts"
import { FactorNotFound } from "./Refusals.ts"
import type { Accepted } from "./RequestPasswordReset.ts"

/** Takes the authenticator app away. */
export const RemoveTotp = Schema.Struct({ user: UserId })
export type RemoveTotp = typeof RemoveTotp.Type

/** Errors, first wins: UserNotFound, FactorNotFound, StepUpRequired, UserChanged, UserStoreUnavailable. */
export const removeTotp = Effect.fn("users.removeTotp")(function* ({ user }: RemoveTotp, caller: Caller) {
  yield* changeCredentials(user, (credentials) =>
    Effect.gen(function* () {
      if (credentials.totp === undefined) return yield* Effect.fail(new FactorNotFound({ factor: "totp" }))
      yield* expectFreshWhere(credentials, caller)
      return Credentials.withoutTotp(credentials)
    })
  ).pipe(Effect.catchTag("IdentityTaken", Effect.die))
  yield* tellOfChange(user, "totp_removed")
  return {} satisfies Accepted
})
