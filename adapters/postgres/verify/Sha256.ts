import { hash } from "node:crypto"
import type { Sha256 } from "../../../domain/proofs/index.ts"

/** The platform's own SHA-256. */
export const nativeSha256: Sha256 = (bytes) => hash("sha256", bytes, "buffer")
