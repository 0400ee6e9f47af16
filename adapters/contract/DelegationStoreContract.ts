import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import { Effect, Layer, ManagedRuntime } from "effect"
import { DelegationStore } from "../../application/ports/DelegationStore.ts"
import { Instant } from "../../domain/calendar/index.ts"
import { Delegation } from "../../domain/identity/index.ts"
import { CustomerId, DelegationId, TypedId } from "../../domain/ids/index.ts"
import { Money } from "../../domain/money/index.ts"
import { cents, newAccountId, newKey, randomUuid, usd } from "./Desk.ts"

type Spec = (title: string, body: Effect.Effect<void, unknown, DelegationStore>) => void

const noon = Instant.fromMillis(1_800_000_000_123)
const later = (millis: number): Instant.Instant => Instant.fromMillis(noon + millis)

const newCustomer = (): CustomerId => CustomerId.make(TypedId.fromBytes("cus", randomUuid()))
const newDelegationId = (): DelegationId => DelegationId.make(TypedId.fromBytes("dlg", randomUuid()))

/** Two customers of which one lets the other see all of its accounts. */
const sight = (): Delegation.Delegation => ({
  id: newDelegationId(),
  grantor: newCustomer(),
  grantee: newCustomer(),
  kind: "power_of_attorney",
  right: "view",
  startsAt: noon
})

const inserted = (delegation: Delegation.Delegation) =>
  Effect.flatMap(DelegationStore, (store) => store.insert(newKey(), delegation, delegation.id))

const insertSpecs = (spec: Spec): void => {
  spec(
    "a delegation is found as it was stored, in every detail",
    Effect.gen(function* () {
      const store = yield* DelegationStore
      const bare = sight()
      const full: Delegation.Delegation = {
        ...sight(),
        account: newAccountId(),
        kind: "signatory",
        right: "transact",
        amountMax: Money.make(Money.amountMinorMax, usd),
        endsAt: later(1)
      }
      for (const each of [bare, full]) {
        assert.deepEqual(yield* inserted(each), each)
        assert.deepEqual(yield* store.find(each.id), each)
      }
    })
  )

  spec(
    "a delegation that was never stored is not found",
    Effect.gen(function* () {
      const store = yield* DelegationStore
      const id = newDelegationId()
      for (const missing of [store.find(id), store.revoke(id, noon)]) {
        const error = yield* Effect.flip(missing)
        assert.ok(error._tag === "DelegationNotFound" && error.delegationId === id, error._tag)
      }
    })
  )

  spec(
    "a retry gets the delegation that its key stored first, and stores nothing",
    Effect.gen(function* () {
      const store = yield* DelegationStore
      const key = newKey()
      const first = sight()
      const retry = { ...first, id: newDelegationId(), startsAt: later(1) }
      assert.deepEqual(yield* store.insert(key, first, "same"), first)
      assert.deepEqual(yield* store.insert(key, retry, "same"), first)
      yield* store.revoke(first.id, later(2))
      assert.deepEqual(yield* store.insert(key, retry, "same"), first, "as it was then")
      assert.equal((yield* store.of(first.grantor)).length, 1)
      assert.equal((yield* Effect.flip(store.find(retry.id)))._tag, "DelegationNotFound")
    })
  )

  spec(
    "another request under the key is a conflict and stores nothing",
    Effect.gen(function* () {
      const store = yield* DelegationStore
      const key = newKey()
      yield* store.insert(key, sight(), "first")
      const other = sight()
      const error = yield* Effect.flip(store.insert(key, other, "second"))
      assert.ok(error._tag === "IdempotencyConflict" && error.key === key, error._tag)
      assert.deepEqual(yield* store.of(other.grantor), [])
    })
  )

  spec(
    "of many identical requests at once one is stored, and all get it",
    Effect.gen(function* () {
      const store = yield* DelegationStore
      const key = newKey()
      const first = sight()
      const answers = yield* Effect.all(
        Array.from({ length: 20 }, () => store.insert(key, { ...first, id: newDelegationId() }, "same")),
        { concurrency: "unbounded" }
      )
      const stored = yield* store.of(first.grantor)
      assert.equal(stored.length, 1)
      for (const answer of answers) assert.deepEqual(answer, stored[0])
    })
  )
}

