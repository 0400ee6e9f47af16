import { Effect, Schema } from "effect"
import { DelegationId } from "../../domain/ids/index.ts"
import { DelegationStore } from "../ports/DelegationStore.ts"

export const GetDelegation = Schema.Struct({ delegation: DelegationId })
export type GetDelegation = typeof GetDelegation.Type

/** One delegation, revoked or not. Errors: DelegationNotFound, then those of the store. */
export const getDelegation = Effect.fn("delegations.get")(function* ({ delegation }: GetDelegation) {
  return yield* (yield* DelegationStore).find(delegation)
})
