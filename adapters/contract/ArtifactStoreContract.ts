import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import { Clock, Effect, Layer, ManagedRuntime } from "effect"
import { type Artifact, ArtifactStore } from "../../application/ports/Tokens.ts"
import { Instant } from "../../domain/calendar/index.ts"
import { now, unique } from "./People.ts"
import { shiftedClock } from "./ShiftedClock.ts"
import type { Advance } from "./Spec.ts"

type Spec = (title: string, body: Effect.Effect<void, unknown, ArtifactStore>) => void

const artifactOf = (more: Partial<Artifact> = {}): Artifact => ({
  model: "RefreshToken",
  id: unique(),
  payload: '{"scope":"openid","東京":"🦫"}',
  ...more
})

const inserted = (more: Partial<Artifact> = {}) =>
  Effect.gen(function* () {
    const artifact = artifactOf(more)
    yield* (yield* ArtifactStore).upsert(artifact)
    return artifact
  })

/** So many milliseconds from now on, by the clock that is everyone's. */
const ahead = (millis: number) => Effect.map(Clock.currentTimeMillis, (at) => Instant.fromMillis(at + millis))

const keepingSpecs = (spec: Spec, advance: Advance): void => {
  spec(
    "an artifact is found as stored, in every detail, by whatever finds it",
    Effect.gen(function* () {
      const store = yield* ArtifactStore
      const [grantId, uid, userCode] = [unique(), unique(), unique()]
      const whole = yield* inserted({ grantId, uid, userCode, expiresAt: yield* ahead(60_000), consumedAt: now })
      assert.deepEqual(yield* store.find(whole.model, whole.id), whole)
      assert.deepEqual(yield* store.findByUid(whole.model, uid), whole)
      assert.deepEqual(yield* store.findByUserCode(whole.model, userCode), whole)
      const bare = yield* inserted({ payload: "" })
      assert.deepEqual(yield* store.find(bare.model, bare.id), bare)
    })
  )

  spec(
    "an artifact is not found under another model or another name",
    Effect.gen(function* () {
      const store = yield* ArtifactStore
      const { model, id, uid = "", userCode = "" } = yield* inserted({ uid: unique(), userCode: unique() })
      assert.equal(yield* store.find("AccessToken", id), undefined)
      assert.equal(yield* store.findByUid("AccessToken", uid), undefined)
      assert.equal(yield* store.findByUserCode("AccessToken", userCode), undefined)
      for (const find of [store.find, store.findByUid, store.findByUserCode])
        assert.equal(yield* find(model, unique()), undefined)
      assert.equal(yield* store.findByUid(model, userCode), undefined)
    })
  )

  spec(
    "what is stored again takes the place of what was, and is found by its new names",
    Effect.gen(function* () {
      const store = yield* ArtifactStore
      const former = yield* inserted({ uid: unique(), userCode: unique(), expiresAt: yield* ahead(60_000) })
      const { model, id, uid = "", userCode = "" } = former
      const latter = yield* inserted({ id, uid: unique(), payload: "latter" })
      assert.deepEqual(yield* store.find(model, id), latter)
      assert.deepEqual(yield* store.findByUid(model, latter.uid ?? ""), latter)
      assert.equal(yield* store.findByUid(model, uid), undefined)
      assert.equal(yield* store.findByUserCode(model, userCode), undefined)
    })
  )

  spec(
    "of two with one uid the one that was stored last is found",
    Effect.gen(function* () {
      const store = yield* ArtifactStore
      const uid = unique()
      const first = yield* inserted({ model: "Session", uid })
      yield* advance(1)
      const second = yield* inserted({ model: "Session", uid })
      assert.deepEqual(yield* store.findByUid("Session", uid), second)
      yield* store.destroy("Session", second.id)
      assert.deepEqual(yield* store.findByUid("Session", uid), first)
    })
  )

  spec(
    "an artifact that has expired is not found, used or listed",
    Effect.gen(function* () {
      const store = yield* ArtifactStore
      const model = unique()
      const more = { model, uid: unique(), userCode: unique(), expiresAt: yield* ahead(60_000) }
      const { id } = yield* inserted(more)
      yield* advance(61_000)
      assert.equal(yield* store.find(model, id), undefined)
      assert.equal(yield* store.findByUid(model, more.uid), undefined)
      assert.equal(yield* store.findByUserCode(model, more.userCode), undefined)
      assert.equal(yield* store.consume(model, id, now), false)
      assert.deepEqual(yield* store.list(model), [])
    })
  )

  spec(
    "an artifact that was destroyed is gone, and to destroy it again changes nothing",
    Effect.gen(function* () {
      const store = yield* ArtifactStore
      const { model, id } = yield* inserted()
      yield* store.destroy("AccessToken", id)
      assert.notEqual(yield* store.find(model, id), undefined)
      yield* store.destroy(model, id)
      yield* store.destroy(model, id)
      assert.equal(yield* store.find(model, id), undefined)
    })
  )

  spec(
    "those of a model are listed by id, and no others",
    Effect.gen(function* () {
      const store = yield* ArtifactStore
      const model = unique()
      const made = yield* Effect.all(Array.from({ length: 5 }, () => inserted({ model })))
      yield* inserted()
      const sorted = made.toSorted((left, right) => (left.id < right.id ? -1 : 1))
      assert.deepEqual(yield* store.list(model), sorted)
    })
  )
}

