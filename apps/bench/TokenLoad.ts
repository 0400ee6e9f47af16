/** A bank in memory that checks tokens, and contenders that show it some. */
import { Effect, Layer, ManagedRuntime, Result } from "effect"
import { type CryptoKey, importJWK, jwtVerify, SignJWT } from "jose"
import { sessionStoreLayer, signingKeyStoreLayer } from "../../adapters/memory/index.ts"
import { Authenticator as Authenticators, KeyRing as KeyRings } from "../../adapters/tokens/index.ts"
import { Authenticator, type Presented } from "../../application/ports/Caller.ts"
import { KeyRing } from "../../application/ports/Tokens.ts"
import { Instant } from "../../domain/calendar/index.ts"
import { Permission, TenantId } from "../../domain/identity/index.ts"
import { TypedId } from "../../domain/ids/index.ts"
import type { Check, Contender } from "./Contender.ts"
import { sampleOf } from "./Sample.ts"

const issuer = "https://bank.example"
const audience = "bank"
const tenant = TenantId.make("bench")

const lifeSeconds = 600

/** A run that takes longer would outlive its tokens. */
export const secondsMax = 240

/** More than are remembered: shown one after the other, each has been forgotten when it comes again. */
const freshTokens = 24_000

/** Tokens that are shown again and again, each of a caller of its own. */
const knownTokens = 1000

const idOf = (prefix: string): string =>
  TypedId.fromBytes(
    prefix,
    TypedId.uuidV7(Date.now(), crypto.getRandomValues(new Uint8Array(TypedId.randomByteLength)))
  )

const claimsOf = (now: number) => ({
  iss: issuer,
  sub: idOf("usr"),
  aud: audience,
  client_id: "gophers-web",
  scope: "openid accounts:read accounts:write payments:write profile:read",
  iat: now,
  exp: now + lifeSeconds,
  jti: crypto.randomUUID(),
  tenant,
  customer: idOf("cus"),
  roles: ["customer"],
  kyc: "basic",
  acr: "mfa",
  auth_time: now,
  sid: idOf("ses")
})

const presented = (token: string): Presented => ({
  scheme: "Bearer",
  token,
  method: "GET",
  url: `${issuer}/v1/accounts`
})

const layer = Authenticators.layer({ issuer, audience, revocationPollSeconds: 1 }).pipe(
  Layer.provideMerge(KeyRings.layer({ tenant, refreshSeconds: 10, tokenLifeSeconds: lifeSeconds })),
  Layer.provide(Layer.merge(signingKeyStoreLayer, sessionStoreLayer))
)

/** Does one thing over and over, one after the other, for about `seconds`. */
const loop = async (seconds: number, once: (n: number) => Promise<void> | void) => {
  const latencies: Array<number> = []
  const start = performance.now()
  let before = start
  for (let n = 0; before < start + seconds * 1000; n++) {
    const pending = once(n)
    if (pending !== undefined) await pending
    const after = performance.now()
    latencies.push(after - before)
    before = after
  }
  return sampleOf(latencies.length, (before - start) / 1000, latencies)
}

