/** The bank's stores in memory, for tests and simulations: they run on Bun, Deno, Node and in browsers. */
import { Layer } from "effect"
import { layer as accountStore } from "./AccountStore.ts"
import { layer as ledger } from "./Ledger.ts"
import { layer as ledgerAudit } from "./LedgerAudit.ts"
import { layer as ledgerState } from "./LedgerState.ts"

/** An empty ledger with its audit; each build is a ledger of its own. */
export const ledgerLayer = Layer.provide(Layer.merge(ledger, ledgerAudit), ledgerState)

/** No accounts yet. */
export const accountStoreLayer = accountStore

/** Ledger, audit and account store. */
export const layer = Layer.merge(ledgerLayer, accountStoreLayer)