const usingSpecs = (spec: Spec): void => {
  spec(
    "an artifact that was used says when, and stays used when it is stored again",
    Effect.gen(function* () {
      const store = yield* ArtifactStore
      const artifact = yield* inserted()
      const { model, id } = artifact
      assert.equal(yield* store.consume(model, id, now), true)
      assert.equal(yield* store.consume(model, id, Instant.addMillis(now, 1)), false)
      assert.deepEqual(yield* store.find(model, id), { ...artifact, consumedAt: now })
      yield* store.upsert({ ...artifact, payload: "again" })
      assert.deepEqual(yield* store.find(model, id), { ...artifact, payload: "again", consumedAt: now })
      assert.equal(yield* store.consume(model, unique(), now), false)
    })
  )

  spec(
    "of 50 that use an artifact at once one is told that it did",
    Effect.gen(function* () {
      const store = yield* ArtifactStore
      const { model, id } = yield* inserted()
      const answers = yield* Effect.all(
        Array.from({ length: 50 }, () => store.consume(model, id, now)),
        { concurrency: "unbounded" }
      )
      assert.equal(answers.filter((isFirst) => isFirst).length, 1)
    })
  )
}

const grantSpecs = (spec: Spec): void => {
  spec(
    "with a grant everything of it ends, whatever its model, and nothing of another",
    Effect.gen(function* () {
      const store = yield* ArtifactStore
      const grantId = unique()
      const models = ["AuthorizationCode", "AccessToken", "RefreshToken"]
      const made = yield* Effect.all(models.map((model) => inserted({ model, grantId })))
      const [others, nobodys] = [yield* inserted({ grantId: unique() }), yield* inserted()]
      yield* store.revokeGrant(grantId)
      for (const { model, id } of made) {
        assert.equal(yield* store.find(model, id), undefined)
        assert.equal(yield* store.consume(model, id, now), false)
      }
      for (const each of [others, nobodys]) assert.deepEqual(yield* store.find(each.model, each.id), each)
    })
  )

  spec(
    "nothing of a grant that ended can be stored any more, under a new name or an old one",
    Effect.gen(function* () {
      const store = yield* ArtifactStore
      const grantId = unique()
      const made = yield* inserted({ grantId })
      yield* store.revokeGrant(grantId)
      yield* store.revokeGrant(grantId)
      for (const artifact of [made, artifactOf({ grantId })]) {
        yield* store.upsert(artifact)
        assert.equal(yield* store.find(artifact.model, artifact.id), undefined)
      }
      const neverUsed = unique()
      yield* store.revokeGrant(neverUsed)
      const late = yield* inserted({ grantId: neverUsed })
      assert.equal(yield* store.find(late.model, late.id), undefined)
    })
  )

  spec(
    "a grant that ends while 20 artifacts of it are stored leaves none alive",
    Effect.gen(function* () {
      const store = yield* ArtifactStore
      // Before, among and after them, in rounds: each may meet another moment of the others.
      for (let round = 0; round < 10; round++) {
        const grantId = unique()
        if (round % 2 === 0) yield* inserted({ grantId })
        const artifacts = Array.from({ length: 20 }, () => artifactOf({ grantId }))
        const work = artifacts.map((artifact) => store.upsert(artifact))
        work.splice(round * 2, 0, store.revokeGrant(grantId))
        yield* Effect.all(work, { concurrency: "unbounded" })
        for (const { model, id } of artifacts) assert.equal(yield* store.find(model, id), undefined)
      }
    })
  )
}

/**
 * The suite that every implementation of the port `ArtifactStore` passes, for a `*.test.ts` to call. `makeLayer` gives a
 * store of any content that reads the time from effect's `Clock`; it is called and built once, and released at the end.
 */
export const artifactStoreContract = <E>(name: string, makeLayer: () => Layer.Layer<ArtifactStore, E>): void => {
  describe(`${name} as a store of artifacts`, () => {
    const clock = shiftedClock()
    const runtime = ManagedRuntime.make(Layer.provideMerge(makeLayer(), clock.layer))
    after(() => runtime.dispose())
    const spec: Spec = (title, body) => {
      test(title, () => runtime.runPromise(body))
    }
    keepingSpecs(spec, clock.advance)
    usingSpecs(spec)
    grantSpecs(spec)
  })
}
