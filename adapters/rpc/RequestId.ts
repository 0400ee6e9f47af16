/** Request ids: in every answer and every log line of a request, of the same form and derivation as in REST. */
import { createHash, randomUUID } from "node:crypto"

/** The response header, and metadata of an error, that carries the id. */
export const requestIdHeader = "x-request-id"

/** The id of a request that no retry repeats. */
export const randomRequestId = (): string => `req_${randomUUID().replaceAll("-", "")}`

/** The id that every retry of a caller's key has too, so that a problem comes back byte for byte. */
export const requestIdOf = (caller: string, key: string): string =>
  `req_${createHash("sha256").update(`${caller}\n${key}`).digest("hex").slice(0, 32)}`
