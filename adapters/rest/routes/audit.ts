import { Effect } from "effect"
import { AccessGuards } from "../../../application/access/index.ts"
import { AuditHead, GetAuditHead, getAuditHead, SearchAudit, searchAudit } from "../../../application/audit/index.ts"
import { AuditEntry } from "../../../application/ports/AuditLog.ts"
import { endpoint } from "../Endpoint.ts"
import { page, pageOf } from "../Page.ts"

/** The audit log: who did what, and who has read it. */
export const audit = [
  endpoint({
    method: "GET",
    path: "/v1/audit",
    operationId: "searchAudit",
    summary: "Search the audit log, newest first",
    command: SearchAudit,
    answer: pageOf(AuditEntry),
    answerName: "AuditPage",
    status: 200,
    errors: [],
    list: "audit",
    guard: AccessGuards.readAudit,
    run: (query) => Effect.map(searchAudit(query), page("audit"))
  }),
  endpoint({
    method: "GET",
    path: "/v1/audit/head",
    operationId: "getAuditHead",
    summary: "Read the newest entry's number and hash, to be kept elsewhere",
    command: GetAuditHead,
    answer: AuditHead,
    answerName: "AuditHead",
    status: 200,
    errors: [],
    guard: AccessGuards.readAudit,
    run: (query) => getAuditHead(query)
  })
]
