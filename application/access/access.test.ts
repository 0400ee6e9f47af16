import assert from "node:assert/strict"
import { test } from "node:test"
import { Clock, Effect, Fiber, Layer, Result } from "effect"
import { TestClock } from "effect/testing"
import { auditSince, callerOf, customerOf, newCast, north, type Things } from "../../adapters/contract/index.ts"
import * as Ids from "../../adapters/ids/index.ts"
import * as Memory from "../../adapters/memory/index.ts"
import { Product } from "../../domain/accounts/index.ts"
import { Instant } from "../../domain/calendar/index.ts"
import { type Delegation, Permission, type Policy, TenantId } from "../../domain/identity/index.ts"
import { type CustomerId, DelegationId } from "../../domain/ids/index.ts"
import { Currency, Money } from "../../domain/money/index.ts"
import { run } from "../../infra/testing/effect.ts"
import { AuditLog, AuditUnavailable } from "../ports/AuditLog.ts"
import { Bank } from "../ports/Bank.ts"
import type { Caller } from "../ports/Caller.ts"
import { DelegationStore } from "../ports/DelegationStore.ts"
import { keyOf } from "../ports/Idempotency.ts"
import { UserNotFound, UserStore } from "../ports/UserStore.ts"
import { AccountGuards, type Guard, LedgerGuards, perform, permissionEnd } from "./index.ts"

const usd = Currency.Code.make("USD")
const dollars = (units: number): Money.Money => Money.make(BigInt(units) * 100n, usd)
const checking = Product.ProductCode.make("checking")

const servicesFor = (terms: Partial<Permission.Terms> = {}) =>
  Layer.provideMerge(
    Memory.accessLayer({ ...Permission.termsUsual, ...terms, tenant: TenantId.make("bank") }),
    Layer.mergeAll(Memory.layer, Memory.usersLayer, Layer.succeed(Bank, { products: Product.builtIn })).pipe(
      Layer.provideMerge(Ids.seeded(1))
    )
  )
type Services = Layer.Success<ReturnType<typeof servicesFor>>

const specify = (name: string, body: Effect.Effect<void, unknown, Services>, terms?: Partial<Permission.Terms>): void =>
  void test(name, () => run(body, servicesFor(terms)))

/** What becomes of a command of a caller, and how often its use case ran. */
const asked = <C>(
  guard: Guard<C>,
  command: C,
  caller: Caller,
  answer: Effect.Effect<string> = Effect.succeed("done")
) =>
  Effect.map(
    Effect.result(perform(guard, command, { caller, origin: { requestId: "req_test" } }, answer, (text) => text)),
    (outcome) => (Result.isFailure(outcome) ? outcome.failure._tag : outcome.success)
  )

const ownerOf = ({ customer, user }: Things): Caller => callerOf("owner", "customer", { customer, user, branch: north })

const lent = (grantor: CustomerId, grantee: CustomerId, more: Partial<Delegation.Delegation> = {}) =>
  Effect.gen(function* () {
    const id = DelegationId.make(`dlg_01jdf8a3e0e8vrvn4t8n9d${String(++delegations).padStart(4, "0")}`)
    const startsAt = Instant.fromMillis(0)
    const delegation = { id, grantor, grantee, kind: "joint_holder", right: "view", startsAt, ...more } as const
    return yield* (yield* DelegationStore).insert(keyOf("test", id), delegation, id)
  })
let delegations = 0

const readUser: Guard<Things> = {
  operation: "users.read",
  target: ({ user }) => Effect.succeed({ users: [user] }),
  hidden: () => new UserNotFound({ userId: "absent" }),
  recordsAnswer: false
}

specify(
  "a login of another bank is not there for this bank's administrator, and neither are its customers for a branch of the same name",
  Effect.gen(function* () {
    const { foreign, own, absent } = yield* newCast("accounts:read")
    const administrator = callerOf("admin", "administrator")
    assert.equal(yield* asked(readUser, own, administrator), "done")
    const users = yield* UserStore
    const moved = yield* users.find(foreign.user)
    yield* users.save({ ...moved, tenant: TenantId.make("other"), version: moved.version + 1 })
    assert.equal(yield* asked(readUser, foreign, administrator), "UserNotFound")
    assert.equal(yield* asked(readUser, absent, callerOf("teller", "teller", { branch: north })), "UserNotFound")
    const teller = callerOf("teller", "teller", { branch: moved.branch })
    assert.equal(yield* asked(AccountGuards.readAccount, { account: foreign.account }, teller), "AccountNotFound")
  })
)