const findingSpecs = (spec: Spec): void => {
  spec(
    "a customer's delegations are those given and those got, newest first, revoked ones too",
    Effect.gen(function* () {
      const store = yield* DelegationStore
      const customer = newCustomer()
      const given = { ...sight(), grantor: customer }
      const got = { ...sight(), grantee: customer }
      const last = { ...sight(), grantor: customer }
      const ordered = [given, got, last].sort((left, right) => (left.id < right.id ? 1 : -1))
      for (const each of [given, got, last, sight()]) yield* inserted(each)
      const revoked = yield* store.revoke(got.id, later(5))
      assert.deepEqual(
        yield* store.of(customer),
        ordered.map((each) => (each.id === got.id ? revoked : each))
      )
      assert.deepEqual(yield* store.of(newCustomer()), [])
    })
  )

  spec(
    "in force are those from one of the grantors to the grantee, from their start until before their end",
    Effect.gen(function* () {
      const store = yield* DelegationStore
      const bounded = { ...sight(), endsAt: later(10), amountMax: cents(5) }
      const { grantor, grantee } = bounded
      const open = { ...sight(), grantee }
      yield* inserted(bounded)
      yield* inserted(open)
      yield* inserted({ ...sight(), grantor })
      yield* inserted({ ...sight(), grantee })
      const idsAt = (at: Instant.Instant, grantors: ReadonlyArray<CustomerId> = [grantor, open.grantor]) =>
        Effect.map(store.inForce(grantee, grantors, at), (found) => new Set(found.map(({ id }) => id)))
      assert.deepEqual(yield* idsAt(later(-1)), new Set())
      assert.deepEqual(yield* idsAt(noon), new Set([bounded.id, open.id]))
      assert.deepEqual(yield* idsAt(later(9)), new Set([bounded.id, open.id]))
      assert.deepEqual(yield* idsAt(later(10)), new Set([open.id]))
      assert.deepEqual(yield* idsAt(noon, [grantor]), new Set([bounded.id]))
      assert.deepEqual(yield* idsAt(noon, []), new Set())
      assert.deepEqual(yield* store.inForce(grantee, [grantor], noon), [bounded])
    })
  )
}

const revokingSpecs = (spec: Spec): void => {
  spec(
    "what was revoked is in force no more, and keeps the time of the first revocation",
    Effect.gen(function* () {
      const store = yield* DelegationStore
      const delegation = sight()
      const { id, grantor, grantee } = delegation
      yield* inserted(delegation)
      const revoked = { ...delegation, revokedAt: later(3) }
      assert.deepEqual(yield* store.revoke(id, later(3)), revoked)
      assert.deepEqual(yield* store.revoke(id, later(4)), revoked)
      assert.deepEqual(yield* store.find(id), revoked)
      assert.deepEqual(yield* store.inForce(grantee, [grantor], later(5)), [])
      assert.ok(!Delegation.isInForce(revoked, later(5)))
    })
  )
}

/**
 * The suite that every implementation of the port `DelegationStore` passes, for a `*.test.ts` to call. `makeLayer` gives
 * a store of any content; it is called and built once, and released at the end.
 */
export const delegationStoreContract = <E>(name: string, makeLayer: () => Layer.Layer<DelegationStore, E>): void => {
  describe(`${name} as a delegation store`, () => {
    const runtime = ManagedRuntime.make(Layer.suspend(makeLayer))
    after(() => runtime.dispose())
    const spec: Spec = (title, body) => {
      test(title, () => runtime.runPromise(body))
    }
    insertSpecs(spec)
    findingSpecs(spec)
    revokingSpecs(spec)
  })
}
