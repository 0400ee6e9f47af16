import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import { Effect, type Layer, ManagedRuntime } from "effect"
import { SessionStore } from "../../application/ports/UserStore.ts"
import { Instant } from "../../domain/calendar/index.ts"
import type { Session } from "../../domain/identity/index.ts"
import type { UserId } from "../../domain/ids/index.ts"
import { later, newSessionId, newUserId, now, sessionOf } from "./People.ts"

type Spec = (title: string, body: Effect.Effect<void, unknown, SessionStore>) => void

const inserted = (user: UserId, more: Partial<Session.Session> = {}) =>
  Effect.gen(function* () {
    const session = sessionOf(user, more)
    yield* (yield* SessionStore).insert(session)
    return session
  })

const keepingSpecs = (spec: Spec): void => {
  spec(
    "a session is found as stored, in every detail",
    Effect.gen(function* () {
      const store = yield* SessionStore
      const session = yield* inserted(newUserId())
      assert.deepEqual(yield* store.find(session.id), session)
      const { address: _, userAgent: __, ...bare } = sessionOf(newUserId(), { methods: [], assurance: "single" })
      yield* store.insert(bare)
      assert.deepEqual(yield* store.find(bare.id), bare)
    })
  )

  spec(
    "a session that was never stored is not found",
    Effect.gen(function* () {
      const store = yield* SessionStore
      const session = sessionOf(newUserId())
      for (const work of [Effect.asVoid(store.find(session.id)), store.save(session)]) {
        const error = yield* Effect.flip(work)
        assert.ok(error._tag === "SessionNotFound" && error.sessionId === session.id, error._tag)
      }
    })
  )

  spec(
    "a save replaces what changes of a session and nothing else",
    Effect.gen(function* () {
      const store = yield* SessionStore
      const session = yield* inserted(newUserId(), { methods: ["pwd"], assurance: "single" })
      const changes = {
        methods: ["pwd", "passkey"],
        assurance: "mfa",
        authenticatedAt: later(10),
        lastSeenAt: later(20),
        expiresAt: later(7200)
      } as const
      yield* store.save({
        ...session,
        ...changes,
        user: newUserId(),
        client: "other",
        createdAt: later(9),
        address: "::1"
      })
      assert.deepEqual(yield* store.find(session.id), { ...session, ...changes })
    })
  )

  spec(
    "a touch moves both times forward, never back, and changes nothing else",
    Effect.gen(function* () {
      const store = yield* SessionStore
      const session = yield* inserted(newUserId())
      yield* store.touch(session.id, later(20), later(7200))
      const touched = { ...session, lastSeenAt: later(20), expiresAt: later(7200) }
      assert.deepEqual(yield* store.find(session.id), touched)
      yield* store.touch(session.id, later(10), later(3600))
      assert.deepEqual(yield* store.find(session.id), touched)
      yield* store.touch(newSessionId(), later(30), later(9000))
      assert.deepEqual(yield* store.find(session.id), touched)
    })
  )

  spec(
    "of 20 touches and a raise at once, in whatever order, the raise stays and no time falls behind it",
    Effect.gen(function* () {
      const store = yield* SessionStore
      const session = yield* inserted(newUserId(), { methods: ["pwd"], assurance: "single" })
      const raise = { methods: ["pwd", "otp"], assurance: "mfa", authenticatedAt: later(60) } as const
      const touches = Array.from({ length: 20 }, (_, at) => store.touch(session.id, later(100 + at), later(7200 + at)))
      const [before, after] = [touches.slice(0, 10), touches.slice(10)]
      const raised = { ...session, ...raise, lastSeenAt: later(60) }
      yield* Effect.all([...before, store.save(raised), ...after], { concurrency: "unbounded" })
      const { lastSeenAt, expiresAt, ...rest } = yield* store.find(session.id)
      const { lastSeenAt: _, expiresAt: __, ...expected } = raised
      assert.deepEqual(rest, expected)
      assert.ok(lastSeenAt >= raised.lastSeenAt && expiresAt >= raised.expiresAt)
    })
  )

  spec(
    "what is personal of a user's sessions is forgotten, of those that are over and revoked too, and of nobody else's",
    Effect.gen(function* () {
      const store = yield* SessionStore
      const user = newUserId()
      const ids = Array.from({ length: 3 }, newSessionId).sort().reverse()
      const [open, over, revoked] = yield* Effect.all(ids.map((id) => inserted(user, { id })))
      assert.ok(open !== undefined && over !== undefined && revoked !== undefined)
      yield* store.save({ ...over, expiresAt: now })
      yield* store.revoke(user, { only: revoked.id }, now)
      const other = yield* inserted(newUserId())
      for (let twice = 0; twice < 2; twice++) assert.deepEqual(yield* store.forget(user), ids)
      for (const id of ids) {
        const left = yield* store.find(id)
        assert.ok(!("address" in left) && !("userAgent" in left))
      }
      assert.deepEqual(yield* store.find(other.id), other)
      assert.deepEqual(yield* store.forget(newUserId()), [])
    })
  )

  spec(
    "a user's open sessions are listed newest first, without those that are over or revoked",
    Effect.gen(function* () {
      const store = yield* SessionStore
      const user = newUserId()
      const ids = Array.from({ length: 3 }, newSessionId).sort()
      const sessions = yield* Effect.all(ids.map((id) => inserted(user, { id })))
      yield* inserted(user, { expiresAt: now })
      const revoked = yield* inserted(user)
      yield* store.revoke(user, { only: revoked.id }, now)
      yield* inserted(newUserId())
      assert.deepEqual(yield* store.of(user, now), sessions.toReversed())
      assert.deepEqual(yield* store.of(user, later(3600)), [], "all are over by then")
    })
  )

  spec(
    "of a user with more open sessions the newest 100 are listed",
    Effect.gen(function* () {
      const store = yield* SessionStore
      const user = newUserId()
      const ids = Array.from({ length: 103 }, newSessionId).sort()
      yield* Effect.all(ids.map((id) => inserted(user, { id })))
      const listed = (yield* store.of(user, now)).map(({ id }) => id)
      assert.deepEqual(listed, ids.toReversed().slice(0, 100))
    })
  )
}

