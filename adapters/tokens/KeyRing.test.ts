import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Context, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { KeyRing } from "../../application/ports/Tokens.ts"
import { KeyRing as KeyRings } from "./index.ts"
import { atNoon, keyStore, publicOf, ringOptions, startMillis, thumbprintOf } from "./tokens.fixture.ts"

/** Another process over the same store. */
const process = (store: ReturnType<typeof keyStore>, algorithm: "ES256" | "EdDSA" = "ES256") =>
  Effect.map(
    Layer.build(Layer.fresh(KeyRings.layer({ ...ringOptions, algorithm }).pipe(Layer.provide(store.layer)))),
    (context) => Context.get(context, KeyRing)
  )

const kids = (ring: KeyRing["Service"]) => Effect.map(ring.keys, (keys) => keys.map(({ kid }) => kid))

/** Time from now on until it is `seconds` after noon. */
const until = (seconds: number) => TestClock.setTime(startMillis + seconds * 1000)

describe("the first start", () => {
  for (const [alg, kty] of [
    ["ES256", "EC"],
    ["EdDSA", "OKP"]
  ] as const)
    test(`makes a private key for ${alg}, named by its thumbprint, that signs at once`, () =>
      atNoon(
        Effect.gen(function* () {
          const store = keyStore()
          const ring = yield* process(store, alg)
          const [key, ...others] = yield* ring.keys
          assert.ok(key !== undefined && others.length === 0)
          const { kid, jwk, createdAt, signsFrom, publishedUntil } = key
          assert.deepEqual({ kid: jwk.kid, alg: jwk.alg, use: jwk.use, kty: jwk.kty }, { kid, alg, use: "sig", kty })
          assert.equal(typeof jwk.d, "string")
          assert.equal(kid, yield* Effect.promise(() => thumbprintOf(publicOf(jwk))))
          assert.deepEqual([createdAt, signsFrom, publishedUntil], [startMillis, startMillis, undefined])
          assert.deepEqual([...store.keys.keys()], [kid])
        })
      ))

  test("of many processes at once ends with one set of keys, in which one signs for all", () =>
    atNoon(
      Effect.gen(function* () {
        const store = keyStore()
        const rings = yield* Effect.all(
          Array.from({ length: 5 }, () => process(store)),
          { concurrency: "unbounded" }
        )
        const made = store.keys.size
        assert.ok(made >= 1)
        yield* until(10)
        const sets = yield* Effect.forEach(rings, kids)
        for (const set of sets) assert.deepEqual(set, sets[0])
        assert.equal(sets[0]?.length, made, "what any of them has signed stays valid")
        yield* until(1000)
        for (const ring of rings) assert.deepEqual(yield* kids(ring), sets[0]?.slice(0, 1))
        assert.equal(store.keys.size, 1)
      })
    ))

  test("makes no key where there is one that signs", () =>
    atNoon(
      Effect.gen(function* () {
        const store = keyStore()
        const first = yield* process(store)
        const second = yield* process(store, "EdDSA")
        assert.deepEqual(yield* kids(second), yield* kids(first))
      })
    ))

  test("fails while the store cannot be reached", () =>
    atNoon(
      Effect.gen(function* () {
        const store = keyStore()
        store.state.isAway = true
        const started = yield* Effect.result(process(store))
        assert.equal(started._tag === "Failure" && started.failure._tag, "UserStoreUnavailable")
      })
    ))
})

