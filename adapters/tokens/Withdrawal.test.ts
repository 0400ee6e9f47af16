import assert from "node:assert/strict"
import { describe } from "node:test"
import { Effect, Layer, Logger } from "effect"
import { TestClock } from "effect/testing"
import { KeyRing } from "../../application/ports/Tokens.ts"
import { SessionStore } from "../../application/ports/UserStore.ts"
import { Instant } from "../../domain/calendar/index.ts"
import { UserId } from "../../domain/ids/index.ts"
import { RevokedSessions } from "./index.ts"
import {
  accepts,
  bank,
  headerFor,
  isAccepted,
  newJwk,
  refuses,
  serviceClaims,
  sessionId,
  signer,
  signJson,
  startMillis,
  startSeconds,
  states,
  thumbprintOf,
  tokenOf,
  userClaims,
  userId
} from "./tokens.fixture.ts"

const at = (millis: number) => Instant.fromMillis(startMillis + millis)

describe("a session that is revoked", () => {
  states("takes its tokens with it within a second, whether they were shown before or not", ({ sessions }) =>
    Effect.gen(function* () {
      const shown = yield* tokenOf()
      const fresh = yield* tokenOf({ jti: "fresh" })
      const other = yield* tokenOf({ sid: sessionId(4) })
      yield* accepts([shown, other])
      sessions.revoked.push({ session: sessionId(3), at: at(500) })
      yield* TestClock.adjust("1 seconds")
      yield* refuses([shown, fresh, yield* tokenOf({ iat: startSeconds + 1, exp: startSeconds + 601 })])
      yield* accepts([other])
    })
  )

  states("is known by a process that starts afterwards", (first) =>
    Effect.gen(function* () {
      const token = yield* tokenOf()
      first.sessions.revoked.push({ session: sessionId(3), at: at(-599_000) })
      const again = yield* Effect.provide(isAccepted(token), Layer.fresh(first.layer))
      assert.ok(!again)
    })
  )

  states("stays so for as long as a token of it may live, and is then forgotten", ({ sessions }) =>
    Effect.gen(function* () {
      const { has } = yield* RevokedSessions.RevokedSessions
      sessions.revoked.push({ session: sessionId(3), at: at(500) })
      for (let second = 1; second <= 611; second += 61) {
        yield* TestClock.setTime(startMillis + second * 1000)
        assert.ok(has(sessionId(3)), `after ${second} s`)
        const now = startSeconds + second
        yield* refuses([yield* tokenOf({ iat: now, exp: now + 600 })])
      }
      yield* TestClock.adjust("60 seconds")
      assert.ok(!has(sessionId(3)))
    })
  )

  states("is noticed though its revocation was committed late, or by a clock that is ahead", ({ sessions }) =>
    Effect.gen(function* () {
      yield* TestClock.adjust("60 seconds")
      sessions.revoked.push({ session: sessionId(4), at: at(65_000) }, { session: sessionId(5), at: at(3_600_000) })
      yield* TestClock.adjust("1 seconds")
      sessions.revoked.push({ session: sessionId(3), at: at(40_000) })
      yield* TestClock.adjust("1 seconds")
      yield* refuses(yield* Effect.forEach([3, 4, 5], (n) => tokenOf({ sid: sessionId(n) })))
    })
  )

  states("is noticed among more than the store gives at once", ({ sessions }) =>
    Effect.gen(function* () {
      // The last of the first page and the first of the next one are of the same millisecond.
      const others = Array.from({ length: 10_000 }, (_, n) => ({ session: sessionId(7), at: at(n < 9000 ? 1 : 2) }))
      const next = [sessionId(3), sessionId(4)].map((session) => ({ session, at: at(2) }))
      const last = Array.from({ length: 10_000 }, () => ({ session: sessionId(8), at: at(3) }))
      sessions.revoked.push(...others, ...next, ...last, { session: sessionId(5), at: at(4) })
      yield* TestClock.adjust("1 seconds")
      yield* refuses(yield* Effect.forEach([3, 4, 5, 7, 8], (n) => tokenOf({ sid: sessionId(n) })))
    })
  )

  states("ends at once in the process that revokes it", () =>
    Effect.gen(function* () {
      const token = yield* tokenOf()
      yield* accepts([token])
      const revoke = Effect.flatMap(SessionStore, (store) =>
        store.revoke(UserId.make(userId), { only: sessionId(3) }, at(0))
      )
      assert.deepEqual(yield* Effect.provide(revoke, RevokedSessions.announced), [sessionId(3)])
      yield* refuses([token])
    })
  )

  states("is no matter of programs, which have none", ({ sessions }) =>
    Effect.gen(function* () {
      const key = yield* signer
      sessions.revoked.push({ session: sessionId(3), at: at(500) })
      yield* TestClock.adjust("1 seconds")
      yield* accepts([signJson(headerFor(key), serviceClaims, key.jwk)])
    })
  )
})

