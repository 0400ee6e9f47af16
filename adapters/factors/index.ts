/** Second factors: one-time codes and passkeys. */
export * as Passkeys from "./Passkeys.ts"
export * as TotpCodes from "./TotpCodes.ts"
