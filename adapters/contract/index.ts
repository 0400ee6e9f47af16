export { type LedgerCapabilities, ledgerContract } from "./LedgerContract.ts"
