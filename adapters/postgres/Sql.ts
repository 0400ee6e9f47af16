/** Words of SQL that several stores use. */
import { createHash } from "node:crypto"

/** The SHA-256 of a text as the text of a `bytea`. */
export const sha256 = (text: string): string => `\\x${createHash("sha256").update(text).digest("hex")}`

/** Selects a time in epoch milliseconds under its own name. */
export const millis = (column: string): string => `(extract(epoch from ${column}) * 1000)::bigint as ${column}`
