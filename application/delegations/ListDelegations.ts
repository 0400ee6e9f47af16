import { Effect, Schema } from "effect"
import { Delegation } from "../../domain/identity/index.ts"
import { CustomerId } from "../../domain/ids/index.ts"
import { DelegationStore } from "../ports/DelegationStore.ts"
import { CustomerRequired } from "./CustomerRequired.ts"

/** What a customer gave and got; the customer is the caller unless it is named. */
export const ListDelegations = Schema.Struct({ customer: Schema.optionalKey(CustomerId) })
export type ListDelegations = typeof ListDelegations.Type

/** At most 1000 delegations. */
export const DelegationList = Schema.Struct({ items: Schema.Array(Delegation.Delegation) })
export type DelegationList = typeof DelegationList.Type

/** Newest first, revoked ones too. Errors: CustomerRequired, then those of the store. */
export const listDelegations = Effect.fn("delegations.list")(function* (
  query: ListDelegations,
  caller: CustomerId | undefined
) {
  const customer = query.customer ?? caller
  if (customer === undefined) return yield* Effect.fail(new CustomerRequired({}))
  const list: DelegationList = { items: yield* (yield* DelegationStore).of(customer) }
  return list
})
