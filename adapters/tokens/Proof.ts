/** Proofs of possession (RFC 9449, 4): that who presents a token holds the key that it is bound to. */
import { createHash } from "node:crypto"
import { Effect, Option, Result, Schema } from "effect"
import { calculateJwkThumbprint } from "jose"
import { isSignedBy, Refused, read } from "./Compact.ts"
import { Algorithm, algorithmOf, PublicJwk } from "./Jwk.ts"
import { skewSeconds } from "./Lifetime.ts"

/** How old a proof may be. */
const ageSecondsMax = 60

const Absent = Schema.optionalKey(Schema.Never)

/** A public key and nothing private: a client that shows its private key has lost it. */
const ProofJwk = Schema.Record(Schema.String, Schema.Unknown).check(
  Schema.makeFilter((jwk) => !["d", "k", "p", "q"].some((name) => Object.hasOwn(jwk, name)), {
    expected: "a public key"
  })
)

const Header = Schema.Struct({
  typ: Schema.Literal("dpop+jwt"),
  alg: Algorithm,
  jwk: ProofJwk,
  crit: Absent,
  b64: Absent
})

const Claims = Schema.Struct({
  jti: Schema.String.check(Schema.isBetweenLength(1, 256)),
  htm: Schema.String,
  htu: Schema.String.check(Schema.isMaxLength(2048)),
  iat: Schema.Finite,
  ath: Schema.String
})

const decodeHeader = Schema.decodeUnknownOption(Header)
const decodeJwk = Schema.decodeUnknownOption(PublicJwk)
const decodeClaims = Schema.decodeUnknownOption(Claims)

/**
 * An address without query and fragment, normalized as RFC 3986, 6.2.2 and 6.2.3, say: scheme, host, default port, dots,
 * and the case of percent-encoding. Undefined for what is no web address, or names a user.
 */
export const targetOf = (address: string): string | undefined => {
  if (!URL.canParse(address)) return undefined
  const { protocol, username, password, origin, pathname } = new URL(address)
  if (!/^https?:$/u.test(protocol) || username !== "" || password !== "") return undefined
  return `${origin}${pathname.replaceAll(/%[0-9a-f]{2}/giu, (encoded) => encoded.toUpperCase())}`
}

/** What a proof must be for. */
export interface Demand {
  readonly method: string
  /** As `targetOf` gives it. */
  readonly target: string | undefined
  /** Base64url of the SHA-256 of the token. */
  readonly tokenDigest: string
  /** Thumbprint of the key that the token is bound to. */
  readonly jkt: string
}

/** Checks one proof but for whether it was used before; gives its id. `nowMillis` is since 1970. */
export const check = Effect.fnUntraced(function* (
  text: string,
  { method, target, tokenDigest, jkt }: Demand,
  nowMillis: number
) {
  const refuse = (why: Refused["why"]) => Effect.fail(new Refused({ why }))
  const { header, payload } = yield* Effect.fromResult(Result.mapError(read(text), () => new Refused({ why: "proof" })))
  const decodedHeader = decodeHeader(header)
  const decoded = decodeClaims(payload)
  if (Option.isNone(decodedHeader) || Option.isNone(decoded)) return yield* refuse("proof")
  const { alg, jwk } = decodedHeader.value
  const key = decodeJwk(jwk)
  if (Option.isNone(key) || algorithmOf(key.value) !== alg) return yield* refuse("proofKey")
  const { jti, htm, htu, iat, ath } = decoded.value
  if (htm !== method || target === undefined || targetOf(htu) !== target) return yield* refuse("proofTarget")
  const ageSeconds = nowMillis / 1000 - iat
  if (ageSeconds > ageSecondsMax + skewSeconds || ageSeconds < -skewSeconds) return yield* refuse("proofTime")
  if (ath !== tokenDigest) return yield* refuse("proofToken")
  const thumbprint = yield* Effect.promise(() => calculateJwkThumbprint(key.value))
  if (thumbprint !== jkt) return yield* refuse("proofKey")
  if (!(yield* Effect.promise(() => isSignedBy(text, key.value, alg)))) return yield* refuse("proofSignature")
  return jti
})

/** Proofs remembered at a time: some 2800 a second. */
const proofsMax = 200_000

/** From the first moment at which a proof may come to the last, whatever its maker's clock says. */
const rememberedMillis = (ageSecondsMax + 2 * skewSeconds + 1) * 1000

/**
 * The proofs that this process has taken, each until it is too old to be taken anyway. Where there are more than it can
 * remember it takes none: to forget one would be to take it twice.
 */
export const proofsSeen = (max = proofsMax) => {
  const seen = new Map<string, number>()
  return {
    /** Takes a proof of a key, once; false where it was taken before or cannot be remembered. */
    take: (jkt: string, jti: string, nowMillis: number): boolean => {
      // In the order in which they came, which is that in which their time is over.
      for (const [name, until] of seen) {
        if (nowMillis < until) break
        seen.delete(name)
      }
      const name = createHash("sha256").update(`${jkt}${jti}`).digest("base64url")
      if (seen.has(name) || seen.size >= max) return false
      seen.set(name, nowMillis + rememberedMillis)
      return true
    }
  }
}
