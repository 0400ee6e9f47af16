import { Context } from "effect"
import type { Permission, TenantId } from "../../domain/identity/index.ts"

/** Which bank this is among those of an installation, and what it has decided about who may do what. */
export class Terms extends Context.Service<
  Terms,
  Permission.Terms & {
    readonly tenant: TenantId
    /** Whether customers may pay cash in and out by themselves, which only a simulation lets them. */
    readonly selfServiceCash: boolean
  }
>()("bank/application/ports/Terms") {}
