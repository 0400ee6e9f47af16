/** The suites that implementations of the ports pass, and short words for tests of what a suite cannot see. */
export { type AccessEdge, type Answered, accessContract, cellsOf } from "./AccessContract.ts"
export type { Letter, Persona } from "./AccessMatrix.ts"
export { type RestRow, restRows } from "./AccessRest.ts"
export { type RpcRow, rpcRows } from "./AccessRpc.ts"
export {
  auditHead,
  auditSince,
  type Cast,
  callerOf,
  customerOf,
  doorkeeper,
  newCast,
  north,
  south,
  stateOf,
  type Things
} from "./AccessWorld.ts"
export { accountStoreContract } from "./AccountStoreContract.ts"
export { approvalStoreContract } from "./ApprovalStoreContract.ts"
export { artifactStoreContract } from "./ArtifactStoreContract.ts"
export { auditLogContract } from "./AuditLogContract.ts"
export { anyone, tenant } from "./Callers.ts"
export { challengeStoreContract } from "./ChallengeStoreContract.ts"
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
export { loginThrottleContract } from "./LoginThrottleContract.ts"
export { credentialsOf, identityOf, later, now, personal, sessionOf, unique, userOf } from "./People.ts"
export { proofContract } from "./ProofContract.ts"
export { sessionStoreContract } from "./SessionStoreContract.ts"
export { signingKeyStoreContract } from "./SigningKeyStoreContract.ts"
export { userStoreContract } from "./UserStoreContract.ts"
