/** The bank's own use cases, over the stores of a bank that runs: what no route leads to is done here. */
import { ConfigProvider, Effect, Layer, ManagedRuntime } from "effect"
import { layer as ids } from "../../../adapters/ids/index.ts"
import {
  AccountStore,
  ApprovalStore,
  AuditLog,
  DataKeyStore,
  DelegationStore,
  Postgres,
  Users,
  usersPoolLayer
} from "../../../adapters/postgres/index.ts"
import { identity } from "../../../apps/bank/Identity.ts"
import { type Settings, settings } from "../../../apps/bank/Settings.ts"
import { cipherOf, termsOf } from "../../../apps/bank/Terms.ts"

/** Everything but the ledger, whose only writer is the bank that runs. */
const storesBeside = (from: Settings, url: string) =>
  Layer.mergeAll(
    Users.layer,
    DelegationStore.layer(),
    ApprovalStore.layer(),
    AuditLog.layer(),
    AccountStore.layer()
  ).pipe(
    Layer.provideMerge(Layer.provideMerge(cipherOf(from), DataKeyStore.layer)),
    Layer.provideMerge(usersPoolLayer({ connectionsMax: 4 })),
    Layer.provideMerge(Postgres.layer({ url, applicationName: "privacy" })),
    Layer.provideMerge(termsOf(from)),
    Layer.provideMerge(ids)
  )

const servicesOf = Effect.fnUntraced(function* (url: string, issuer: string) {
  const from = yield* settings
  const people = yield* identity(from, { issuer, publicUrl: undefined }, undefined)
  return Layer.provideMerge(people, storesBeside(from, url))
})

/** Opens the use cases, by the same settings as the bank's. */
export const openDesk = (url: string, issuer: string, env: Readonly<Record<string, string>>) => {
  const provider = ConfigProvider.layer(ConfigProvider.fromEnv({ env }))
  return ManagedRuntime.make(Layer.provide(Layer.unwrap(servicesOf(url, issuer)), provider))
}

export type Desk = ReturnType<typeof openDesk>
