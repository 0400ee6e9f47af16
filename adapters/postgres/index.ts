/** The bank's stores in PostgreSQL. */
export * as AccountStore from "./accounts/AccountStore.ts"
export * as LedgerAudit from "./ledger/Audit.ts"
export * as Ledger from "./ledger/Ledger.ts"
export * as LedgerTree from "./ledger/LedgerTree.ts"
export { defaultLedgerId, defaultOptions, type LedgerOptions } from "./ledger/Options.ts"
export * as Migrator from "./Migrator.ts"
export * as Postgres from "./Postgres.ts"
