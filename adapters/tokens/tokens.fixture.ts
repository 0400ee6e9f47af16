/** A bank's tokens on a clock that stands still, made by other code than that which checks them. */
import assert from "node:assert/strict"
import { createPrivateKey, sign as signBytes } from "node:crypto"
import { test } from "node:test"
import { Effect, Layer, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from "jose"
import { Authenticator, type Presented } from "../../application/ports/Caller.ts"
import { UserStoreUnavailable } from "../../application/ports/DelegationStore.ts"
import { KeyRing, type SigningKey, SigningKeyStore } from "../../application/ports/Tokens.ts"
import { SessionStore } from "../../application/ports/UserStore.ts"
import type { Instant } from "../../domain/calendar/index.ts"
import { TenantId } from "../../domain/identity/index.ts"
import { SessionId, TypedId } from "../../domain/ids/index.ts"
import { Authenticator as Authenticators, KeyRing as KeyRings, type RevokedSessions } from "./index.ts"

export const startMillis = Date.UTC(2026, 10, 24, 12)
export const startSeconds = startMillis / 1000

export const issuer = "https://bank.example"
export const url = "https://bank.example/v1/accounts"
export const tenant = TenantId.make("gophers")
export const ringOptions = { tenant, refreshSeconds: 10, tokenLifeSeconds: 600 }

const idOf = (prefix: string, n: number) =>
  TypedId.fromBytes(prefix, TypedId.uuidV7(startMillis, new Uint8Array(TypedId.randomByteLength).fill(n)))
export const userId = idOf("usr", 1)
export const customerId = idOf("cus", 2)
export const sessionId = (n: number) => SessionId.make(idOf("ses", n))

/** What a user's token claims, unless told. */
export const userClaims = {
  iss: issuer,
  sub: userId,
  aud: "bank",
  client_id: "gophers-web",
  scope: "openid accounts:read payments:write",
  iat: startSeconds,
  exp: startSeconds + 600,
  jti: "token-1",
  tenant,
  customer: customerId,
  roles: ["customer"],
  branch: "main",
  kyc: "basic",
  acr: "mfa",
  auth_time: startSeconds - 60,
  sid: sessionId(3)
}

/** What a program's token claims. */
export const serviceClaims = {
  iss: issuer,
  sub: "payroll",
  aud: "bank",
  client_id: "payroll",
  scope: "payments:write",
  iat: startSeconds,
  exp: startSeconds + 600,
  jti: "token-2",
  tenant,
  roles: ["service"]
}

export type Jwk = { readonly [member: string]: unknown }

export const encode = (text: string | Uint8Array): string =>
  Buffer.from(typeof text === "string" ? new TextEncoder().encode(text) : text).toString("base64url")

/** Signs these two texts as they are, by what the key can do. */
export const signText = (header: string, payload: string | Uint8Array, jwk: Jwk): string => {
  const input = `${encode(header)}.${encode(payload)}`
  const key = createPrivateKey({ key: { ...jwk }, format: "jwk" })
  const digest = jwk.kty === "OKP" ? null : "sha256"
  const signature = signBytes(digest, Buffer.from(input), { key, dsaEncoding: "ieee-p1363" })
  return `${input}.${signature.toString("base64url")}`
}

export const signJson = (header: object, payload: object, jwk: Jwk): string =>
  signText(JSON.stringify(header), JSON.stringify(payload), jwk)

export const newJwk = async (alg: string): Promise<Jwk> => {
  const { privateKey } = await generateKeyPair(alg, { extractable: true })
  return { ...(await exportJWK(privateKey)), alg }
}

export const publicOf = ({ d: _, alg: __, ...rest }: Jwk): Jwk => rest

export const thumbprintOf = (jwk: Jwk): Promise<string> => calculateJwkThumbprint({ ...jwk })

/** The header of a token that this key signs. */
export const headerFor = ({ kid, jwk }: SigningKey) => ({ alg: jwk.alg, typ: "at+jwt", kid })

/** A store of keys that can be looked into, can be away, and can hang. */
export const keyStore = () => {
  const keys = new Map<string, SigningKey>()
  const state = { isAway: false, hangs: false, reads: 0 }
  const answer = <A>(value: () => A) =>
    Effect.suspend(() =>
      state.hangs
        ? Effect.never
        : state.isAway
          ? Effect.fail(new UserStoreUnavailable({ reason: "away" }))
          : Effect.sync(value)
    )
  const store = SigningKeyStore.of({
    all: () =>
      answer(() => {
        state.reads++
        return [...keys.values()]
      }),
    add: (_, key) => answer(() => void keys.set(key.kid, key)),
    retire: (_, kid, publishedUntil) =>
      answer(() => {
        const key = keys.get(kid)
        if (key !== undefined) keys.set(kid, { ...key, publishedUntil })
      }),
    remove: (_, kid) => answer(() => void keys.delete(kid))
  })
  return { keys, state, layer: Layer.succeed(SigningKeyStore, store) }
}

/** A store of sessions that knows only which were revoked when, and can be away. */
export const sessionStore = () => {
  const revoked: Array<{ readonly session: SessionId; readonly at: Instant.Instant }> = []
  const state = { isAway: false, polls: 0 }
  const unused = () => Effect.die(new Error("not asked for here"))
  const store = SessionStore.of({
    insert: unused,
    find: unused,
    of: unused,
    save: unused,
    touch: unused,
    forget: unused,
    revoke: (_, which, at) =>
      Effect.sync(() => {
        if (!("only" in which)) return []
        revoked.push({ session: which.only, at })
        return [which.only]
      }),
    revokedSince: (since) =>
      Effect.suspend(() => {
        state.polls++
        return state.isAway
          ? Effect.fail(new UserStoreUnavailable({ reason: "away" }))
          : Effect.succeed(revoked.filter(({ at }) => at > since).slice(0, 10_000))
      })
  })
  return { revoked, state, layer: Layer.succeed(SessionStore, store) }
}

/** One bank with its stores, and what checks its tokens. */
export const bank = (options: { readonly publicUrl?: string; readonly algorithm?: "ES256" | "EdDSA" } = {}) => {
  const { algorithm = "ES256", ...rest } = options
  const keys = keyStore()
  const sessions = sessionStore()
  const ring = KeyRings.layer({ ...ringOptions, algorithm })
  const authenticator = Authenticators.layer({ issuer, audience: "bank", revocationPollSeconds: 1, ...rest })
  const stores = Layer.merge(keys.layer, sessions.layer)
  const layer = authenticator.pipe(Layer.provideMerge(ring), Layer.provideMerge(stores))
  return { keys, sessions, layer }
}

export type Services = Authenticator | KeyRing | SessionStore | SigningKeyStore | RevokedSessions.RevokedSessions

/** Runs an effect from noon on, on a clock that only it moves. */
export const atNoon = <A, E>(body: Effect.Effect<A, E, Scope.Scope>): Promise<A> =>
  Effect.runPromise(
    Effect.scoped(Effect.andThen(TestClock.setTime(startMillis), body)).pipe(Effect.provide(TestClock.layer()))
  )

/** States something about a bank of its own. */
export const states = <E>(
  title: string,
  body: (world: ReturnType<typeof bank>) => Effect.Effect<void, E, Services | Scope.Scope>,
  options: Parameters<typeof bank>[0] = {}
): void =>
  void test(title, () => {
    const world = bank(options)
    return atNoon(body(world).pipe(Effect.provide(world.layer)))
  })

/** The key that signs now. */
export const signer = Effect.gen(function* () {
  const [key] = yield* (yield* KeyRing).keys
  return key ?? (yield* Effect.die(new Error("no key signs")))
})

/** A token of the bank that claims this besides what a user's does. */
export const tokenOf = (claims: object = {}, header: object = {}) =>
  Effect.map(signer, (key) => signJson({ ...headerFor(key), ...header }, { ...userClaims, ...claims }, key.jwk))

/** Shows a token, by itself unless told. */
export const show = (token: string, how: Partial<Presented> = {}) =>
  Effect.flatMap(Authenticator, ({ authenticate }) =>
    authenticate({ scheme: "Bearer", token, method: "GET", url, ...how })
  )

/** Whether a token is accepted; a refusal says nothing but that it is invalid. */
export const isAccepted = (token: string, how: Partial<Presented> = {}) =>
  show(token, how).pipe(
    Effect.as(true),
    Effect.catchTag("Unauthenticated", ({ reason }) =>
      reason === "invalid" ? Effect.succeed(false) : Effect.die(new Error(`refused as ${reason}`))
    )
  )

/** Whether each of these tokens is accepted. */
const all = (tokens: ReadonlyArray<string>) => Effect.forEach(tokens, (token) => isAccepted(token))

/** Asserts that every one of these is accepted. */
export const accepts = Effect.fnUntraced(function* (tokens: ReadonlyArray<string>) {
  assert.deepEqual(
    yield* all(tokens),
    tokens.map(() => true)
  )
})

/** Asserts that none of these is. */
export const refuses = Effect.fnUntraced(function* (tokens: ReadonlyArray<string>) {
  assert.ok(tokens.length > 0)
  assert.deepEqual(
    yield* all(tokens),
    tokens.map(() => false)
  )
})
