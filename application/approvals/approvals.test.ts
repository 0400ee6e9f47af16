import assert from "node:assert/strict"
import { test } from "node:test"
import { Effect, Result, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Policy, TenantId } from "../../domain/identity/index.ts"
import { ApprovalId } from "../../domain/ids/index.ts"
import { getAccount } from "../accounts/index.ts"
import { formatIssues } from "../errors/index.ts"
import { AuditLog } from "../ports/AuditLog.ts"
import { UserStore } from "../ports/UserStore.ts"
import {
  accounts,
  administrator,
  checker,
  employed,
  failureOf,
  filed,
  key,
  maker,
  moving,
  postedOn,
  specify,
  third
} from "./bank.fixture.ts"
import { decideApproval, FileApproval, fileApproval, getApproval, listApprovals } from "./index.ts"

const account = "acc_01jdf8a3e0e8vrvn4t8n9d2k7p"

const strict = { errors: "all", onExcessProperty: "error" } as const

const fieldsAtFault = (input: unknown): ReadonlyArray<string> => {
  const decoded = Schema.decodeUnknownResult(FileApproval, strict)(input)
  return Result.isSuccess(decoded)
    ? []
    : formatIssues(decoded.failure.issue).issues.map(({ path }) => (path ?? []).join("."))
}

test("a command is read by its operation's own schema, and its faults are named under `command`", () => {
  const amount = { amount: "1.00", currency: "USD" }
  const command = { account, overdraftLimit: amount }
  const operation = "accounts.setOverdraftLimit"
  assert.deepEqual(fieldsAtFault({ operation, command }), [])
  assert.deepEqual(fieldsAtFault({ operation, command: { account } }), ["command.overdraftLimit"])
  const wrong = { account: "x", overdraftLimit: { ...amount, amount: "1.001" }, note: 1 }
  assert.deepEqual(
    new Set(fieldsAtFault({ operation, command: wrong })),
    new Set(["command.account", "command.overdraftLimit.amount", "command.note"])
  )
  assert.deepEqual(fieldsAtFault({ operation: "transactions.post", command }).toSorted(), [
    "command.account",
    "command.entries",
    "command.overdraftLimit"
  ])
  assert.deepEqual(fieldsAtFault({ operation: "transfers.post", command }), ["operation"])
  assert.deepEqual(fieldsAtFault({ operation, command: [] }), ["command"])
})

test("the table holds every operation that the policy lets a second person decide on", () => {
  assert.deepEqual(new Set<string>(FileApproval.fields.operation.literals), new Set(Policy.fourEyes.possible))
})

