import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import { Effect, Layer, ManagedRuntime, Result } from "effect"
import { type Approval, ApprovalStore } from "../../application/ports/ApprovalStore.ts"
import { Instant } from "../../domain/calendar/index.ts"
import { ApprovalId, CustomerId, SessionId, TypedId, UserId } from "../../domain/ids/index.ts"
import { anyone } from "./Callers.ts"
import { newKey, randomUuid } from "./Desk.ts"

type Spec = (title: string, body: Effect.Effect<void, unknown, ApprovalStore>) => void

const noon = Instant.fromMillis(1_800_000_000_123)
const later = (millis: number): Instant.Instant => Instant.fromMillis(noon + millis)

const newApprovalId = (): ApprovalId => ApprovalId.make(TypedId.fromBytes("apr", randomUuid()))

const filed = (): Approval => ({
  id: newApprovalId(),
  operation: "accounts.setOverdraftLimit",
  command: JSON.stringify({ overdraftLimit: { amount: "10.00", currency: "USD" }, word: "sesame 🦫" }),
  maker: {
    ...anyone,
    id: "usr_x:app",
    user: UserId.make(TypedId.fromBytes("usr", randomUuid())),
    customer: CustomerId.make(TypedId.fromBytes("cus", randomUuid())),
    session: SessionId.make(TypedId.fromBytes("ses", randomUuid()))
  },
  status: "pending",
  createdAt: noon,
  expiresAt: later(1000)
})

const approvedBy = (approval: Approval, checker: string): Approval => ({
  ...approval,
  status: "approved",
  checker,
  decidedAt: later(5)
})

const inserted = (approval: Approval) =>
  Effect.flatMap(ApprovalStore, (store) => store.insert(newKey(), approval, approval.id))

const filingSpecs = (spec: Spec): void => {
  spec(
    "an approval is found as it was stored, in every detail",
    Effect.gen(function* () {
      const store = yield* ApprovalStore
      for (const each of [filed(), { ...filed(), reason: "The customer's salary comes late." }]) {
        assert.deepEqual(yield* inserted(each), each)
        assert.deepEqual(yield* store.find(each.id), each)
      }
    })
  )

  spec(
    "an approval that was never stored is not found",
    Effect.gen(function* () {
      const store = yield* ApprovalStore
      const missing = filed()
      for (const asked of [store.find(missing.id), store.move(missing, "pending")]) {
        const error = yield* Effect.flip(asked)
        assert.ok(error._tag === "ApprovalNotFound" && error.approvalId === missing.id, error._tag)
      }
    })
  )

  spec(
    "a retry gets the approval that its key stored first, as it was then",
    Effect.gen(function* () {
      const store = yield* ApprovalStore
      const key = newKey()
      const first = filed()
      const retry = { ...filed(), createdAt: later(1) }
      assert.deepEqual(yield* store.insert(key, first, "same"), first)
      yield* store.move(approvedBy(first, "second"), "pending")
      assert.deepEqual(yield* store.insert(key, retry, "same"), first)
      assert.equal((yield* Effect.flip(store.find(retry.id)))._tag, "ApprovalNotFound")
    })
  )

  spec(
    "another request under the key is a conflict and stores nothing",
    Effect.gen(function* () {
      const store = yield* ApprovalStore
      const key = newKey()
      yield* store.insert(key, filed(), "first")
      const other = filed()
      const error = yield* Effect.flip(store.insert(key, other, "second"))
      assert.ok(error._tag === "IdempotencyConflict" && error.key === key, error._tag)
      assert.equal((yield* Effect.flip(store.find(other.id)))._tag, "ApprovalNotFound")
    })
  )
}

