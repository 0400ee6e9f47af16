import type { Caller } from "../../application/ports/Caller.ts"
import { Instant } from "../../domain/calendar/index.ts"
import { roles, scopes, TenantId } from "../../domain/identity/index.ts"

/** The bank of the tests. */
export const tenant = TenantId.make("bank")

/** A caller who may do everything, so that tests of what is done need not say who may. */
export const anyone: Omit<Caller, "id" | "customer"> = {
  tenant,
  roles,
  scopes,
  kyc: "full",
  assurance: "mfa",
  authenticatedAt: Instant.fromMillis(0),
  client: "test"
}