specify(
  "nothing is done before another person approves, and then it is done once",
  Effect.gen(function* () {
    const { from, to, approval, view } = yield* filed()
    assert.equal(view.status, "pending")
    assert.equal(view.maker, maker.user)
    assert.deepEqual([yield* postedOn(from), yield* postedOn(to)], [10_000n, 0n])
    const done = yield* decideApproval({ approval, decision: "approve", reason: "As agreed." }, checker)
    assert.equal(done.status, "done")
    assert.deepEqual([done.checker, done.decisionReason], [checker.user, "As agreed."])
    assert.match(JSON.stringify(done.result), /"id":"txn_/u)
    assert.deepEqual([yield* postedOn(from), yield* postedOn(to)], [9000n, 1000n])
    assert.deepEqual(yield* getApproval({ approval }), done)
  })
)

specify(
  "the audit log names the maker as who did it, and the approval with its checker as from where",
  Effect.gen(function* () {
    const { approval } = yield* filed()
    yield* decideApproval({ approval, decision: "approve" }, checker)
    const entries = yield* (yield* AuditLog).search({ operation: "transactions.post", limit: 10 })
    const attempted = entries.find(({ outcome }) => outcome === "attempted")
    assert.equal(attempted?.actor.user, maker.user)
    assert.deepEqual(attempted?.origin, { requestId: approval, reason: `approved by ${checker.user}` })
  })
)

specify(
  "a rejected request is not done, and is decided",
  Effect.gen(function* () {
    const { from, approval } = yield* filed()
    const rejected = yield* decideApproval({ approval, decision: "reject", reason: "No." }, checker)
    assert.deepEqual([rejected.status, rejected.decisionReason], ["rejected", "No."])
    assert.equal(yield* failureOf(decideApproval({ approval, decision: "approve" }, third)), "ApprovalDecided")
    assert.equal(yield* failureOf(decideApproval({ approval, decision: "approve" }, checker)), "ApprovalDecided")
    assert.equal(yield* postedOn(from), 10_000n)
  })
)

specify(
  "nobody decides on what it has asked for, not even from another app",
  Effect.gen(function* () {
    const { approval } = yield* filed()
    const elsewhere = { ...maker, id: `${maker.user}:phone`, client: "phone" }
    for (const caller of [maker, elsewhere])
      for (const decision of ["approve", "reject"] as const)
        assert.equal(yield* failureOf(decideApproval({ approval, decision }, caller)), "OwnApproval")
    const { user: _, ...program } = { ...maker, id: "desk-program" }
    const { id } = yield* fileApproval(
      { operation: "transactions.post", command: (yield* getApproval({ approval })).command },
      key("program"),
      program
    )
    assert.equal(yield* failureOf(decideApproval({ approval: id, decision: "approve" }, program)), "OwnApproval")
  })
)

specify(
  "who may not do it may not approve it",
  Effect.gen(function* () {
    const { from, approval } = yield* filed()
    const withoutScope = { ...checker, scopes: checker.scopes.filter((scope) => scope !== "bank:admin") }
    const elsewhere = { ...checker, tenant: TenantId.make("other") }
    for (const caller of [administrator, withoutScope, elsewhere])
      assert.equal(yield* failureOf(decideApproval({ approval, decision: "approve" }, caller)), "CheckerNotAdmitted")
    assert.equal(yield* postedOn(from), 10_000n)
    assert.equal((yield* getApproval({ approval })).status, "pending")
  })
)

specify(
  "who may not do it does not get to ask for it either, and a large sum needs a second factor then",
  Effect.gen(function* () {
    const pair = yield* accounts
    const ask = (dollars: string, caller: typeof maker) =>
      failureOf(fileApproval({ operation: "transactions.post", command: moving(dollars, pair) }, key("ask"), caller))
    assert.equal(yield* ask("1.00", administrator), "Forbidden")
    assert.equal(yield* ask("1000.01", { ...maker, assurance: "single" }), "StepUpRequired")
    assert.equal(yield* ask("1000.00", { ...maker, assurance: "single" }), "accepted")
  })
)

specify(
  "a retry of a filing is answered as the first was, and another request under its key is a conflict",
  Effect.gen(function* () {
    const { from, to, approval, view } = yield* filed()
    const again = (dollars: string) =>
      fileApproval({ operation: "transactions.post", command: moving(dollars, { from, to }) }, key("filed"), maker)
    yield* decideApproval({ approval, decision: "approve" }, checker)
    assert.deepEqual(yield* again("10.00"), view)
    assert.equal(yield* failureOf(again("11.00")), "IdempotencyConflict")
    assert.equal((yield* listApprovals({ limit: 10 })).items.length, 1)
  })
)

specify(
  "of many who decide at once one does, and what was asked for is done once",
  Effect.gen(function* () {
    const { from, approval } = yield* filed()
    const decisions = Array.from({ length: 20 }, (_, index) =>
      failureOf(
        decideApproval({ approval, decision: index % 2 === 0 ? "approve" : "reject" }, index % 4 < 2 ? checker : third)
      )
    )
    const outcomes = yield* Effect.all(decisions, { concurrency: "unbounded" })
    const { status } = yield* getApproval({ approval })
    // The winner's own repetitions are answered as it was, all others are told that it is decided.
    assert.equal(outcomes.filter((each) => each === "accepted").length, 5)
    assert.equal(outcomes.filter((each) => each === "ApprovalDecided").length, 15)
    assert.equal(yield* postedOn(from), status === "done" ? 9000n : 10_000n)
  })
)

specify(
  "the same decision of the same checker again is answered as it stands",
  Effect.gen(function* () {
    const { from, approval } = yield* filed()
    const done = yield* decideApproval({ approval, decision: "approve" }, checker)
    assert.deepEqual(yield* decideApproval({ approval, decision: "approve" }, checker), done)
    assert.equal(yield* failureOf(decideApproval({ approval, decision: "reject" }, checker)), "ApprovalDecided")
    assert.equal(yield* postedOn(from), 9000n)
  })
)

specify(
  "what is approved and refused by the books has failed, with the code of the error",
  Effect.gen(function* () {
    const { from, approval } = yield* filed("100.01")
    const failed = yield* decideApproval({ approval, decision: "approve" }, checker)
    assert.deepEqual([failed.status, failed.failure, failed.result], ["failed", "insufficient_funds", undefined])
    assert.equal(yield* postedOn(from), 10_000n)
    assert.equal(yield* failureOf(decideApproval({ approval, decision: "approve" }, third)), "ApprovalDecided")
  })
)

specify(
  "an approval is for 7 days, after which nobody decides on it",
  Effect.gen(function* () {
    const { approval, view } = yield* filed()
    assert.equal(view.expiresAt - view.createdAt, 7 * 86_400_000)
    yield* TestClock.adjust("7 days")
    assert.equal((yield* getApproval({ approval })).status, "expired")
    const error = yield* Effect.flip(decideApproval({ approval, decision: "approve" }, checker))
    assert.ok(error._tag === "ApprovalDecided" && error.status === "expired", error._tag)
    assert.equal((yield* listApprovals({ status: "expired", limit: 10 })).items.length, 1)
  })
)

specify(
  "all that is restricted is done by the same rules: a reversal and an overdraft limit",
  Effect.gen(function* () {
    const { from, approval } = yield* filed()
    const posted = yield* decideApproval({ approval, decision: "approve" }, checker)
    const transaction = Schema.decodeUnknownSync(Schema.Struct({ id: Schema.String }))(posted.result).id
    const reversal = yield* fileApproval(
      { operation: "transactions.reverse", command: { transaction } },
      key("reversal"),
      maker
    )
    yield* decideApproval({ approval: reversal.id, decision: "approve" }, checker)
    assert.equal(yield* postedOn(from), 10_000n)
    const limit = { account: from, overdraftLimit: { amount: "50.00", currency: "USD" } }
    const raise = yield* fileApproval({ operation: "accounts.setOverdraftLimit", command: limit }, key("limit"), maker)
    assert.equal((yield* decideApproval({ approval: raise.id, decision: "approve" }, checker)).status, "done")
    assert.equal((yield* getAccount({ account: from })).overdraftLimit.minor, 5000n)
  })
)

specify(
  "approvals are listed in the order of filing, in pages",
  Effect.gen(function* () {
    const pair = yield* accounts
    const ids: Array<ApprovalId> = []
    for (const dollars of ["1.00", "2.00", "3.00"]) {
      const command = moving(dollars, pair)
      ids.push((yield* fileApproval({ operation: "transactions.post", command }, key(dollars), maker)).id)
    }
    const first = yield* listApprovals({ status: "pending", limit: 2 })
    assert.deepEqual([first.items.map(({ id }) => id), first.next], [ids.slice(0, 2), ids[1]])
    assert.ok(first.next !== undefined)
    const rest = yield* listApprovals({ status: "pending", after: first.next, limit: 2 })
    assert.deepEqual([rest.items.map(({ id }) => id), rest.next], [ids.slice(2), undefined])
    const none = ApprovalId.make("apr_01jdf8a3e0e8vrvn4t8n9d2k7p")
    assert.equal(yield* failureOf(getApproval({ approval: none })), "ApprovalNotFound")
    assert.equal(yield* failureOf(decideApproval({ approval: none, decision: "reject" }, checker)), "ApprovalNotFound")
  })
)

specify(
  "roles are given by two administrators",
  Effect.gen(function* () {
    const second = yield* employed("e", "administrator")
    assert.ok(third.user !== undefined)
    const command = { user: third.user, roles: ["auditor"] }
    const { id: approval } = yield* fileApproval(
      { operation: "users.assignRoles", command },
      key("roles"),
      administrator
    )
    assert.equal(yield* failureOf(decideApproval({ approval, decision: "approve" }, checker)), "CheckerNotAdmitted")
    assert.equal(yield* failureOf(decideApproval({ approval, decision: "approve" }, administrator)), "OwnApproval")
    const done = yield* decideApproval({ approval, decision: "approve" }, second)
    assert.deepEqual(done.result, { id: third.user, roles: ["auditor"], branch: "main", version: 2 })
    assert.deepEqual((yield* (yield* UserStore).find(third.user)).roles, ["auditor"])
  })
)

specify(
  "nobody approves its own roles, whoever asks for them",
  Effect.gen(function* () {
    const second = yield* employed("e", "administrator")
    assert.ok(second.user !== undefined)
    const command = { user: second.user, roles: ["administrator", "operator"] }
    const { id: approval } = yield* fileApproval(
      { operation: "users.assignRoles", command },
      key("own-roles"),
      administrator
    )
    assert.equal(yield* failureOf(decideApproval({ approval, decision: "approve" }, second)), "OwnApproval")
  })
)
