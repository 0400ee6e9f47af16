export { accountStoreContract } from "./AccountStoreContract.ts"
export { type LedgerCapabilities, ledgerContract } from "./LedgerContract.ts"
