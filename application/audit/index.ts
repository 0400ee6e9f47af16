/** Use cases of auditors, and the form that records are stored in. */
export { contentOf, entryOf, secretOf } from "./Content.ts"
export { AuditHead, GetAuditHead, getAuditHead } from "./GetAuditHead.ts"
export { SearchAudit, searchAudit } from "./SearchAudit.ts"
