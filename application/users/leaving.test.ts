import assert from "node:assert/strict"
import { Effect, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Product } from "../../domain/accounts/index.ts"
import { BranchId, User } from "../../domain/identity/index.ts"
import { UserId } from "../../domain/ids/index.ts"
import { Currency } from "../../domain/money/index.ts"
import { closeAccount, openAccount } from "../accounts/index.ts"
import { keyOf } from "../ports/Idempotency.ts"
import { SessionStore, UserStore } from "../ports/UserStore.ts"
import { assignRoles, closeUser, eraseUser, exportUser, logIn, UserExport } from "./index.ts"
import {
  ada,
  callerOf,
  emailOf,
  enrolled,
  errorOf,
  failureOf,
  home,
  loggedIn,
  now,
  passkey,
  password,
  specify,
  tenant,
  World,
  withTotp
} from "./users.fixture.ts"

const nobody = UserId.make("usr_01jdf8a3e0e8vrvn4t8n9d2k7p")
const checking = { product: Product.ProductCode.make("checking"), currency: Currency.Code.make("USD") }
const accountOf = (user: User.User) => openAccount(checking, keyOf("test", user.id), user.customer)
const administrator = (name = "root") =>
  loggedIn({ user: { email: emailOf(`${name}@example.com`), roles: ["customer", "administrator"] } })
const openSessions = Effect.fnUntraced(function* (user: UserId) {
  return (yield* (yield* SessionStore).of(user, yield* now)).length
})

specify(
  "who closes itself gives its password, has no open account, and does not log in again; its data is kept",
  Effect.gen(function* () {
    const world = yield* World
    const { user, session, caller } = yield* loggedIn()
    const account = yield* accountOf(user)
    const close = (word: string) => closeUser({ user: user.id, password: word }, caller)
    assert.equal(yield* failureOf(close("wrong")), "WrongPassword")
    const error = yield* errorOf(close(password))
    assert.deepEqual({ ...error }, { _tag: "AccountsOutstanding", accounts: [account.id] })
    yield* closeAccount({ account: account.id })
    const closed = yield* close(password)
    assert.equal(closed.status, "closed")
    assert.equal(closed.closedAt, yield* now)
    assert.equal(closed.email, ada)
    assert.deepEqual(world.revoked, [session.id])
    assert.equal(yield* failureOf(logIn({ email: ada, password }, "bank-app", home)), "InvalidLogin")
    assert.deepEqual(yield* close(password), closed)
  })
)

specify(
  "the errors of closing come in their order",
  Effect.gen(function* () {
    const root = yield* administrator()
    const other = yield* administrator("other")
    assert.equal(yield* failureOf(closeUser({ user: nobody }, root.caller)), "UserNotFound")
    assert.equal(yield* failureOf(closeUser({ user: other.user.id, expectedVersion: 9 }, root.caller)), "UserChanged")
    assert.equal(yield* failureOf(closeUser({ user: other.user.id }, root.caller)), "LastAdministrator")
    const erased = yield* enrolled({ user: { status: "erased", email: emailOf("e@example.com") } })
    assert.equal(yield* failureOf(closeUser({ user: erased.id }, root.caller)), "UserStatusConflict")
    const user = yield* enrolled()
    assert.equal(yield* failureOf(closeUser({ user: user.id }, root.caller)), "accepted")
  })
)

specify(
  "what is known of a customer with books goes once the retention is over, with everything that proved it",
  Effect.gen(function* () {
    const root = yield* administrator()
    const { user } = yield* loggedIn({
      credentials: { ...withTotp, passkeys: [passkey("phone")], recoveryCodes: ["#A"] }
    })
    const account = yield* accountOf(user)
    const erase = eraseUser({ user: user.id }, root.caller)
    assert.equal(yield* failureOf(erase), "UserStatusConflict")
    yield* closeAccount({ account: account.id })
    yield* closeUser({ user: user.id }, root.caller)
    const until = User.retainedUntil(yield* now)
    assert.deepEqual({ ...(yield* errorOf(erase)) }, { _tag: "RetentionNotOver", userId: user.id, until })
    yield* TestClock.setTime(until)
    const erased = yield* erase
    assert.equal(erased.status, "erased")
    assert.ok(!("email" in erased) && !("profile" in erased))
    assert.equal(erased.customer, user.customer)
    const users = yield* UserStore
    const { version: _, ...left } = yield* users.credentials(user.id)
    assert.deepEqual(left, { user: user.id, recoveryCodes: [], passkeys: [], identities: [] })
    assert.equal(yield* users.findByEmail(tenant, ada), undefined)
    assert.equal(yield* users.findByPasskey(tenant, "phone"), undefined)
    assert.deepEqual(yield* erase, erased)
  })
)

specify(
  "who never had an account is erased as soon as it is closed, by someone else",
  Effect.gen(function* () {
    const root = yield* administrator()
    const user = yield* enrolled()
    yield* closeUser({ user: user.id }, root.caller)
    assert.equal(yield* failureOf(eraseUser({ user: user.id }, yield* callerOf(user))), "NotOnOneself")
    assert.equal((yield* eraseUser({ user: user.id }, root.caller)).status, "erased")
    assert.equal(yield* failureOf(eraseUser({ user: nobody }, root.caller)), "UserNotFound")
  })
)