specify(
  "staff that is a customer too is one at its own accounts: no cash, no more than its identification lets it",
  Effect.gen(function* () {
    const [own, others] = [yield* customerOf(north), yield* customerOf(north)]
    for (const role of ["operator", "teller"] as const) {
      const caller: Caller = { ...ownerOf(own), roles: ["customer", role], kyc: "none" }
      const paying = (account: Things, units: number) => ({ account: account.account, amount: dollars(units) })
      assert.equal(yield* asked(LedgerGuards.deposit, paying(own, 1), caller), "Forbidden")
      assert.equal(yield* asked(LedgerGuards.deposit, paying(others, 1), caller), "done")
      const moving = (from: Things) => ({ from: from.account, to: from.other, amount: dollars(151) })
      assert.equal(yield* asked(LedgerGuards.transfer, moving(own), caller), "KycLimitExceeded")
      assert.equal(yield* asked(LedgerGuards.transfer, moving(others), caller), "done")
    }
  })
)

specify(
  "nobody lends itself money: to open an account with a limit takes the right to set one",
  Effect.gen(function* () {
    const own = yield* customerOf(north)
    const opening = (units: number) => ({ product: checking, currency: usd, overdraftLimit: dollars(units) })
    const { openAccount } = AccountGuards
    assert.equal(yield* asked(openAccount, opening(1), ownerOf(own)), "Forbidden")
    assert.equal(yield* asked(openAccount, opening(0), ownerOf(own)), "done")
    const forOwn = { ...opening(1), owner: own.customer }
    for (const role of ["teller", "service"] as const)
      assert.equal(yield* asked(openAccount, forOwn, callerOf(role, role, { branch: north })), "Forbidden")
    assert.equal(yield* asked(openAccount, forOwn, callerOf("operator", "operator")), "done")
  })
)

specify(
  "a limit that takes two people to set takes two people to open with",
  Effect.gen(function* () {
    const { customer } = yield* customerOf(north)
    const opening = { product: checking, currency: usd, owner: customer, overdraftLimit: dollars(1) }
    assert.equal(yield* asked(AccountGuards.openAccount, opening, callerOf("operator", "operator")), "ApprovalRequired")
  }),
  { fourEyes: new Set<Policy.Operation>(["accounts.setOverdraftLimit"]) }
)

specify(
  "an owner freezes more and never less: a freeze of the bank's is the bank's to lift",
  Effect.gen(function* () {
    const own = yield* customerOf(north)
    const freezing = (account: Things["account"], freeze: "debits" | "both", caller: Caller) =>
      asked(AccountGuards.freezeAccount, { account, freeze }, caller)
    assert.equal(yield* freezing(own.account, "debits", ownerOf(own)), "done")
    assert.equal(yield* freezing(own.frozen, "both", ownerOf(own)), "done")
    assert.equal(yield* freezing(own.frozen, "debits", ownerOf(own)), "Forbidden")
    assert.equal(yield* freezing(own.frozen, "debits", callerOf("teller", "teller", { branch: north })), "done")
  })
)

specify(
  "a delegation counts for its accounts, from its start until its end, until it is revoked, and is not passed on",
  Effect.gen(function* () {
    const [owner, friend, stranger] = [yield* customerOf(north), yield* customerOf(north), yield* customerOf(north)]
    const sees = (who: Things, account: Things["account"]) =>
      asked(AccountGuards.readAccount, { account }, ownerOf(who))
    const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
    const [past, future] = [Instant.addMillis(now, -1), Instant.addMillis(now, 3_600_000)]
    yield* lent(owner.customer, friend.customer, { endsAt: past })
    yield* lent(owner.customer, friend.customer, { startsAt: future })
    const revoked = yield* lent(owner.customer, friend.customer)
    yield* (yield* DelegationStore).revoke(revoked.id, past)
    yield* lent(friend.customer, owner.customer, { right: "manage" })
    assert.equal(yield* sees(friend, owner.account), "AccountNotFound")
    yield* lent(owner.customer, friend.customer, { account: owner.account })
    yield* lent(friend.customer, stranger.customer, { right: "manage" })
    assert.equal(yield* sees(friend, owner.account), "done")
    assert.equal(yield* sees(friend, owner.other), "AccountNotFound")
    assert.equal(yield* sees(stranger, owner.account), "AccountNotFound")
    const listing = { owner: owner.customer, limit: 10 }
    assert.equal(yield* asked(AccountGuards.listAccounts, listing, ownerOf(friend)), "OwnerNotFound")
  })
)

