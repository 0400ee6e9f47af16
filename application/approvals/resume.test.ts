import assert from "node:assert/strict"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { Session } from "../../domain/identity/index.ts"
import { SessionId } from "../../domain/ids/index.ts"
import { getAccount } from "../accounts/index.ts"
import { ApprovalStore } from "../ports/ApprovalStore.ts"
import { Ledger, LedgerUnavailable } from "../ports/Ledger.ts"
import { SessionStore, UserStore } from "../ports/UserStore.ts"
import {
  accounts,
  administrator,
  approvedAndCrashed,
  checker,
  employed,
  failureOf,
  filed,
  key,
  maker,
  noon,
  postedOn,
  specify,
  third
} from "./bank.fixture.ts"
import { decideApproval, fileApproval, getApproval, resumeApprovals } from "./index.ts"

/** The same work while the ledger cannot be reached. */
const withoutLedger = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Ledger, (ledger) =>
    Effect.provideService(
      work,
      Ledger,
      Ledger.of({ ...ledger, submit: () => Effect.fail(new LedgerUnavailable({ reason: "test" })) })
    )
  )

specify(
  "a decision that a crash cut off is carried out later, once",
  Effect.gen(function* () {
    const { from, approval } = yield* filed()
    yield* approvedAndCrashed(approval)
    assert.equal(yield* resumeApprovals(), 0, "it may still be under way")
    assert.equal(yield* postedOn(from), 10_000n)
    yield* TestClock.adjust("11 seconds")
    assert.equal(yield* resumeApprovals(), 1)
    assert.equal((yield* getApproval({ approval })).status, "done")
    assert.equal(yield* resumeApprovals(), 0)
    assert.equal(yield* postedOn(from), 9000n)
  })
)

specify(
  "what was done before the crash is not done again, and its answer is kept",
  Effect.gen(function* () {
    const { from, approval } = yield* filed()
    const done = yield* decideApproval({ approval, decision: "approve" }, checker)
    const approvals = yield* ApprovalStore
    const { result: _, ...approved } = yield* approvals.find(approval)
    yield* approvals.move({ ...approved, status: "approved" }, "done")
    yield* TestClock.adjust("11 seconds")
    assert.equal(yield* resumeApprovals(), 1)
    assert.deepEqual(yield* getApproval({ approval }), done)
    assert.equal(yield* postedOn(from), 9000n)
  })
)

specify(
  "a limit that was set before the crash is not a conflict with itself",
  Effect.gen(function* () {
    const { from } = yield* accounts
    const { version } = yield* getAccount({ account: from })
    const overdraftLimit = { amount: "50.00", currency: "USD" }
    const command = { account: from, overdraftLimit, expectedVersion: version }
    const { id: approval } = yield* fileApproval(
      { operation: "accounts.setOverdraftLimit", command },
      key("limit"),
      maker
    )
    const done = yield* decideApproval({ approval, decision: "approve" }, checker)
    assert.equal(done.status, "done")
    const approvals = yield* ApprovalStore
    const { result: _, ...approved } = yield* approvals.find(approval)
    yield* approvals.move({ ...approved, status: "approved" }, "done")
    yield* TestClock.adjust("11 seconds")
    assert.equal(yield* resumeApprovals(), 1)
    assert.deepEqual(yield* getApproval({ approval }), done)
  })
)

specify(
  "roles that were given before the crash are not a conflict either, and sessions with the old ones end",
  Effect.gen(function* () {
    const [administrators, users, sessions] = [
      yield* employed("e", "administrator"),
      yield* UserStore,
      yield* SessionStore
    ]
    assert.ok(third.user !== undefined)
    const command = { user: third.user, expectedVersion: 1, roles: ["auditor"] }
    const { id: approval } = yield* fileApproval(
      { operation: "users.assignRoles", command },
      key("roles"),
      administrator
    )
    yield* approvedAndCrashed(approval)
    yield* users.save({ ...(yield* users.find(third.user)), roles: ["auditor"], version: 2 })
    const session = Session.start(
      { id: SessionId.make("ses_01jdf8a3e0e8vrvn4t8n9d2k7p"), user: third.user, client: "desk", methods: ["pwd"] },
      noon
    )
    yield* sessions.insert(session)
    yield* TestClock.adjust("11 seconds")
    assert.equal(yield* resumeApprovals(), 1)
    const done = yield* getApproval({ approval })
    assert.deepEqual(
      [done.status, done.result],
      ["done", { id: third.user, roles: ["auditor"], branch: "main", version: 2 }]
    )
    assert.notEqual((yield* sessions.find(session.id)).revokedAt, undefined)
    assert.equal(yield* failureOf(decideApproval({ approval, decision: "reject" }, administrators)), "ApprovalDecided")
  })
)

specify(
  "while the ledger cannot be reached a decision stands and waits",
  Effect.gen(function* () {
    const { from, approval } = yield* filed()
    const waiting = yield* withoutLedger(decideApproval({ approval, decision: "approve" }, checker))
    assert.equal(waiting.status, "approved")
    yield* TestClock.adjust("11 seconds")
    assert.equal(yield* withoutLedger(resumeApprovals()), 0)
    assert.equal(yield* resumeApprovals(), 1)
    assert.equal((yield* getApproval({ approval })).status, "done")
    assert.equal(yield* postedOn(from), 9000n)
  })
)

specify(
  "many that carry out one decision at once do it once",
  Effect.gen(function* () {
    const { from, approval } = yield* filed()
    yield* approvedAndCrashed(approval)
    yield* TestClock.adjust("11 seconds")
    yield* Effect.all(
      [...Array.from({ length: 5 }, resumeApprovals), decideApproval({ approval, decision: "approve" }, checker)],
      { concurrency: "unbounded", discard: true }
    )
    assert.equal((yield* getApproval({ approval })).status, "done")
    assert.equal(yield* postedOn(from), 9000n)
  })
)

specify(
  "the maker's rights count when it is done: who left the bank meanwhile does nothing",
  Effect.gen(function* () {
    const { from, approval } = yield* filed()
    const users = yield* UserStore
    assert.ok(maker.user !== undefined)
    const employee = yield* users.find(maker.user)
    yield* users.save({ ...employee, status: "closed", version: 2 })
    const failed = yield* decideApproval({ approval, decision: "approve" }, checker)
    assert.deepEqual([failed.status, failed.failure], ["failed", "forbidden"])
    assert.equal(yield* postedOn(from), 10_000n)
  })
)

specify(
  "a decision that comes days later asks for no second factor of the maker again",
  Effect.gen(function* () {
    const { approval } = yield* filed("5000.00")
    yield* TestClock.adjust("2 days")
    const failed = yield* decideApproval({ approval, decision: "approve" }, checker)
    assert.equal(failed.failure, "insufficient_funds", "and not for want of a second factor")
  })
)

specify(
  "what nobody decided on in time is marked as expired",
  Effect.gen(function* () {
    const { approval, view } = yield* filed()
    yield* TestClock.setTime(noon + 7 * 86_400_000 - 1)
    yield* resumeApprovals()
    const approvals = yield* ApprovalStore
    assert.equal((yield* approvals.find(approval)).status, "pending")
    yield* TestClock.setTime(view.expiresAt)
    yield* resumeApprovals()
    assert.equal((yield* approvals.find(approval)).status, "expired")
    assert.equal(yield* failureOf(decideApproval({ approval, decision: "approve" }, checker)), "ApprovalDecided")
  })
)
