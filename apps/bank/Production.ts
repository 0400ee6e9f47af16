/** What a bank in production must be told, so that it never runs on what development made up for itself. */
import { readFileSync } from "node:fs"
import { Option } from "effect"
import type { Settings } from "./Settings.ts"

/** A setting that does not do in production. */
export interface Unfit {
  readonly setting: string
  readonly expected: string
}

const isLoopback = (host: string): boolean => /^(localhost|127(\.\d+){3}|\[?::1\]?)$/u.test(host)

/** Names of the keys that must be given, and why. */
const required = (from: Settings): ReadonlyArray<readonly [string, Option.Option<unknown>, string]> => [
  ["DATABASE_URL", from.databaseUrl, "the embedded database is for development"],
  ["BANK_SIGNING_KEY", from.signingKey, "the key that development makes is not one to sign with"],
  ["BANK_COOKIE_KEYS", from.identity.cookieKeys, "the keys that development makes are not ones to sign with"],
  ["BANK_ISSUER", from.identity.issuer, "tokens name it for ever"],
  ["BANK_PUBLIC_URL", from.identity.publicUrl, "proofs of possession name it"],
  ["BANK_SMTP_URL", from.identity.smtpUrl, "development writes mail to files"]
]

/** Characters that a random key of a length must have at least: a key like `7777…` was typed and not made. */
const isMade = (key: string): boolean => new Set(key).size >= 8

const encrypted = /[?&]sslmode=(require|verify-ca|verify-full)(&|$)/u

/** A key that a bank in development has made for itself and keeps in its data directory. */
const keptHere = (from: Settings, key: string, name: string): boolean =>
  Option.match(from.dataDir, {
    onNone: () => false,
    onSome: (folder) => {
      try {
        return readFileSync(`${folder}/${name}`, "utf8").trim() === key
      } catch {
        return false
      }
    }
  })

const keys = (from: Settings): ReadonlyArray<readonly [string, string, string]> => [
  ...Option.match(from.signingKey, {
    onNone: () => [],
    onSome: (key) => [["BANK_SIGNING_KEY", key, "signing-key"] as const]
  }),
  ...Option.match(from.identity.cookieKeys, {
    onNone: () => [],
    onSome: (text) => text.split(",").map((key) => ["BANK_COOKIE_KEYS", key, "cookie-keys"] as const)
  })
]

/** The first setting that does not do in production; undefined where all do. */
export const unfitForProduction = (from: Settings): Unfit | undefined => {
  const { identity } = from
  if (Option.isSome(from.token))
    return { setting: "BANK_TOKEN", expected: "Expected none in production: it opens every door" }
  for (const [setting, value, why] of required(from))
    if (Option.isNone(value)) return { setting, expected: `Required in production: ${why}` }
  if (Option.isNone(identity.kmsKey) && Option.isNone(identity.masterKeys))
    return { setting: "BANK_KMS_KEY", expected: "Required in production, or BANK_MASTER_KEYS: keys of personal data" }
  for (const [setting, key, file] of keys(from))
    if (!isMade(key) || keptHere(from, key, file))
      return { setting, expected: "Expected random bytes that no development bank has used" }
  for (const [setting, url] of [
    ["BANK_ISSUER", identity.issuer],
    ["BANK_PUBLIC_URL", identity.publicUrl],
    // Browsers bring the codes of logins at other providers there.
    ["BANK_FEDERATION_CALLBACK", identity.federationCallback]
  ] as const)
    if (Option.exists(url, (text) => !text.startsWith("https://")))
      return { setting, expected: "Expected an https address in production" }
  const database = Option.getOrElse(from.databaseUrl, () => "")
  if (URL.canParse(database) && !isLoopback(new URL(database).hostname) && !encrypted.test(database))
    return { setting: "DATABASE_URL", expected: "Expected sslmode=require or stricter: it is reached over a network" }
  if (from.demo) return { setting: "BANK_DEMO", expected: "Expected false in production" }
  return Option.getOrElse(identity.selfServiceCash, () => false)
    ? { setting: "BANK_SELF_SERVICE_CASH", expected: "Expected false in production: cash is paid in at a counter" }
    : undefined
}
