import { Context } from "effect"
import type { Permission, TenantId } from "../../domain/identity/index.ts"

/** Which bank this is among those of an installation, and what it has decided about who may do what. */
export class Terms extends Context.Service<Terms, Permission.Terms & { readonly tenant: TenantId }>()(
  "bank/application/ports/Terms"
) {}
