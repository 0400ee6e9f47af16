import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import { Effect, type Layer, ManagedRuntime } from "effect"
import { type Challenge, ChallengeStore } from "../../application/ports/UserStore.ts"
import { Instant } from "../../domain/calendar/index.ts"
import { later, newUserId, now, unique } from "./People.ts"

type Spec = (title: string, body: Effect.Effect<void, unknown, ChallengeStore>) => void

/** A digest that no other test has, as a SHA-256 is written. */
const newDigest = (): string => Buffer.from(unique()).toString("hex").padEnd(64, "0").slice(0, 64)

const challengeOf = (more: Partial<Challenge> = {}): Challenge => ({
  digest: newDigest(),
  kind: "second_factor",
  user: newUserId(),
  data: '{"email":"ada@example.com","東京":"🦫"}',
  attemptsLeft: 3,
  expiresAt: later(600),
  ...more
})

const inserted = (more: Partial<Challenge> = {}) =>
  Effect.gen(function* () {
    const challenge = challengeOf(more)
    yield* (yield* ChallengeStore).insert(challenge)
    return challenge
  })

const specs = (spec: Spec): void => {
  spec(
    "a challenge is taken as stored, in every detail, and once",
    Effect.gen(function* () {
      const store = yield* ChallengeStore
      const { user: _, ...anonymous } = challengeOf({ kind: "passkey_login", data: "" })
      for (const challenge of [challengeOf(), anonymous]) {
        yield* store.insert(challenge)
        assert.deepEqual(yield* store.take(challenge.kind, challenge.digest, now), challenge)
        assert.equal(yield* store.take(challenge.kind, challenge.digest, now), undefined)
        assert.equal(yield* store.attempt(challenge.kind, challenge.digest, now), undefined)
      }
    })
  )

  spec(
    "a challenge is not found under another kind or another digest",
    Effect.gen(function* () {
      const store = yield* ChallengeStore
      const { digest, kind } = yield* inserted()
      assert.equal(yield* store.take("reset_password", digest, now), undefined)
      assert.equal(yield* store.attempt("reset_password", digest, now), undefined)
      assert.equal(yield* store.take(kind, newDigest(), now), undefined)
      assert.notEqual(yield* store.take(kind, digest, now), undefined)
    })
  )

  spec(
    "each attempt takes one of those that are left, and the last leaves the challenge to be taken",
    Effect.gen(function* () {
      const store = yield* ChallengeStore
      const challenge = yield* inserted({ attemptsLeft: 2 })
      const { kind, digest } = challenge
      assert.deepEqual(yield* store.attempt(kind, digest, now), { ...challenge, attemptsLeft: 1 })
      assert.deepEqual(yield* store.attempt(kind, digest, now), { ...challenge, attemptsLeft: 0 })
      assert.equal(yield* store.attempt(kind, digest, now), undefined)
      assert.deepEqual(yield* store.take(kind, digest, now), { ...challenge, attemptsLeft: 0 })
    })
  )

  spec(
    "a challenge that has expired is gone, to the millisecond",
    Effect.gen(function* () {
      const store = yield* ChallengeStore
      const { kind, digest, expiresAt } = yield* inserted()
      assert.equal(yield* store.attempt(kind, digest, expiresAt), undefined)
      assert.equal(yield* store.take(kind, digest, expiresAt), undefined)
      const before = Instant.addMillis(expiresAt, -1)
      assert.equal((yield* store.attempt(kind, digest, before))?.attemptsLeft, 2)
      assert.equal((yield* store.take(kind, digest, before))?.digest, digest)
    })
  )

  spec(
    "a new challenge of a kind takes the place of the user's former one, and of no other",
    Effect.gen(function* () {
      const store = yield* ChallengeStore
      const user = newUserId()
      const [former, other] = [yield* inserted({ user }), yield* inserted({ user, kind: "reset_password" })]
      const someoneElses = yield* inserted()
      yield* store.attempt(former.kind, former.digest, now)
      const latter = yield* inserted({ user, data: "latter", attemptsLeft: 5, expiresAt: later(900) })
      assert.equal(yield* store.take(former.kind, former.digest, now), undefined)
      for (const each of [latter, other, someoneElses])
        assert.deepEqual(yield* store.take(each.kind, each.digest, now), each)
    })
  )

  spec(
    "a user may own several challenges of a kind, and a new one takes no place of another",
    Effect.gen(function* () {
      const store = yield* ChallengeStore
      const owner = newUserId()
      const { user: _, ...rest } = challengeOf()
      const owned = [1, 2, 3].map(() => ({ ...rest, owner, digest: newDigest() }))
      for (const each of owned) yield* store.insert(each)
      for (const each of owned) assert.deepEqual(yield* store.take(each.kind, each.digest, now), each)
    })
  )

  spec(
    "every challenge of some kinds of a user ends at once, one that it owns too, and none of another kind or user",
    Effect.gen(function* () {
      const store = yield* ChallengeStore
      const user = newUserId()
      const { user: _, ...rest } = challengeOf()
      const owned = [1, 2].map(() => ({ ...rest, owner: user, digest: newDigest() }))
      const reset = challengeOf({ user, kind: "reset_password" })
      const ended = [...owned, reset]
      const kept = [
        challengeOf({ user, kind: "change_email" }),
        { ...rest, owner: user, kind: "known_device" as const, digest: newDigest() },
        { ...rest, owner: newUserId(), digest: newDigest() },
        challengeOf({ kind: "reset_password" }),
        { ...rest, digest: newDigest() }
      ]
      for (const each of [...ended, ...kept]) yield* store.insert(each)
      yield* store.end(user, ["second_factor", "reset_password"])
      yield* store.end(user, [])
      for (const each of ended) assert.equal(yield* store.take(each.kind, each.digest, now), undefined)
      for (const each of kept) assert.deepEqual(yield* store.take(each.kind, each.digest, now), each)
    })
  )

  spec(
    "of a challenge that is ended while 20 try to take it, at most one got it, and then nobody",
    Effect.gen(function* () {
      const store = yield* ChallengeStore
      const user = newUserId()
      const { kind, digest } = yield* inserted({ user })
      const takes = Array.from({ length: 20 }, () => store.take(kind, digest, now))
      const answers = yield* Effect.all(
        [...takes.slice(0, 10), Effect.as(store.end(user, [kind]), undefined), ...takes.slice(10)],
        { concurrency: "unbounded" }
      )
      assert.ok(answers.filter((each) => each !== undefined).length <= 1)
      assert.equal(yield* store.take(kind, digest, now), undefined)
    })
  )

  spec(
    "of 20 challenges of a kind stored for one user at once one is left",
    Effect.gen(function* () {
      const store = yield* ChallengeStore
      const user = newUserId()
      const challenges = Array.from({ length: 20 }, () => challengeOf({ user }))
      yield* Effect.all(challenges.map(store.insert), { concurrency: "unbounded" })
      const taken = yield* Effect.all(challenges.map(({ kind, digest }) => store.take(kind, digest, now)))
      assert.equal(taken.filter((each) => each !== undefined).length, 1)
    })
  )

  spec(
    "of 20 that take a challenge at once one gets it",
    Effect.gen(function* () {
      const store = yield* ChallengeStore
      const { kind, digest } = yield* inserted()
      const taken = yield* Effect.all(
        Array.from({ length: 20 }, () => store.take(kind, digest, now)),
        { concurrency: "unbounded" }
      )
      assert.equal(taken.filter((each) => each !== undefined).length, 1)
    })
  )

  spec(
    "of 20 attempts at once as many are let through as were left, each with a number of its own",
    Effect.gen(function* () {
      const store = yield* ChallengeStore
      const { kind, digest } = yield* inserted({ attemptsLeft: 5 })
      const attempts = yield* Effect.all(
        Array.from({ length: 20 }, () => store.attempt(kind, digest, now)),
        { concurrency: "unbounded" }
      )
      const left = attempts.flatMap((each) => (each === undefined ? [] : [each.attemptsLeft]))
      assert.deepEqual(left.sort(), [0, 1, 2, 3, 4])
    })
  )
}

/**
 * The suite that every implementation of the port `ChallengeStore` passes, for a `*.test.ts` to call. `makeLayer` gives a
 * store of any content; it is called and built once, and released at the end.
 */
export const challengeStoreContract = <E>(name: string, makeLayer: () => Layer.Layer<ChallengeStore, E>): void => {
  describe(`${name} as a challenge store`, () => {
    const runtime = ManagedRuntime.make(makeLayer())
    after(() => runtime.dispose())
    specs((title, body) => {
      test(title, () => runtime.runPromise(body))
    })
  })
}