const decidingSpecs = (spec: Spec): void => {
  spec(
    "an approval moves from the status that it is in, with what was decided and what came of it",
    Effect.gen(function* () {
      const store = yield* ApprovalStore
      const pending = filed()
      yield* inserted(pending)
      const approved = { ...approvedBy(pending, "second"), decisionReason: "As agreed." }
      yield* store.move(approved, "pending")
      assert.deepEqual(yield* store.find(pending.id), approved)
      const done: Approval = { ...approved, status: "done", result: JSON.stringify({ id: "acc_1" }) }
      yield* store.move(done, "approved")
      assert.deepEqual(yield* store.find(pending.id), done)
    })
  )

  spec(
    "an approval in another status does not move and tells which",
    Effect.gen(function* () {
      const store = yield* ApprovalStore
      const pending = filed()
      yield* inserted(pending)
      const rejected: Approval = { ...approvedBy(pending, "second"), status: "rejected" }
      yield* store.move(rejected, "pending")
      const error = yield* Effect.flip(store.move(approvedBy(pending, "third"), "pending"))
      assert.ok(error._tag === "ApprovalDecided", error._tag)
      assert.deepEqual([error.approvalId, error.status], [pending.id, "rejected"])
      assert.deepEqual(yield* store.find(pending.id), rejected)
    })
  )

  spec(
    "of many who decide at once exactly one does",
    Effect.gen(function* () {
      const store = yield* ApprovalStore
      const pending = filed()
      yield* inserted(pending)
      const outcomes = yield* Effect.all(
        Array.from({ length: 20 }, (_, index) =>
          Effect.result(Effect.as(store.move(approvedBy(pending, `checker-${index}`), "pending"), `checker-${index}`))
        ),
        { concurrency: "unbounded" }
      )
      const winners = outcomes.flatMap((each) => (Result.isSuccess(each) ? [each.success] : []))
      assert.equal(winners.length, 1)
      assert.equal((yield* store.find(pending.id)).checker, winners[0])
      for (const each of outcomes) if (Result.isFailure(each)) assert.equal(each.failure._tag, "ApprovalDecided")
    })
  )
}

const listingSpecs = (spec: Spec): void => {
  spec(
    "approvals are listed by id, in pages, and by status",
    Effect.gen(function* () {
      const store = yield* ApprovalStore
      const approvals = Array.from({ length: 5 }, filed).sort((left, right) => (left.id < right.id ? -1 : 1))
      for (const each of approvals.toReversed()) yield* inserted(each)
      const [first, second] = approvals
      assert.ok(first !== undefined && second !== undefined)
      const rejected: Approval = { ...approvedBy(second, "second"), status: "rejected" }
      yield* store.move(rejected, "pending")
      const own = new Set(approvals.map(({ id }) => id))
      const all = Effect.fnUntraced(function* (status: Approval["status"] | undefined) {
        const found: Array<ApprovalId> = []
        // Others' tests store too: ids of this one are picked out.
        let after: ApprovalId | undefined
        for (let page = 0; page < 1000; page++) {
          const query = {
            ...(status === undefined ? {} : { status }),
            ...(after === undefined ? {} : { after }),
            limit: 2
          }
          const listed = yield* store.list(query)
          assert.ok(listed.length <= 2)
          if (listed.length === 0) break
          found.push(...listed.map(({ id }) => id))
          after = listed.at(-1)?.id
        }
        return found.filter((id) => own.has(id))
      })
      const ids = approvals.map(({ id }) => id)
      assert.deepEqual(yield* all(undefined), ids)
      assert.deepEqual(yield* all("rejected"), [second.id])
      assert.deepEqual(
        yield* all("pending"),
        ids.filter((id) => id !== second.id)
      )
      assert.deepEqual(
        (yield* store.list({ after: first.id, limit: 1000 })).find(({ id }) => id === second.id),
        rejected
      )
    })
  )
}

/**
 * The suite that every implementation of the port `ApprovalStore` passes, for a `*.test.ts` to call. `makeLayer` gives a
 * store of any content; it is called and built once, and released at the end.
 */
export const approvalStoreContract = <E>(name: string, makeLayer: () => Layer.Layer<ApprovalStore, E>): void => {
  describe(`${name} as an approval store`, () => {
    const runtime = ManagedRuntime.make(Layer.suspend(makeLayer))
    after(() => runtime.dispose())
    const spec: Spec = (title, body) => {
      test(title, () => runtime.runPromise(body))
    }
    filingSpecs(spec)
    decidingSpecs(spec)
    listingSpecs(spec)
  })
}
