import { Schema } from "effect"

/**
 * What the holder of a token may do with it (RFC 6749, 3.3), however much its user may. `bank:admin` covers what only the
 * bank's own staff do.
 */
export const Scope = Schema.Literals([
  "accounts:read",
  "accounts:write",
  "payments:write",
  "profile:read",
  "profile:write",
  "bank:admin"
])
export type Scope = typeof Scope.Type

/** Every scope: what a login at the bank's own app gives. */
export const scopes: ReadonlyArray<Scope> = Scope.literals

/** What an app of a third party may be granted. */
export const scopesOfThirdParties: ReadonlyArray<Scope> = [
  "accounts:read",
  "accounts:write",
  "payments:write",
  "profile:read"
]