const revokingSpecs = (spec: Spec): void => {
  spec(
    "one session is revoked alone, once, and only by its user",
    Effect.gen(function* () {
      const store = yield* SessionStore
      const user = newUserId()
      const [first, second] = [yield* inserted(user), yield* inserted(user)]
      assert.deepEqual(yield* store.revoke(newUserId(), { only: first.id }, now), [])
      assert.deepEqual(yield* store.find(first.id), first)
      assert.deepEqual(yield* store.revoke(user, { only: first.id }, later(60)), [first.id])
      assert.deepEqual(yield* store.revoke(user, { only: first.id }, later(90)), [])
      const { address: _, userAgent: __, ...rest } = first
      assert.deepEqual(yield* store.find(first.id), { ...rest, revokedAt: later(60) }, "nothing personal stays")
      assert.deepEqual(yield* store.of(user, now), [second])
      yield* store.save({ ...first, lastSeenAt: later(100) })
      assert.deepEqual(yield* store.of(user, now), [second], "a save brings no session back")
    })
  )

  spec(
    "all sessions of a user are revoked but one, or all",
    Effect.gen(function* () {
      const store = yield* SessionStore
      const user = newUserId()
      const other = yield* inserted(newUserId())
      const ids = Array.from({ length: 3 }, newSessionId).sort()
      for (const id of ids) yield* inserted(user, { id })
      const [kept = newSessionId(), ...ended] = ids
      assert.deepEqual((yield* store.revoke(user, { except: kept }, now)).toSorted(), ended)
      assert.deepEqual(
        (yield* store.of(user, now)).map(({ id }) => id),
        [kept]
      )
      assert.deepEqual(yield* store.revoke(user, {}, now), [kept])
      assert.deepEqual(yield* store.of(user, now), [])
      assert.deepEqual(yield* store.find(other.id), other)
    })
  )

  spec(
    "a session that is over is not counted among those that were ended, and stays ended when it is extended",
    Effect.gen(function* () {
      const store = yield* SessionStore
      const user = newUserId()
      const session = yield* inserted(user)
      assert.deepEqual(yield* store.revoke(user, {}, later(3600)), [])
      yield* store.save({ ...session, expiresAt: later(7200) })
      assert.deepEqual(yield* store.of(user, later(3600)), [])
    })
  )

  spec(
    "of 20 that revoke a session at once one has ended it",
    Effect.gen(function* () {
      const store = yield* SessionStore
      const user = newUserId()
      const session = yield* inserted(user)
      const answers = yield* Effect.all(
        Array.from({ length: 20 }, () => store.revoke(user, {}, now)),
        { concurrency: "unbounded" }
      )
      assert.deepEqual(answers.flat(), [session.id])
    })
  )
}

/**
 * The suite that every implementation of the port `SessionStore` passes, for a `*.test.ts` to call. `makeLayer` gives a
 * store of any content, of the bank named `bank`; with `processes` two it is called again for a second store of the same
 * content, as another process has one. All are released at the end.
 */
export const sessionStoreContract = <E>(
  name: string,
  makeLayer: () => Layer.Layer<SessionStore, E>,
  processes: "one" | "two" = "two"
): void => {
  describe(`${name} as a session store`, () => {
    const runtime = ManagedRuntime.make(makeLayer())
    const another = processes === "two" ? ManagedRuntime.make(makeLayer()) : runtime
    after(async () => {
      await runtime.dispose()
      if (another !== runtime) await another.dispose()
    })
    const spec: Spec = (title, body) => {
      test(title, () => runtime.runPromise(body))
    }
    keepingSpecs(spec)
    revokingSpecs(spec)

    test("what one process revokes another learns, oldest first and since when it asks", async () => {
      const user = newUserId()
      // A time of this test's own: other tests have revoked sessions too.
      const since = Instant.fromMillis(Date.UTC(2027, 0, 1))
      const at = [1, 2, 3].map((millis) => Instant.addMillis(since, millis))
      const sessions = await runtime.runPromise(
        Effect.gen(function* () {
          const store = yield* SessionStore
          const sessions = yield* Effect.all(
            at.map(() => inserted(user, { expiresAt: Instant.addMillis(since, 1000) }))
          )
          const [first, second, third] = sessions
          assert.ok(first !== undefined && second !== undefined && third !== undefined)
          yield* store.revoke(user, { only: second.id }, Instant.addMillis(since, 2))
          yield* store.revoke(user, { only: first.id }, Instant.addMillis(since, 3))
          yield* store.revoke(user, { only: third.id }, Instant.addMillis(since, 1))
          return [third.id, second.id, first.id]
        })
      )
      const revokedSince = (from: Instant.Instant) =>
        another.runPromise(Effect.flatMap(SessionStore, (store) => store.revokedSince(from)))
      const all = sessions.map((session, index) => ({ session, at: at[index] }))
      assert.deepEqual(await revokedSince(since), all)
      assert.deepEqual(await revokedSince(Instant.addMillis(since, 1)), all.slice(1))
      assert.deepEqual(await revokedSince(Instant.addMillis(since, 3)), [])
    })
  })
}
