/** The bank's stores in memory, for tests and simulations: they run on Bun, Deno, Node and in browsers. */
import { Layer } from "effect"

export { accessLayer, termsOfSimulation } from "./Access.ts"

import { layer as accountStore } from "./AccountStore.ts"
import { layer as approvalStore } from "./ApprovalStore.ts"
import { layer as artifactStore } from "./ArtifactStore.ts"
import { layer as auditLog } from "./AuditLog.ts"
import { layer as challengeStore } from "./ChallengeStore.ts"
import { layer as delegationStore } from "./DelegationStore.ts"
import { layer as ledger } from "./Ledger.ts"
import { layer as ledgerAudit } from "./LedgerAudit.ts"
import { layer as ledgerFeed } from "./LedgerFeed.ts"
import { layer as ledgerState } from "./LedgerState.ts"
import { layer as ledgerTree } from "./LedgerTree.ts"
import { layer as loginThrottle } from "./LoginThrottle.ts"
import { layer as sessionStore } from "./SessionStore.ts"
import { layer as signingKeyStore } from "./SigningKeyStore.ts"
import { layer as userStore } from "./UserStore.ts"

/** An empty ledger with its audit and its tree; each build is a ledger of its own. */
export const ledgerLayer = Layer.provide(Layer.mergeAll(ledger, ledgerAudit, ledgerFeed, ledgerTree), ledgerState)

/** No entries yet. */
export const auditLogLayer = auditLog

/** No accounts yet. */
export const accountStoreLayer = accountStore

/** Ledger, audit and account store. */
export const layer = Layer.merge(ledgerLayer, accountStoreLayer)

/** No users, sessions, challenges, failed logins, signing keys or artifacts yet. */
export const userStoreLayer = userStore
export const sessionStoreLayer = sessionStore
export const challengeStoreLayer = challengeStore
export const loginThrottleLayer = loginThrottle
export const signingKeyStoreLayer = signingKeyStore
export const artifactStoreLayer = artifactStore

/** These six. */
export const usersLayer = Layer.mergeAll(
  userStore,
  sessionStore,
  challengeStore,
  loginThrottle,
  signingKeyStore,
  artifactStore
)

/** No delegations and no approvals yet. */
export const delegationStoreLayer = delegationStore
export const approvalStoreLayer = approvalStore

export { layer as dataKeyStoreLayer } from "./DataKeyStore.ts"
export { Inbox, layer as inboxMailerLayer, type SentMail } from "./InboxMailer.ts"
