/**
 * Who a token says is calling. A signature is verified once: what a token said is kept, by the token's SHA-256, until it
 * expires. The digest is the key, not the text, because it costs a microsecond, is the one that a proof names anyway,
 * takes 43 characters instead of 700, and leaves no token that could be used in memory. Whether the token's key is still
 * published and its session still open is asked each time. No lock is held, and no request waits for a store but one that
 * shows an unknown key.
 */
import { createHash } from "node:crypto"
import { Clock, Effect, Layer, Option, Result, Schema } from "effect"
import { type CryptoKey, importJWK } from "jose"
import { Authenticator, type Caller, type Presented, Unauthenticated } from "../../application/ports/Caller.ts"
import type { UserStoreUnavailable } from "../../application/ports/DelegationStore.ts"
import { KeyRing, type SigningKey } from "../../application/ports/Tokens.ts"
import type { SessionStore } from "../../application/ports/UserStore.ts"
import { headerOf, type Verified, verifiedOf } from "./AccessToken.ts"
import { isShort, isSignedBy, Refused, read } from "./Compact.ts"
import { Algorithm, algorithmOf, PublicJwk } from "./Jwk.ts"
import { check, proofsSeen, targetOf } from "./Proof.ts"
import { recent } from "./Recent.ts"
import { RevokedSessions, layer as revokedSessions } from "./RevokedSessions.ts"

export interface AuthenticatorOptions {
  /** Who must have issued a token, and whom it must be for (RFC 7519, 4.1). */
  readonly issuer: string
  readonly audience: string
  /** What clients know the bank by, scheme and host, where a proxy stands before it: proofs name it. */
  readonly publicUrl?: string
  readonly revocationPollSeconds: number
}

/** Tokens remembered at a time; beyond, the one that was shown longest ago is verified once more. */
const tokensMax = 20_000

interface PublishedKey {
  readonly key: CryptoKey
  readonly algorithm: Algorithm
}

/** What is read of a stored key: its public part. One that says another algorithm than it can do is not used. */
const decodeKey = Schema.decodeUnknownOption(Schema.Struct({ alg: Algorithm }))
const decodeJwk = Schema.decodeUnknownOption(PublicJwk)

const imported = ({ kid, jwk }: SigningKey) =>
  Effect.gen(function* () {
    const [named, key] = [decodeKey(jwk), decodeJwk(jwk)]
    const algorithm = Option.getOrUndefined(named)?.alg
    const usable = Option.filter(key, (each) => algorithmOf(each) === algorithm)
    if (algorithm !== undefined && Option.isSome(usable)) {
      const imported = yield* Effect.result(Effect.tryPromise(() => importJWK(usable.value, algorithm)))
      if (Result.isSuccess(imported)) return [[kid, { key: imported.success, algorithm }] as const]
    }
    yield* Effect.logError("a signing key cannot be used", { kid })
    return []
  })