specify(
  "what one customer lent gives nothing of another's that is in the same batch",
  Effect.gen(function* () {
    const [owner, friend, stranger] = [yield* customerOf(north), yield* customerOf(north), yield* customerOf(north)]
    yield* lent(owner.customer, friend.customer, { right: "manage" })
    const moving = ({ account, other }: Things) =>
      ({ kind: "transfer", from: account, to: other, amount: dollars(1) }) as const
    const posting = (...items: ReadonlyArray<Things>) =>
      asked(LedgerGuards.postBatch, { items: items.map(moving) }, ownerOf(friend))
    assert.equal(yield* posting(owner, friend), "done")
    assert.equal(yield* posting(owner, stranger), "BatchRejected")
    assert.equal(yield* posting(stranger, owner), "BatchRejected")
  })
)

specify(
  "a party to a transaction or a hold sees it and leaves no trace; whoever is none finds nothing and does",
  Effect.gen(function* () {
    const [own, other] = [yield* customerOf(north), yield* customerOf(north)]
    const log = yield* AuditLog
    const { sequence } = yield* log.head
    const { transaction, hold } = own
    assert.equal(yield* asked(LedgerGuards.readTransaction, { transaction }, ownerOf(own)), "done")
    assert.equal(yield* asked(LedgerGuards.readHold, { hold }, ownerOf(own)), "done")
    assert.equal((yield* log.head).sequence, sequence)
    assert.equal(yield* asked(LedgerGuards.readTransaction, { transaction }, ownerOf(other)), "TransactionNotFound")
    assert.equal(yield* asked(LedgerGuards.readHold, { hold }, ownerOf(other)), "HoldNotFound")
    const lines = yield* auditSince(sequence, "owner")
    assert.deepEqual(
      lines.map(({ outcome, code, objects }) => [outcome, code, objects]),
      [
        ["refused", "transaction_not_found", [transaction]],
        ["refused", "hold_not_found", [hold]]
      ]
    )
  })
)

specify(
  "who asks for what is not there leaves a line as well, whoever it is",
  Effect.gen(function* () {
    const { absent, own } = yield* newCast("accounts:read")
    const { sequence } = yield* (yield* AuditLog).head
    const { transaction, account } = absent
    yield* asked(LedgerGuards.readTransaction, { transaction }, ownerOf(own))
    const operator = callerOf("owner", "operator")
    yield* asked(LedgerGuards.readTransaction, { transaction }, operator)
    assert.equal(yield* asked(AccountGuards.unfreezeAccount, { account }, operator), "AccountNotFound")
    const lines = yield* auditSince(sequence, "owner")
    assert.deepEqual(
      lines.map(({ outcome, code }) => [outcome, code]),
      [
        ["refused", "transaction_not_found"],
        ["refused", "transaction_not_found"],
        ["failed", "account_not_found"]
      ]
    )
  })
)

specify(
  "a write says before and after what it did, also where it fails of a bug",
  Effect.gen(function* () {
    const own = yield* customerOf(north)
    const { sequence } = yield* (yield* AuditLog).head
    const renaming = { account: own.account, name: null }
    yield* asked(AccountGuards.renameAccount, renaming, ownerOf(own), Effect.succeed("renamed"))
    yield* auditSince(sequence, "owner")
    const broken = asked(AccountGuards.renameAccount, renaming, ownerOf(own), Effect.die(new Error("a bug")))
    assert.ok(Result.isFailure(yield* Effect.result(Effect.catchDefect(broken, () => Effect.fail("a bug")))))
    const lines = yield* auditSince(sequence, "owner")
    assert.deepEqual(
      lines.map(({ outcome, code, after }) => [outcome, code, after]),
      [
        ["attempted", undefined, undefined],
        ["done", undefined, '"renamed"'],
        ["attempted", undefined, undefined],
        ["failed", "internal_error", undefined]
      ]
    )
    for (const { before } of lines) assert.ok(before?.includes(own.account))
  })
)