describe("a rotation", () => {
  test("publishes a key at once, which signs when it is said to, while the one before stays as long as its tokens", () =>
    atNoon(
      Effect.gen(function* () {
        const store = keyStore()
        const here = yield* process(store)
        const there = yield* process(store)
        const [old = ""] = yield* kids(here)
        yield* until(5)
        const { kid, signsFrom } = yield* here.rotate(60)
        assert.equal(signsFrom, startMillis + 65_000)
        assert.deepEqual(yield* kids(here), [old, kid])
        yield* until(15)
        for (const ring of [here, there]) assert.deepEqual(yield* kids(ring), [old, kid], "known before it signs")
        yield* until(64.999)
        for (const ring of [here, there]) assert.deepEqual(yield* kids(ring), [old, kid])
        yield* until(65)
        for (const ring of [here, there]) assert.deepEqual(yield* kids(ring), [kid, old])
        // 600 s of life, 5 s of skew, and the 10 s in which a process may not have known.
        yield* until(65 + 614.999)
        for (const ring of [here, there]) assert.deepEqual(yield* kids(ring), [kid, old])
        yield* until(65 + 615)
        for (const ring of [here, there]) assert.deepEqual(yield* kids(ring), [kid])
        yield* until(65 + 630)
        assert.deepEqual([...store.keys.keys()], [kid])
      })
    ))

  test("of both of two processes at once loses no key, and both come to the same", () =>
    atNoon(
      Effect.gen(function* () {
        const store = keyStore()
        const here = yield* process(store)
        const there = yield* process(store)
        const [old = ""] = yield* kids(here)
        const made = yield* Effect.all([here.rotate(30), there.rotate(30)], { concurrency: "unbounded" })
        yield* until(20)
        assert.deepEqual(new Set(yield* kids(here)), new Set([old, ...made.map(({ kid }) => kid)]))
        assert.deepEqual(yield* kids(there), yield* kids(here))
        assert.equal((yield* kids(here))[0], old)
        yield* until(40)
        const [signing = ""] = yield* kids(here)
        assert.ok(made.some(({ kid }) => kid === signing))
        assert.deepEqual(yield* kids(there), yield* kids(here))
        yield* until(800)
        for (const ring of [here, there]) assert.deepEqual(yield* kids(ring), [signing])
      })
    ))

  test("that broke off after the new key was stored is completed by whoever refreshes next", () =>
    atNoon(
      Effect.gen(function* () {
        const other = keyStore()
        const [next] = yield* (yield* process(other)).keys
        assert.ok(next !== undefined)
        const store = keyStore()
        const ring = yield* process(store)
        const [old = ""] = yield* kids(ring)
        yield* until(5)
        store.keys.set(next.kid, { ...next, signsFrom: (yield* ring.rotate(0)).signsFrom })
        yield* until(10)
        assert.notEqual(store.keys.get(old)?.publishedUntil, undefined)
        const open = [...store.keys.values()].filter(({ publishedUntil }) => publishedUntil === undefined)
        assert.equal(open.length, 1)
        assert.equal((yield* kids(ring))[0], open[0]?.kid)
      })
    ))

  test("to another algorithm goes as any other", () =>
    atNoon(
      Effect.gen(function* () {
        const store = keyStore()
        yield* process(store)
        const ring = yield* process(store, "EdDSA")
        const { signsFrom } = yield* ring.rotate(0)
        assert.equal(signsFrom, startMillis + 1, "not in the millisecond of the one before")
        yield* TestClock.adjust("1 millis")
        assert.deepEqual(
          (yield* ring.keys).map(({ jwk }) => jwk.alg),
          ["EdDSA", "ES256"]
        )
      })
    ))
})

describe("the keys", () => {
  test("come from memory, and the store is read every refresh, once", () =>
    atNoon(
      Effect.gen(function* () {
        const store = keyStore()
        const ring = yield* process(store)
        const before = store.state.reads
        for (let n = 0; n < 100; n++) yield* ring.keys
        assert.equal(store.state.reads, before)
        assert.equal(yield* ring.keys, yield* ring.keys, "the same array while nothing changes")
        yield* until(60)
        assert.equal(store.state.reads, before + 6)
      })
    ))

  test("are read at once when asked for, at most once a second", () =>
    atNoon(
      Effect.gen(function* () {
        const store = keyStore()
        const here = yield* process(store)
        const there = yield* process(store)
        const { kid } = yield* here.rotate(60)
        yield* there.refresh
        assert.ok(!(yield* kids(there)).includes(kid), "read less than a second ago")
        yield* until(1)
        yield* Effect.all([there.refresh, there.refresh], { concurrency: "unbounded" })
        assert.ok((yield* kids(there)).includes(kid))
      })
    ))

  test("keep nobody waiting long for a store that hangs, however many wait", () =>
    atNoon(
      Effect.gen(function* () {
        const store = keyStore()
        const ring = yield* process(store)
        yield* until(2)
        store.state.hangs = true
        const asked = yield* Effect.forkChild(
          Effect.all(
            Array.from({ length: 20 }, () => Effect.result(ring.refresh)),
            { concurrency: "unbounded" }
          )
        )
        yield* until(7)
        const answers = yield* Fiber.join(asked)
        assert.equal(answers.filter(({ _tag }) => _tag === "Failure").length, 1)
        store.state.hangs = false
      })
    ))

  test("stay while the store is away, and one that was withdrawn goes with the next refresh", () =>
    atNoon(
      Effect.gen(function* () {
        const store = keyStore()
        const ring = yield* process(store)
        const [first = ""] = yield* kids(ring)
        store.state.isAway = true
        yield* until(600)
        assert.deepEqual(yield* kids(ring), [first])
        const rotated = yield* Effect.result(ring.rotate(0))
        assert.equal(rotated._tag === "Failure" && rotated.failure._tag, "UserStoreUnavailable")
        store.state.isAway = false
        const next = yield* ring.rotate(0)
        assert.deepEqual(yield* kids(ring), [next.kid, first])
        store.keys.delete(first)
        yield* until(610)
        assert.deepEqual(yield* kids(ring), [next.kid])
      })
    ))

  test("never end: where the one that signs was withdrawn, another is made", () =>
    atNoon(
      Effect.gen(function* () {
        const store = keyStore()
        const ring = yield* process(store)
        const [first = ""] = yield* kids(ring)
        store.keys.clear()
        yield* until(1)
        yield* ring.refresh
        const [second = "", ...others] = yield* kids(ring)
        assert.ok(second !== "" && second !== first && others.length === 0)
      })
    ))
})