const make = Effect.fnUntraced(function* ({ issuer, audience, publicUrl }: AuthenticatorOptions) {
  const ring = yield* KeyRing
  const revoked = yield* RevokedSessions
  const proofs = proofsSeen()
  const verified = recent<Verified>(tokensMax)
  const origin = publicUrl === undefined ? undefined : new URL(publicUrl).origin

  let source: ReadonlyArray<SigningKey> = []
  let published: ReadonlyMap<string, PublishedKey> = new Map()

  /** The keys that are published now; they are imported again when the ring gives another array. */
  const keysNow = Effect.gen(function* () {
    const keys = yield* ring.keys
    if (keys === source) return published
    const next = new Map((yield* Effect.forEach(keys, imported)).flat())
    source = keys
    published = next
    return next
  })

  const publishedKey = Effect.fnUntraced(
    function* (kid: string) {
      const known = (yield* keysNow).get(kid)
      if (known !== undefined) return known
      yield* ring.refresh
      return (yield* keysNow).get(kid) ?? (yield* Effect.fail(new Refused({ why: "key" })))
    },
    Effect.catchTag(["UserStoreUnavailable", "KeysUnavailable"], () =>
      Effect.fail(new Refused({ why: "keysUnavailable" }))
    )
  )

  const verify = Effect.fnUntraced(function* (token: string, digest: string) {
    const { header, payload } = yield* Effect.fromResult(read(token))
    const { kid, alg } = yield* Effect.fromResult(headerOf(header))
    const { key, algorithm } = yield* publishedKey(kid)
    if (algorithm !== alg) return yield* Effect.fail(new Refused({ why: "key" }))
    const isSigned = yield* Effect.promise(() => isSignedBy(token, key, algorithm))
    if (!isSigned) return yield* Effect.fail(new Refused({ why: "signature" }))
    const now = yield* Clock.currentTimeMillis
    const result = yield* Effect.fromResult(verifiedOf(payload, kid, { issuer, audience }, now))
    verified.set(digest, result)
    return result
  })

  const isOpen = ({ session }: Caller): boolean => session === undefined || !revoked.has(session)

  const targetAsked = (url: string): string | undefined =>
    targetOf(origin === undefined || !URL.canParse(url) ? url : `${origin}${new URL(url).pathname}`)

  const prove = Effect.fnUntraced(function* (presented: Presented, tokenDigest: string, jkt: string) {
    const { proof, method, url } = presented
    if (proof === undefined) return yield* Effect.fail(new Refused({ why: "proof" }))
    const jti = yield* check(
      proof,
      { method, target: targetAsked(url), tokenDigest, jkt },
      yield* Clock.currentTimeMillis
    )
    if (!proofs.take(jkt, jti, yield* Clock.currentTimeMillis))
      return yield* Effect.fail(new Refused({ why: "replay" }))
  })

  const admit = Effect.fnUntraced(function* (presented: Presented, digest: string, token: Verified) {
    const isBound = token.jkt !== undefined
    if (isBound !== (presented.scheme === "DPoP")) return yield* Effect.fail(new Refused({ why: "scheme" }))
    if (token.jkt !== undefined) yield* prove(presented, digest, token.jkt)
    return isOpen(token.caller) ? token.caller : yield* Effect.fail(new Refused({ why: "session" }))
  })

  const answer = Effect.fnUntraced(function* (presented: Presented) {
    const { token } = presented
    if (!isShort(token)) return yield* Effect.fail(new Refused({ why: "text" }))
    const digest = createHash("sha256").update(token).digest("base64url")
    const known = verified.get(digest)
    if (known === undefined) return yield* admit(presented, digest, yield* verify(token, digest))
    const isTimely = (yield* Clock.currentTimeMillis) < known.untilMillis
    // A key that was withdrawn takes what it signed with it.
    if (isTimely && (yield* keysNow).has(known.kid)) return yield* admit(presented, digest, known)
    verified.forget(digest)
    return yield* Effect.fail(new Refused({ why: isTimely ? "key" : "time" }))
  })

  const authenticate = (presented: Presented) =>
    answer(presented).pipe(
      Effect.catch((error) =>
        Effect.logDebug("token refused", { why: error._tag === "Refused" ? error.why : error._tag }).pipe(
          Effect.andThen(Effect.fail(new Unauthenticated({ reason: "invalid" })))
        )
      )
    )

  return Authenticator.of({ authenticate, isOpen })
})

/**
 * Verifies access tokens (RFC 9068) that the keys of the `KeyRing` signed, plain ones (RFC 6750) and those bound to a key
 * (RFC 9449). Whatever is wrong with one, it is `Unauthenticated` as `invalid`; why is logged for debugging, without it.
 * A proof is taken once by each process, within 65 seconds of when it was made.
 */
export const layer = (
  options: AuthenticatorOptions
): Layer.Layer<Authenticator | RevokedSessions, UserStoreUnavailable, KeyRing | SessionStore> =>
  Layer.effect(Authenticator, make(options)).pipe(Layer.provideMerge(revokedSessions(options.revocationPollSeconds)))
