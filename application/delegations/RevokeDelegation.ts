import { Clock, Effect, Schema } from "effect"
import { Instant } from "../../domain/calendar/index.ts"
import { DelegationId } from "../../domain/ids/index.ts"
import { DelegationStore } from "../ports/DelegationStore.ts"

/** Ends a delegation now; who gave it and who got it may. */
export const RevokeDelegation = Schema.Struct({ delegation: DelegationId })
export type RevokeDelegation = typeof RevokeDelegation.Type

/** Revoked once, it keeps the time of the first revocation. Errors: DelegationNotFound, then those of the store. */
export const revokeDelegation = Effect.fn("delegations.revoke")(function* ({ delegation }: RevokeDelegation) {
  const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
  return yield* (yield* DelegationStore).revoke(delegation, now)
})