specify(
  "an export is one JSON document of everything about a person, and holds nothing that proves who it is",
  Effect.gen(function* () {
    const { user, session } = yield* loggedIn({ credentials: { ...withTotp, recoveryCodes: ["#SECRET"] } })
    const account = yield* accountOf(user)
    const exported = yield* exportUser({ user: user.id })
    const text = Schema.encodeSync(Schema.fromJsonString(UserExport))(exported)
    assert.deepEqual(Schema.decodeSync(Schema.fromJsonString(UserExport))(text), exported)
    assert.deepEqual(exported.user, user)
    assert.deepEqual(exported.sessions, [session])
    assert.deepEqual(
      exported.accounts.map(({ id }) => id),
      [account.id]
    )
    assert.equal(exported.factors.recoveryCodesLeft, 1)
    for (const secret of [password, "#SECRET", withTotp.totp.secret]) assert.ok(!text.includes(secret))
  })
)

specify(
  "roles that are given count from the next token on, and roles that are taken away end the sessions",
  Effect.gen(function* () {
    const root = yield* administrator()
    const { user } = yield* loggedIn()
    const assign = (roles: User.User["roles"]) => assignRoles({ user: user.id, roles }, root.caller)
    assert.deepEqual((yield* assign(["customer", "teller"])).roles, ["customer", "teller"])
    assert.equal(yield* openSessions(user.id), 1)
    assert.deepEqual((yield* assign(["customer"])).roles, ["customer"])
    assert.equal(yield* openSessions(user.id), 0)
  })
)

specify(
  "a user who moves to another branch logs in anew",
  Effect.gen(function* () {
    const root = yield* administrator()
    const { user } = yield* loggedIn()
    const to = (branch: string) =>
      assignRoles({ user: user.id, roles: user.roles, branch: BranchId.make(branch) }, root.caller)
    yield* to("main")
    assert.equal(yield* openSessions(user.id), 1)
    assert.equal((yield* to("north")).branch, "north")
    assert.equal(yield* openSessions(user.id), 0)
  })
)

specify(
  "the errors of assigning roles come in their order",
  Effect.gen(function* () {
    const root = yield* administrator()
    const { user } = yield* loggedIn()
    const about = { user: user.id, roles: ["customer"] as const }
    assert.equal(yield* failureOf(assignRoles({ ...about, user: root.user.id }, root.caller)), "NotOnOneself")
    assert.equal(yield* failureOf(assignRoles({ ...about, user: nobody }, root.caller)), "UserNotFound")
    const service = { ...about, roles: ["customer", "service"] as const }
    assert.equal(yield* failureOf(assignRoles({ ...service, expectedVersion: 9 }, root.caller)), "UserChanged")
    assert.equal(yield* failureOf(assignRoles(service, root.caller)), "RolesNotAssignable")
    assert.equal(yield* failureOf(assignRoles({ ...about, roles: [] }, root.caller)), "RolesNotAssignable")
    const closed = yield* enrolled({ user: { status: "closed", email: emailOf("c@example.com") } })
    assert.equal(yield* failureOf(assignRoles({ ...service, user: closed.id }, root.caller)), "UserStatusConflict")
  })
)

specify(
  "of two administrators who take each other's role away at once, at least one stays",
  Effect.gen(function* () {
    const [left, right] = [yield* administrator("left"), yield* administrator("right")]
    const roles = ["customer"] as const
    const outcomes = yield* Effect.all(
      [
        failureOf(Effect.andThen(Effect.yieldNow, assignRoles({ user: right.user.id, roles }, left.caller))),
        failureOf(Effect.andThen(Effect.yieldNow, assignRoles({ user: left.user.id, roles }, right.caller)))
      ],
      { concurrency: "unbounded" }
    )
    const users = yield* UserStore
    const kept = [yield* users.find(left.user.id), yield* users.find(right.user.id)].filter((each) =>
      each.roles.includes("administrator")
    )
    assert.ok(kept.length >= 1)
    assert.equal(kept.length, 2 - outcomes.filter((each) => each === "accepted").length)
  })
)

specify(
  "an administrator of yesterday takes no administrator's role away",
  Effect.gen(function* () {
    const [left, right] = [yield* administrator("left"), yield* administrator("right")]
    const roles = ["customer"] as const
    yield* assignRoles({ user: right.user.id, roles }, left.caller)
    const back = failureOf(assignRoles({ user: left.user.id, roles }, right.caller))
    assert.equal(yield* back, "LastAdministrator")
    const users = yield* UserStore
    const { version, ...rest } = yield* users.find(right.user.id)
    yield* users.save({ ...rest, status: "closed", roles: ["customer", "administrator"], version: version + 1 })
    assert.equal(yield* back, "LastAdministrator")
  })
)
