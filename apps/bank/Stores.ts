import { Layer } from "effect"
import { layer as ids } from "../../adapters/ids/index.ts"
import { AccountStore, Ledger, LedgerAudit, LedgerTree, Migrator, Postgres } from "../../adapters/postgres/index.ts"

/** The stores of every context in one PostgreSQL, migrated to this version's schema first. */
export const stores = (url: string) =>
  Layer.mergeAll(Ledger.layer(), LedgerAudit.layer(), AccountStore.layer()).pipe(
    Layer.provide(Migrator.layer),
    Layer.provide(Postgres.layer({ url })),
    Layer.provide(ids)
  )

/** Only the audit: nothing is migrated and no writer is fenced, so it may run beside a bank. */
export const auditOf = (url: string) => Layer.provide(LedgerAudit.layer(), Postgres.layer({ url }))

/** The tree of proofs of a ledger that `stores` writes. */
export const treeOf = (url: string) => Layer.provide(LedgerTree.layer(), Postgres.layer({ url }))
