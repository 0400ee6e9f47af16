import { Effect, Schema } from "effect"
import { begin, ProviderName } from "./Ticket.ts"

/** Begins a login at another provider, good for 10 minutes. */
export const BeginFederatedLogin = Schema.Struct({ provider: ProviderName })
export type BeginFederatedLogin = typeof BeginFederatedLogin.Type

/** Errors, first wins: UnknownProvider, FederationFailed, UserStoreUnavailable. */
export const beginFederatedLogin = Effect.fn("federation.beginLogin")(function* ({ provider }: BeginFederatedLogin) {
  return yield* begin(provider, undefined)
})
