/** The suites that implementations of the ports pass, and short words for tests of what a suite cannot see. */
export { accountStoreContract } from "./AccountStoreContract.ts"
export { approvalStoreContract } from "./ApprovalStoreContract.ts"
export { auditLogContract } from "./AuditLogContract.ts"
export { anyone, tenant } from "./Callers.ts"
export { delegationStoreContract } from "./DelegationStoreContract.ts"
export {
  accountOf,
  cents,
  funded,
  held,
  hold,
  newKey,
  opened,
  posted,
  receiptText,
  submit,
  transfer
} from "./Desk.ts"
export { feedContract } from "./FeedContract.ts"
export { type LedgerCapabilities, ledgerContract } from "./LedgerContract.ts"
export { proofContract } from "./ProofContract.ts"
