/** The forms in which a value would still be readable. */
import { createHash } from "node:crypto"
import type { Secret } from "./Values.ts"

/** A form of a value. `isExact` tells letters' cases apart: in base64 they are other values. */
export interface Needle {
  readonly field: string
  readonly encoding: string
  readonly bytes: Uint8Array
  readonly isExact: boolean
}

/** Bits of a character of base64. */
const sextet = 6

/** The characters of base64 that are the same whatever stands around the value, behind this many other bytes. */
const base64Within = (bytes: Uint8Array, before: number, alphabet: "base64" | "base64url"): string => {
  const text = Buffer.concat([Buffer.alloc(before), bytes]).toString(alphabet)
  return text.slice(Math.ceil((before * 8) / sextet), Math.floor(((before + bytes.length) * 8) / sextet))
}

const escapedInJson = (text: string): string =>
  JSON.stringify(text)
    .slice(1, -1)
    .replaceAll(/[^ -~]/gu, (each) =>
      Array.from({ length: each.length }, (_, at) => `\\u${each.charCodeAt(at).toString(16).padStart(4, "0")}`).join("")
    )

type Encode = (text: string) => Uint8Array

const base64At = (before: number, alphabet: "base64" | "base64url"): Encode => {
  return (text) => Buffer.from(base64Within(Buffer.from(text), before, alphabet))
}

const folded: Readonly<Record<string, Encode>> = {
  "UTF-8": (text) => Buffer.from(text),
  "UTF-16LE": (text) => Buffer.from(text, "utf16le"),
  hex: (text) => Buffer.from(Buffer.from(text).toString("hex")),
  percent: (text) => Buffer.from(encodeURIComponent(text)),
  JSON: (text) => Buffer.from(escapedInJson(text))
}

const exact: Readonly<Record<string, Encode>> = {
  "base64 at 0": base64At(0, "base64"),
  "base64 at 1": base64At(1, "base64"),
  "base64 at 2": base64At(2, "base64"),
  "base64url at 0": base64At(0, "base64url"),
  "base64url at 1": base64At(1, "base64url"),
  "base64url at 2": base64At(2, "base64url")
}

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest()

/** Unkeyed hashes: as bytes, hexadecimal and base64. Who has one guesses the value. */
const hashes: Readonly<Record<string, Encode>> = {
  "SHA-256 bytes": sha256,
  "SHA-256 hex": (text) => Buffer.from(sha256(text).toString("hex")),
  "SHA-256 base64": (text) => Buffer.from(sha256(text).toString("base64").slice(0, -2)),
  "SHA-256 base64url": (text) => Buffer.from(sha256(text).toString("base64url").slice(0, -1)),
  "MD5 hex": (text) => Buffer.from(createHash("md5").update(text).digest("hex")),
  "SHA-1 hex": (text) => Buffer.from(createHash("sha1").update(text).digest("hex"))
}

/** Names of every encoding, in which the check proves itself in every run. */
export const encodings: ReadonlyArray<string> = [...Object.keys(folded), ...Object.keys(exact), ...Object.keys(hashes)]

/** The bytes of a text in an encoding. */
export const encoded = (encoding: string, text: string): Uint8Array => {
  const encode = folded[encoding] ?? exact[encoding] ?? hashes[encoding]
  if (encode === undefined) throw new RangeError(`no encoding ${encoding}`)
  return encode(text)
}

/** Every form of a value, each once: as it is, in lower and in upper case, and its hashes where it could be guessed. */
export const needlesOf = ({ field, value, isGuessable }: Secret): ReadonlyArray<Needle> => {
  const found = new Map<string, Needle>()
  const add = (encoding: string, bytes: Uint8Array, isExact: boolean): void => {
    const key = Buffer.from(bytes).toString("latin1")
    if (!found.has(key)) found.set(key, { field, encoding, bytes, isExact })
  }
  for (const text of new Set([value, value.toLowerCase(), value.toUpperCase()])) {
    for (const [encoding, encode] of Object.entries(folded)) add(encoding, encode(text), false)
    for (const [encoding, encode] of Object.entries(exact)) add(encoding, encode(text), true)
    if (!isGuessable) continue
    for (const [encoding, encode] of Object.entries(hashes)) add(encoding, encode(text), !encoding.endsWith("hex"))
  }
  return [...found.values()]
}
