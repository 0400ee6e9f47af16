/**
 * Signed texts in their compact form (RFC 7515, 7.1), read more strictly than they need to be: one text has one spelling
 * and one meaning. Base64url without padding, whitespace or stray bits at its end (RFC 4648, 3.5), so that no changed text
 * is the same token; UTF-8 that is well-formed; JSON objects whose members have one name each (RFC 8259, 4).
 */
import { Buffer } from "node:buffer"
import { Result, Schema } from "effect"
import { type CryptoKey, compactVerify, type JWK } from "jose"
import type { Algorithm } from "./Jwk.ts"

/** Why a token is refused; only ever logged. */
export const Why = Schema.Literals([
  "text",
  "header",
  "key",
  "signature",
  "claims",
  "issuer",
  "audience",
  "time",
  "session",
  "keysUnavailable",
  "scheme",
  "proof",
  "proofSignature",
  "proofKey",
  "proofTarget",
  "proofTime",
  "proofToken",
  "replay"
])

/** A token, or its proof, is not accepted. */
export class Refused extends Schema.TaggedError<Refused>()("Refused", { why: Why }) {}

/** Characters of the longest text that is read; that of a token is some 700. */
const charactersMax = 4096

interface Compact {
  readonly header: unknown
  readonly payload: unknown
}

const segments = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/u

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** The bytes of base64url that has one spelling: encoded again they give the same text. */
const bytesOf = (text: string): Uint8Array | undefined => {
  const bytes = Buffer.from(text, "base64url")
  return bytes.toString("base64url") === text ? bytes : undefined
}

/** Strings and the signs that nest or part; what is between them does not matter, the text is JSON already. */
const jsonSigns = /"(?:[^"\\]|\\.)*"|[{}[\]:]/gu

/** Whether every object in this JSON text names each of its members once, however a name is written. */
export const hasUniqueMembers = (json: string): boolean => {
  const open: Array<Set<string>> = []
  let name: string | undefined
  for (const [sign] of json.matchAll(jsonSigns)) {
    if (sign === "{" || sign === "[") open.push(new Set())
    else if (sign === "}" || sign === "]") open.pop()
    else if (sign === ":") {
      const names = open.at(-1)
      if (name === undefined || names?.has(name) === true) return false
      names?.add(name)
    } else name = String(JSON.parse(sign))
  }
  return true
}

const jsonOf = (segment: string): unknown => {
  const bytes = bytesOf(segment)
  if (bytes === undefined) return undefined
  try {
    const text = utf8.decode(bytes)
    const value: unknown = JSON.parse(text)
    return hasUniqueMembers(text) ? value : undefined
  } catch {
    return undefined
  }
}

/** Whether a text is short enough to be looked at. */
export const isShort = (text: string): boolean => text.length <= charactersMax

/** Reads header and payload, which nothing has vouched for yet. */
export const read = (text: string): Result.Result<Compact, Refused> => {
  const [, first = "", second = "", third = ""] = (isShort(text) && segments.exec(text)) || []
  const [header, payload] = [jsonOf(first), jsonOf(second)]
  return header === undefined || payload === undefined || bytesOf(third) === undefined
    ? Result.fail(new Refused({ why: "text" }))
    : Result.succeed({ header, payload })
}

/** Whether the key has signed the text by this algorithm and no other. */
export const isSignedBy = async (text: string, key: CryptoKey | JWK, algorithm: Algorithm): Promise<boolean> => {
  try {
    await compactVerify(text, key, { algorithms: [algorithm] })
    return true
  } catch {
    return false
  }
}
