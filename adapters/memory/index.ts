/** The bank's stores in memory, for tests and simulations: they run on Bun, Deno, Node and in browsers. */
import { Layer } from "effect"
import { layer as accountStore } from "./AccountStore.ts"
import { layer as ledger } from "./Ledger.ts"
import { layer as ledgerAudit } from "./LedgerAudit.ts"
import { layer as ledgerFeed } from "./LedgerFeed.ts"
import { layer as ledgerState } from "./LedgerState.ts"
import { layer as ledgerTree } from "./LedgerTree.ts"

/** An empty ledger with its audit and its tree; each build is a ledger of its own. */
export const ledgerLayer = Layer.provide(Layer.mergeAll(ledger, ledgerAudit, ledgerFeed, ledgerTree), ledgerState)

/** No accounts yet. */
export const accountStoreLayer = accountStore

/** Ledger, audit and account store. */
export const layer = Layer.merge(ledgerLayer, accountStoreLayer)
