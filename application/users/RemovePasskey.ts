import { Effect, Schema } from "effect"
import { Credentials } from "../../domain/identity/index.ts"
import { UserId } from "../../domain/ids/index.ts"
import type { Caller } from "../ports/Caller.ts"
import { changeCredentials } from "./ChangeCredentials.ts"
import { expectFreshWhere } from "./Freshness.ts"
import { tellOfChange } from "./Mailing.ts"
import { FactorNotFound } from "./Refusals.ts"
import type { Accepted } from "./RequestPasswordReset.ts"

/** Takes one of the passkeys away. */
export const RemovePasskey = Schema.Struct({ user: UserId, passkey: Schema.String.check(Schema.isMaxLength(1400)) })
export type RemovePasskey = typeof RemovePasskey.Type

/** Errors, first wins: UserNotFound, FactorNotFound, StepUpRequired, LastLogin, UserChanged, UserStoreUnavailable. */
export const removePasskey = Effect.fn("users.removePasskey")(function* (
  { user, passkey }: RemovePasskey,
  caller: Caller
) {
  yield* changeCredentials(user, (credentials) =>
    Effect.gen(function* () {
      if (!credentials.passkeys.some(({ id }) => id === passkey))
        return yield* Effect.fail(new FactorNotFound({ factor: passkey }))
      yield* expectFreshWhere(credentials, caller)
      return yield* Effect.fromResult(Credentials.keepingLogin(Credentials.withoutPasskey(credentials, passkey)))
    })
  ).pipe(Effect.catchTag("IdentityTaken", Effect.die))
  yield* tellOfChange(user, "passkey_removed")
  return {} satisfies Accepted
})
