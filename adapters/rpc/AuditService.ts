/** `bank.access.v1.AuditService` over the use cases of `application/audit`. */
import { Schema } from "effect"
import { AccessGuards } from "../../application/access/index.ts"
import { AuditHead, GetAuditHead, getAuditHead, SearchAudit, searchAudit } from "../../application/audit/index.ts"
import { AuditEntry } from "../../application/ports/AuditLog.ts"
import { AuditService } from "../../proto/gen/bank/access/v1/audit_service_pb.ts"
import { guarded } from "./Door.ts"
import { limitDefault } from "./Limits.ts"
import { type Needs, type RpcService, unary } from "./Unary.ts"

const { method } = AuditService

const Entries = Schema.Struct({ items: Schema.Array(AuditEntry), next: Schema.optionalKey(Schema.Int) })

const rpcs = {
  searchAudit: unary({
    method: method.searchAudit,
    door: guarded(AccessGuards.readAudit),
    command: SearchAudit,
    answer: Entries,
    defaults: { limit: limitDefault },
    run: searchAudit
  }),
  getAuditHead: unary({
    method: method.getAuditHead,
    door: guarded(AccessGuards.readAudit),
    command: GetAuditHead,
    answer: AuditHead,
    run: getAuditHead
  })
}

/** Who did what. */
export const auditService: RpcService<Needs<typeof rpcs>> = {
  desc: AuditService,
  register: (router, context, options) => {
    router.service(
      AuditService,
      { searchAudit: rpcs.searchAudit(context), getAuditHead: rpcs.getAuditHead(context) },
      options
    )
  }
}
