/** Approvals as rows: what is looked for has a column, the rest is sealed in two texts: the request, and its outcome. */

import { Schema } from "effect"
import { Approval } from "../../../application/ports/ApprovalStore.ts"
import { Instant } from "../../../domain/calendar/index.ts"
import { TypedId } from "../../../domain/ids/index.ts"
import { intOf, optionalText, type Row, textOf } from "../Fields.ts"
import { millis } from "../Sql.ts"

export const approvalColumns = `approval_id, operation, status, checker, ${millis("created_at")}, ${millis("expires_at")},
  ${millis("decided_at")}, sealed, outcome`

const { command, maker, reason, result, decisionReason } = Approval.fields

const RequestJson = Schema.fromJsonString(Schema.Struct({ command, maker, reason }))
const encodeRequest = Schema.encodeSync(RequestJson)
const decodeRequest = Schema.decodeUnknownSync(RequestJson, { onExcessProperty: "error" })

const OutcomeJson = Schema.fromJsonString(Schema.Struct({ result, decisionReason }))
const encodeOutcome = Schema.encodeSync(OutcomeJson)
const decodeOutcome = Schema.decodeUnknownSync(OutcomeJson, { onExcessProperty: "error" })

const decodeApproval = Schema.decodeUnknownSync(Schema.toType(Approval), { onExcessProperty: "error" })

/** Where the sealed texts of an approval stand. */
export const requestPlace = (id: string): string => `access.approval.sealed ${id}`
export const outcomePlace = (id: string): string => `access.approval.outcome ${id}`

export const idOf = (row: Row): string => TypedId.fromUuid("apr", textOf(row, "approval_id"))

/** Command, maker and reason: what never changes. */
export const requestText = ({ command, maker, reason }: Approval): string =>
  encodeRequest({ command, maker, ...(reason === undefined ? {} : { reason }) })

/** What came of it; undefined where nothing did yet. */
export const outcomeText = ({ result, decisionReason }: Approval): string | undefined =>
  result === undefined && decisionReason === undefined
    ? undefined
    : encodeOutcome({
        ...(result === undefined ? {} : { result }),
        ...(decisionReason === undefined ? {} : { decisionReason })
      })

const instantOf = (row: Row, name: string): Instant.Instant => Instant.fromMillis(intOf(row, name))

/** The approval as it was filed: the request without what came of it. */
export const filedOf = (row: Row, request: string): Approval =>
  decodeApproval({
    id: idOf(row),
    operation: row.operation,
    ...decodeRequest(request),
    status: "pending",
    createdAt: instantOf(row, "created_at"),
    expiresAt: instantOf(row, "expires_at")
  })

export const approvalOf = (row: Row, request: string, outcome: string | undefined): Approval => {
  const checker = optionalText(row, "checker")
  return decodeApproval({
    ...filedOf(row, request),
    status: row.status,
    ...(checker === undefined ? {} : { checker }),
    ...(row.decided_at === null ? {} : { decidedAt: instantOf(row, "decided_at") }),
    ...(outcome === undefined ? {} : decodeOutcome(outcome))
  })
}
