import { Effect, Schema } from "effect"
import { IdentityProviders } from "../ports/Outside.ts"
import { ProviderName } from "./Ticket.ts"

export const ListProviders = Schema.Struct({})
export type ListProviders = typeof ListProviders.Type

/** Providers at which users may log in, in the order that the bank shows them. */
export const ProviderList = Schema.Struct({
  items: Schema.Array(Schema.Struct({ name: ProviderName, title: Schema.String }))
})
export type ProviderList = typeof ProviderList.Type

export const listProviders = Effect.fn("federation.list")(function* (_query: ListProviders) {
  const { all } = yield* IdentityProviders
  return { items: all } satisfies ProviderList
})