specify(
  "what cannot be put on the audit log is not done, and what is not the caller's is not read",
  Effect.gen(function* () {
    const [own, others] = [yield* customerOf(north), yield* customerOf(north)]
    const log = yield* AuditLog
    let ran = 0
    const counted = Effect.sync(() => {
      ran++
      return "done"
    })
    const failing = AuditLog.of({ ...log, append: () => Effect.fail(new AuditUnavailable({ reason: "full" })) })
    const without = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.provideService(effect, AuditLog, failing)
    const { account } = others
    const auditor = callerOf("auditor", "auditor")
    const moving = { from: own.account, to: own.other, amount: dollars(1) }
    assert.equal(yield* without(asked(LedgerGuards.transfer, moving, ownerOf(own), counted)), "AuditUnavailable")
    assert.equal(yield* without(asked(AccountGuards.readAccount, { account }, auditor, counted)), "AuditUnavailable")
    assert.equal(
      yield* without(asked(AccountGuards.readAccount, { account }, ownerOf(own), counted)),
      "AuditUnavailable"
    )
    assert.equal(ran, 0)
    const { account: mine } = own
    assert.equal(yield* without(asked(AccountGuards.readAccount, { account: mine }, ownerOf(own), counted)), "done")
  })
)

specify(
  "a batch that has nothing in it is nobody's but its caller's",
  Effect.gen(function* () {
    const own = yield* customerOf(north)
    for (const caller of [ownerOf(own), callerOf("t", "teller", { branch: north }), callerOf("s", "service")])
      assert.equal(yield* asked(LedgerGuards.postBatch, { items: [] }, caller), "done")
  })
)

specify(
  "an operator who is a customer too neither lends to itself nor unfreezes its own account",
  Effect.gen(function* () {
    const { own, foreign } = yield* newCast("accounts:read")
    const operator: Caller = { ...ownerOf(own), roles: ["customer", "operator"] }
    const limit = dollars(500)
    const lends = ({ account }: Things) =>
      asked(AccountGuards.setOverdraftLimit, { account, overdraftLimit: limit }, operator)
    assert.deepEqual([yield* lends(own), yield* lends(foreign)], ["Forbidden", "done"])
    const opens = ({ customer: owner }: Things) =>
      asked(AccountGuards.openAccount, { owner, product: checking, currency: usd, overdraftLimit: limit }, operator)
    assert.deepEqual([yield* opens(own), yield* opens(foreign)], ["Forbidden", "done"])
    assert.equal(yield* asked(AccountGuards.unfreezeAccount, { account: own.account }, operator), "Forbidden")
  })
)

specify(
  "what a delegate goes on seeing ends within seconds of the delegation, and its owner goes on",
  Effect.gen(function* () {
    const { own, foreign } = yield* newCast("accounts:read")
    const { id } = yield* lent(own.customer, foreign.customer)
    const following = (caller: Caller) =>
      permissionEnd(LedgerGuards.readEntries, own, { caller, origin: { requestId: "req_test" } })
    const [delegate, owner] = [
      yield* Effect.forkChild(Effect.flip(following(ownerOf(foreign)))),
      yield* Effect.forkChild(following(ownerOf(own)))
    ]
    yield* TestClock.adjust("1 minute")
    assert.equal(delegate.pollUnsafe(), undefined)
    yield* (yield* DelegationStore).revoke(id, Instant.fromMillis(yield* Clock.currentTimeMillis))
    yield* TestClock.adjust("5 seconds")
    assert.equal((yield* Fiber.join(delegate))._tag, "AccountNotFound")
    assert.equal(owner.pollUnsafe(), undefined)
    yield* Fiber.interrupt(owner)
  }).pipe(Effect.provide(TestClock.layer()))
)
