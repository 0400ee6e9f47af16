/** Passwords: their hashes, and those that nobody should use. */
export * as BreachedPasswords from "./BreachedPasswords.ts"
export * as PasswordHasher from "./PasswordHasher.ts"
