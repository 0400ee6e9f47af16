import { Clock, Effect, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { Credentials } from "../../domain/identity/index.ts"
import { UserId } from "../../domain/ids/index.ts"
import type { Caller } from "../ports/Caller.ts"
import { Secrets } from "../ports/Crypto.ts"
import { PasskeyRefused, Passkeys } from "../ports/SecondFactors.ts"
import { ChallengeStore } from "../ports/UserStore.ts"
import { passkeysMax } from "./BeginPasskey.ts"
import { changeCredentials } from "./ChangeCredentials.ts"
import { FactorAdded } from "./ConfirmTotp.ts"
import { Ticket, WebAuthnJson } from "./FactorProof.ts"
import { expectFreshWhere } from "./Freshness.ts"
import { PasskeyView, passkeyView } from "./ListFactors.ts"
import { tellOfChange } from "./Mailing.ts"
import { makeRecoveryCodes } from "./RecoveryCodes.ts"
import { FactorExists } from "./Refusals.ts"

/** Sets up the passkey that the browser has made; `name` is what the user calls the device. */
export const FinishPasskey = Schema.Struct({
  user: UserId,
  ticket: Ticket,
  name: Schema.String.check(
    Schema.isPattern(/^(?!\s)[^\p{C}]{1,60}(?<!\s)$/u, { expected: "1 to 60 printable characters" })
  ),
  answer: WebAuthnJson
})
export type FinishPasskey = typeof FinishPasskey.Type

/** The passkey, and recovery codes where it is the first second factor. */
export const PasskeyAdded = Schema.Struct({ passkey: PasskeyView, ...FactorAdded.fields })
export type PasskeyAdded = typeof PasskeyAdded.Type

/**
 * Errors, first wins: PasskeyRefused (also where the ticket is none of this user, or no longer), UserNotFound, FactorExists,
 * StepUpRequired (where there is a second factor), UserChanged, IdentityTaken (another user's passkey),
 * UserStoreUnavailable.
 */
export const finishPasskey = Effect.fn("users.finishPasskey")(function* (command: FinishPasskey, caller: Caller) {
  const { user, ticket, name, answer } = command
  const challenges = yield* ChallengeStore
  const digest = (yield* Secrets).digest(ticket)
  const createdAt = Instant.fromMillis(yield* Clock.currentTimeMillis)
  const kept = yield* challenges.take("passkey_registration", digest, createdAt)
  if (kept === undefined || kept.user !== user) return yield* Effect.fail(new PasskeyRefused({ reason: "ticket" }))
  const made = yield* (yield* Passkeys).register(answer, kept.data)
  const passkey: Credentials.Passkey = { ...made, name, createdAt }
  const recovery = yield* makeRecoveryCodes
  const saved = yield* changeCredentials(user, (credentials) =>
    Effect.gen(function* () {
      const { passkeys, recoveryCodes } = credentials
      if (passkeys.length >= passkeysMax || passkeys.some(({ id }) => id === passkey.id))
        return yield* Effect.fail(new FactorExists({ factor: "passkey" }))
      yield* expectFreshWhere(credentials, caller)
      return Credentials.next(credentials, {
        passkeys: [...passkeys, passkey],
        recoveryCodes: recoveryCodes.length === 0 ? recovery.digests : recoveryCodes
      })
    })
  )
  yield* tellOfChange(user, "passkey_added")
  return {
    passkey: passkeyView(passkey),
    ...(saved.recoveryCodes === recovery.digests ? { recoveryCodes: recovery.codes } : {})
  } satisfies PasskeyAdded
})