describe("a store of sessions that cannot be reached", () => {
  states("lets tokens live until they expire, with one warning after 30 seconds, and is asked again", (world) =>
    Effect.gen(function* () {
      const warnings: Array<string> = []
      const logger = Logger.make(({ logLevel, message }) => {
        if (logLevel === "Warn") warnings.push(String(message))
      })
      yield* Effect.gen(function* () {
        const token = yield* tokenOf()
        world.sessions.state.isAway = true
        yield* TestClock.adjust("30 seconds")
        assert.deepEqual(warnings, [])
        yield* TestClock.adjust("60 seconds")
        assert.equal(warnings.length, 1)
        yield* accepts([token])
        world.sessions.revoked.push({ session: sessionId(3), at: at(60_000) })
        world.sessions.state.isAway = false
        yield* TestClock.adjust("1 seconds")
        yield* refuses([token])
      }).pipe(Effect.provide(Layer.fresh(world.layer)), Effect.provide(Logger.layer([logger])))
    })
  )

  states("lets no process start", (world) =>
    Effect.gen(function* () {
      const other = bank()
      other.sessions.state.isAway = true
      const started = yield* Effect.result(Effect.provide(signer, other.layer))
      assert.equal(started._tag === "Failure" && started.failure._tag, "UserStoreUnavailable")
      assert.ok(world.sessions.state.polls > 0)
    })
  )
})

describe("a key that is withdrawn", () => {
  states("takes the tokens that it signed with it, remembered ones too", ({ keys }) =>
    Effect.gen(function* () {
      const old = yield* tokenOf()
      const ring = yield* KeyRing
      yield* accepts([old])
      const next = yield* ring.rotate(0)
      yield* accepts([old, yield* tokenOf()])
      for (const kid of keys.keys.keys()) if (kid !== next.kid) keys.keys.delete(kid)
      yield* TestClock.adjust("10 seconds")
      yield* refuses([old])
      yield* accepts([yield* tokenOf({ jti: "new" })])
    })
  )
})

describe("a key that this process does not know", () => {
  const foreign = Effect.gen(function* () {
    const jwk = yield* Effect.promise(() => newJwk("ES256"))
    const kid = yield* Effect.promise(() => thumbprintOf(jwk))
    return { kid, jwk, createdAt: at(0), signsFrom: at(0), publishedUntil: at(9_999_000) }
  })

  states("is looked for in the store, where another process may have put it just now", ({ keys }) =>
    Effect.gen(function* () {
      yield* accepts([yield* tokenOf()])
      const key = yield* foreign
      keys.keys.set(key.kid, key)
      const token = signJson(headerFor(key), userClaims, key.jwk)
      yield* TestClock.adjust("1 seconds")
      yield* accepts([token])
    })
  )

  states("is looked for at most once a second, however often one is shown", ({ keys }) =>
    Effect.gen(function* () {
      const key = yield* foreign
      const tokens = Array.from({ length: 50 }, (_, n) =>
        signJson({ ...headerFor(key), kid: `unknown-${n}` }, userClaims, key.jwk)
      )
      const shown = Effect.all(
        tokens.map((token) => isAccepted(token)),
        { concurrency: "unbounded" }
      )
      yield* TestClock.adjust("2 seconds")
      const before = keys.state.reads
      for (const accepted of yield* shown) assert.ok(!accepted)
      assert.equal(keys.state.reads, before + 1)
      yield* TestClock.adjust("1 seconds")
      yield* shown
      assert.equal(keys.state.reads, before + 2)
    })
  )

  states("is refused while the store is away, and known keys go on", ({ keys }) =>
    Effect.gen(function* () {
      const key = yield* foreign
      keys.state.isAway = true
      yield* TestClock.adjust("60 seconds")
      yield* refuses([signJson(headerFor(key), userClaims, key.jwk)])
      yield* accepts([yield* tokenOf()])
    })
  )

  states("is refused where what is stored is no key, and the others go on", ({ keys }) =>
    Effect.gen(function* () {
      const token = yield* tokenOf()
      const key = yield* foreign
      const broken = [
        { ...key.jwk, x: key.jwk.y },
        { ...key.jwk, alg: "EdDSA" },
        { ...key.jwk, alg: "HS256" },
        { kty: "oct", k: "AA" },
        {}
      ]
      for (const [n, jwk] of broken.entries()) keys.keys.set(`${n}`, { ...key, kid: `${n}`, jwk })
      yield* TestClock.adjust("10 seconds")
      yield* refuses(broken.map((_, n) => signJson({ ...headerFor(key), kid: `${n}` }, userClaims, key.jwk)))
      yield* accepts([token])
    })
  )
})
