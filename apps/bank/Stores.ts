import { Layer } from "effect"
import { layer as ids } from "../../adapters/ids/index.ts"
import {
  AccountStore,
  ApprovalStore,
  AuditLog,
  DataKeyStore,
  DelegationStore,
  Ledger,
  LedgerAudit,
  LedgerTree,
  Migrator,
  Postgres,
  Users,
  usersPoolLayer
} from "../../adapters/postgres/index.ts"
import type { Settings } from "./Settings.ts"
import { cipherOf, termsOf } from "./Terms.ts"

/** The ledger and the accounts alone, migrated to this version's schema first: for benchmarks and tools. */
export const ledgerStores = (url: string) =>
  Layer.mergeAll(Ledger.layer(), LedgerAudit.layer(), AccountStore.layer()).pipe(
    Layer.provide(Migrator.layer),
    Layer.provide(Postgres.layer({ url })),
    Layer.provide(ids)
  )

/** The stores of every context in one PostgreSQL, migrated to this version's schema first. */
export const stores = (from: Settings, url: string) => {
  const cipher = Layer.provideMerge(cipherOf(from), DataKeyStore.layer)
  const sealed = Layer.mergeAll(Users.layer, DelegationStore.layer(), ApprovalStore.layer(), AuditLog.layer())
  return Layer.mergeAll(Ledger.layer(), LedgerAudit.layer(), AccountStore.layer(), sealed).pipe(
    Layer.provideMerge(cipher),
    Layer.provideMerge(usersPoolLayer()),
    Layer.provide(Migrator.layer),
    Layer.provideMerge(Postgres.layer({ url })),
    Layer.provideMerge(termsOf(from)),
    Layer.provideMerge(ids)
  )
}

/** Only the audit: nothing is migrated and no writer is fenced, so it may run beside a bank. */
export const auditOf = (url: string) => Layer.provide(LedgerAudit.layer(), Postgres.layer({ url }))

/** The tree of proofs of a ledger that `stores` writes. */
export const treeOf = (url: string) => Layer.provide(LedgerTree.layer(), Postgres.layer({ url }))