/** Does many of one thing at once, `inFlight` at a time, for about `seconds`. */
export const together = async (seconds: number, inFlight: number, once: () => Promise<void>) => {
  const latencies: Array<number> = []
  const start = performance.now()
  const worker = async (): Promise<void> => {
    for (let before = performance.now(); before < start + seconds * 1000; ) {
      await once()
      const after = performance.now()
      latencies.push(after - before)
      before = after
    }
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
  return sampleOf(latencies.length, (performance.now() - start) / 1000, latencies)
}

const names = {
  josePlain: "jose.jwtVerify",
  first: "first check of a token",
  josePlainMany: "jose.jwtVerify, 64 at a time",
  firstMany: "first checks, 64 at a time",
  known: "known token",
  decision: "policy decision",
  knownAndDecision: "known token and policy decision"
}

/** Beside which contender each stands. */
export const referenceOf = (name: string): string => (name.includes("64") ? names.josePlainMany : names.josePlain)

const inFlightMany = 64

/** The bank, with contenders and what must be true of their answers. */
export interface TokenLoad {
  readonly contenders: ReadonlyArray<Contender>
  readonly checks: () => Promise<ReadonlyArray<Check>>
  readonly end: () => Promise<void>
}

/** Opens a bank with a key of its own. Whatever it refuses that is right ends the run. */
export const openTokens = async (): Promise<TokenLoad> => {
  const runtime = ManagedRuntime.make(layer)
  const { authenticate } = await runtime.runPromise(Effect.map(Authenticator, (service) => service))
  const [key] = await runtime.runPromise(Effect.flatMap(KeyRing, ({ keys }) => keys))
  if (key === undefined) throw new Error("the key ring has no key")
  const { kid, jwk } = key
  const { d: _, ...publicJwk } = jwk
  const privateKey = await importJWK({ ...jwk }, "ES256")
  const publicKey: CryptoKey | Uint8Array = await importJWK({ ...publicJwk }, "ES256")

  const sign = (now: number): Promise<string> =>
    new SignJWT(claimsOf(now)).setProtectedHeader({ alg: "ES256", typ: "at+jwt", kid }).sign(privateKey)

  let signedAt = Number.NEGATIVE_INFINITY
  let fresh: ReadonlyArray<string> = []
  let known: ReadonlyArray<Presented> = []

  /** New tokens where those there are would not outlive a run. */
  const prepare = async (): Promise<void> => {
    const now = Math.floor(Date.now() / 1000)
    if (now - signedAt < lifeSeconds - secondsMax - 60) return
    signedAt = now
    fresh = await Promise.all(Array.from({ length: freshTokens }, () => sign(now)))
    known = (await Promise.all(Array.from({ length: knownTokens }, () => sign(now)))).map(presented)
  }

  /** And the known ones are known again, whatever came between. */
  const prepareKnown = async (): Promise<void> => {
    await prepare()
    for (const each of known) await Effect.runPromise(authenticate(each))
  }

  /** Each who asks gets one after the other, so that none comes to the bank again while it is remembered. */
  const inTurn = () => {
    let shown = 0
    return (): string => {
      shown = (shown + 1) % fresh.length
      return fresh[shown] ?? ""
    }
  }
  const [nextOfJose, nextOfBank] = [inTurn(), inTurn()]

  const knownAt = (n: number): Presented => known[n % known.length] ?? presented("")

  const josePlain = async (): Promise<void> => {
    await jwtVerify(nextOfJose(), publicKey, { issuer, audience, typ: "at+jwt", algorithms: ["ES256"] })
  }

  const first = async (): Promise<void> => {
    await Effect.runPromise(authenticate(presented(nextOfBank())))
  }

  const decide = (caller: Effect.Success<ReturnType<typeof authenticate>>): void => {
    const { customer } = caller
    const now = Instant.fromMillis(Date.now())
    const objects = [{ ...(customer === undefined ? {} : { customer }), delegated: [] }]
    const asked = { operation: "accounts.read", objects, needs: "all", now, isApproved: false } as const
    Result.getOrThrow(Permission.admit("accounts.read", caller, tenant))
    Result.getOrThrow(Permission.permit(caller, asked, Permission.termsUsual))
  }

  const check = (n: number) => Effect.runSync(authenticate(knownAt(n)))

  const decisions = async (seconds: number) => {
    const caller = check(0)
    return loop(seconds, () => decide(caller))
  }

  const altered = async (): Promise<boolean> => {
    const token = fresh[0] ?? ""
    const [header, payload, signature = ""] = token.split(".")
    const other = `${header}.${payload}.${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`
    const answer = await Effect.runPromise(Effect.result(authenticate(presented(other))))
    return Result.isFailure(answer)
  }

  return {
    contenders: [
      { name: names.josePlain, prepare, run: (seconds) => loop(seconds, josePlain) },
      { name: names.first, prepare, run: (seconds) => loop(seconds, first) },
      { name: names.josePlainMany, prepare, run: (seconds) => together(seconds, inFlightMany, josePlain) },
      { name: names.firstMany, prepare, run: (seconds) => together(seconds, inFlightMany, first) },
      { name: names.known, prepare: prepareKnown, run: (seconds) => loop(seconds, (n) => void check(n)) },
      { name: names.decision, prepare: prepareKnown, run: decisions },
      { name: names.knownAndDecision, prepare: prepareKnown, run: (seconds) => loop(seconds, (n) => decide(check(n))) }
    ],
    checks: async () => [
      { what: "every token that the bank signed was accepted and its caller permitted", holds: true },
      { what: "one with an altered signature is refused", holds: await altered() }
    ],
    end: () => runtime.dispose()
  }
}
