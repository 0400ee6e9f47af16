/** What the pages need of a request and an answer of `node:http`. */

import { randomUUID } from "node:crypto"
import type { IncomingMessage, ServerResponse } from "node:http"
import { type Origin, originTextMax } from "../../application/ports/Origin.ts"
import type { OidcTerms } from "./Options.ts"

/** Bytes of a form at most; a passkey's answer takes some thousand. */
const formBytesMax = 16_384

/** The request is no form, or is longer than any of ours. */
export class NotAForm extends Error {}

/** The fields of a form, each once; whatever follows a first value is left out. */
export const readForm = async (req: IncomingMessage): Promise<Readonly<Record<string, string>>> => {
  if (!(req.headers["content-type"] ?? "").startsWith("application/x-www-form-urlencoded")) throw new NotAForm("type")
  const chunks: Array<Buffer> = []
  let length = 0
  for await (const chunk of req) {
    const bytes = Buffer.from(chunk)
    length += bytes.length
    if (length > formBytesMax) throw new NotAForm("length")
    chunks.push(bytes)
  }
  const fields = new URLSearchParams(Buffer.concat(chunks).toString("utf8"))
  return Object.fromEntries([...fields].reverse())
}

/**
 * Whether a browser says that one of our own pages sent the request. Every browser sends `Origin` with a POST, and no page
 * of another site can change it.
 */
export const isSameOrigin = (req: IncomingMessage, { issuer }: OidcTerms): boolean =>
  req.headers.origin === new URL(issuer).origin

/** The client's address. */
export const addressOf = (req: IncomingMessage, terms: OidcTerms): string | undefined =>
  terms.addressOf([req.headers["x-forwarded-for"]].flat().join(",") || undefined, req.socket.remoteAddress)

export const originOf = (req: IncomingMessage, address: string | undefined): Origin => {
  const userAgent = req.headers["user-agent"]
  return {
    requestId: randomUUID(),
    ...(address === undefined ? {} : { address }),
    ...(userAgent === undefined ? {} : { userAgent: userAgent.slice(0, originTextMax) })
  }
}

/** The value of a cookie, undefined where the browser sent none. */
export const cookieOf = (req: IncomingMessage, name: string): string | undefined =>
  (req.headers.cookie ?? "")
    .split(";")
    .map((pair) => pair.trim().split("="))
    .find(([key]) => key === name)?.[1]

export const reply = (
  res: ServerResponse,
  status: number,
  type: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {}
): void => {
  res.writeHead(status, {
    "content-type": type,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    ...headers
  })
  res.end(body)
}
