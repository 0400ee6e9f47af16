/** Access tokens: the keys that sign them, and who calls by one. */
export * as Authenticator from "./Authenticator.ts"
export * as KeyRing from "./KeyRing.ts"
export * as RevokedSessions from "./RevokedSessions.ts"
