import { Effect, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { Credentials } from "../../domain/identity/index.ts"
import { UserId } from "../../domain/ids/index.ts"
import { UserStore } from "../ports/UserStore.ts"

export const ListFactors = Schema.Struct({ user: UserId })
export type ListFactors = typeof ListFactors.Type

const { id, name, createdAt, lastUsedAt } = Credentials.Passkey.fields

export const PasskeyView = Schema.Struct({ id, name, createdAt, lastUsedAt })
export type PasskeyView = typeof PasskeyView.Type

/** What a user proves itself by, without what would prove it. */
export const FactorsView = Schema.Struct({
  password: Schema.Boolean,
  /** Since when an authenticator app is set up. */
  totpSince: Schema.optionalKey(Instant.Instant),
  recoveryCodesLeft: Schema.Int,
  passkeys: Schema.Array(PasskeyView),
  identities: Schema.Array(Schema.Struct({ issuer: Schema.String, linkedAt: Instant.Instant }))
})
export type FactorsView = typeof FactorsView.Type

export const passkeyView = ({ id, name, createdAt, lastUsedAt }: Credentials.Passkey): PasskeyView => ({
  id,
  name,
  createdAt,
  ...(lastUsedAt === undefined ? {} : { lastUsedAt })
})

/** The view of credentials. */
export const factorsView = (credentials: Credentials.Credentials): FactorsView => {
  const { password, totp, recoveryCodes, passkeys, identities } = credentials
  return {
    password: password !== undefined,
    ...(totp?.confirmedAt === undefined ? {} : { totpSince: totp.confirmedAt }),
    recoveryCodesLeft: recoveryCodes.length,
    passkeys: passkeys.map(passkeyView),
    identities: identities.map(({ issuer, linkedAt }) => ({ issuer, linkedAt }))
  }
}

/** Errors, first wins: UserNotFound, UserStoreUnavailable. */
export const listFactors = Effect.fn("users.listFactors")(function* ({ user }: ListFactors) {
  const users = yield* UserStore
  return factorsView(yield* users.credentials(user))
})
