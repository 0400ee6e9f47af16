/** What was begun before a change cannot undo it, what is erased leaves nothing, and changes are told by mail. */
import assert from "node:assert/strict"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import type { UserId } from "../../domain/ids/index.ts"
import { ChallengeStore, SessionStore, UserStore } from "../ports/UserStore.ts"
import {
  beginPasskey,
  beginTotp,
  changeEmail,
  changePassword,
  closeUser,
  confirmEmail,
  confirmTotp,
  eraseUser,
  finishPasskey,
  knownDevice,
  logIn,
  openSession,
  proveSecondFactor,
  raiseSession,
  regenerateRecoveryCodes,
  removePasskey,
  removeTotp,
  requestPasswordReset,
  resetPassword
} from "./index.ts"
import {
  ada,
  callerOf,
  challengeIn,
  codeAt,
  emailOf,
  enrolled,
  failureOf,
  fresh,
  from,
  home,
  loggedIn,
  now,
  passkey,
  password,
  secretMailed,
  specify,
  tenant,
  World,
  withTotp
} from "./users.fixture.ts"

const better = "another long password"
const countess = emailOf("countess@example.com")
const code = Effect.map(now, codeAt)

const ticketed = Effect.fnUntraced(function* (word: string) {
  const step = yield* logIn({ email: ada, password: word }, "bank-app", home)
  return step.step === "second_factor" ? step.ticket : yield* Effect.die("no second factor was asked for")
})

/** Everything that someone may have begun in a user's name, and what comes of each now. */
const begun = Effect.fnUntraced(function* () {
  const { user, caller } = yield* loggedIn({ credentials: withTotp }, fresh)
  const ticket = yield* ticketed(password)
  const other = yield* ticketed(password)
  yield* changeEmail({ user: user.id, email: countess, password }, caller)
  const change = yield* secretMailed(countess, "change_email")
  yield* requestPasswordReset({ email: ada }, home)
  const token = yield* secretMailed(ada, "reset_password")
  const answered = Effect.gen(function* () {
    const at = yield* code
    return [
      yield* failureOf(proveSecondFactor({ ticket, code: at }, home)),
      yield* failureOf(proveSecondFactor({ ticket: other, code: at }, home)),
      yield* failureOf(confirmEmail({ user: user.id, code: change })),
      yield* failureOf(resetPassword({ token, password: "the stranger's own" }))
    ]
  })
  return { user, caller, token, change, answered }
})

const nothing = ["InvalidSecondFactor", "InvalidSecondFactor", "InvalidCode", "InvalidCode"]

specify(
  "a password that is changed ends the logins, resets and changes of the address that were begun before",
  Effect.gen(function* () {
    const { user, caller, answered } = yield* begun()
    yield* changePassword({ user: user.id, oldPassword: password, password: better }, caller)
    assert.deepEqual(yield* answered, nothing)
    const ticket = yield* ticketed(better)
    assert.equal(yield* failureOf(proveSecondFactor({ ticket, code: yield* code }, home)), "accepted")
  })
)

specify(
  "a password that is reset does so too",
  Effect.gen(function* () {
    const { answered, token } = yield* begun()
    yield* resetPassword({ token, password: better })
    assert.deepEqual(yield* answered, nothing)
    assert.equal(yield* failureOf(Effect.andThen(ticketed(better), Effect.void)), "accepted")
  })
)

specify(
  "an address that is changed does so too, also where the user takes the old one back",
  Effect.gen(function* () {
    const { user, caller, change, answered } = yield* begun()
    yield* confirmEmail({ user: user.id, code: change })
    yield* changeEmail({ user: user.id, email: ada, password }, caller)
    yield* confirmEmail({ user: user.id, code: yield* secretMailed(ada, "change_email") })
    assert.deepEqual(yield* answered, nothing)
  })
)

specify(
  "nobody else's are ended, and the devices stay known",
  Effect.gen(function* () {
    const eve = yield* loggedIn({ user: { email: emailOf("eve@example.com") }, credentials: withTotp })
    const step = yield* logIn({ email: emailOf("eve@example.com"), password }, "bank-app", home)
    assert.ok(step.step === "second_factor" && eve.user.email !== undefined)
    const { user, caller } = yield* loggedIn()
    const first = yield* logIn({ email: ada, password }, "bank-app", home)
    assert.ok(first.step === "done")
    yield* changePassword({ user: user.id, oldPassword: password, password: better }, caller)
    assert.equal(yield* failureOf(proveSecondFactor({ ticket: step.ticket, code: yield* code }, home)), "accepted")
    assert.notEqual(yield* knownDevice(first.device, user.id), undefined)
  })
)

specify(
  "of twenty uses of one reset token at once one sets the password",
  Effect.gen(function* () {
    yield* enrolled()
    yield* requestPasswordReset({ email: ada }, home)
    const token = yield* secretMailed(ada, "reset_password")
    const words = Array.from({ length: 20 }, (_, at) => `the long password no ${at}`)
    const outcomes = yield* Effect.all(
      words.map((word) => failureOf(resetPassword({ token, password: word }))),
      { concurrency: "unbounded" }
    )
    assert.equal(outcomes.filter((each) => each === "accepted").length, 1)
    const won = words[outcomes.indexOf("accepted")] ?? ""
    assert.equal(yield* failureOf(logIn({ email: ada, password: won }, "bank-app", home)), "accepted")
  })
)

specify(
  "of a login by the old password and a change of it at once, no session of the old one is left",
  Effect.gen(function* () {
    const { user, caller, session } = yield* loggedIn()
    const logins = Array.from({ length: 16 }, (_, at) =>
      Effect.andThen(
        Effect.all(Array.from({ length: at }, () => Effect.yieldNow)),
        failureOf(logIn({ email: ada, password }, "bank-app", from(`198.51.100.${at}`)))
      )
    )
    const change = changePassword({ user: user.id, oldPassword: password, password: better }, caller)
    yield* Effect.all([...logins, change], { concurrency: "unbounded" })
    const open = yield* (yield* SessionStore).of(user.id, yield* now)
    assert.deepEqual(
      open.map(({ id }) => id),
      [session.id]
    )
  })
)

specify(
  "of a second factor and a change of the password at once, whichever is first, no session of the old one is left",
  Effect.gen(function* () {
    for (let at = 0; at < 16; at++) {
      const email = emailOf(`ada${at}@example.com`)
      const { user, caller, session } = yield* loggedIn({ user: { email }, credentials: withTotp })
      const step = yield* logIn({ email, password }, "bank-app", from(`198.51.100.${at}`))
      assert.ok(step.step === "second_factor")
      const proof = proveSecondFactor({ ticket: step.ticket, code: yield* code }, home)
      const change = changePassword({ user: user.id, oldPassword: password, password: better }, caller)
      const later = Effect.all(Array.from({ length: at }, () => Effect.yieldNow))
      yield* Effect.all([failureOf(proof), Effect.andThen(later, change)], { concurrency: "unbounded" })
      const open = yield* (yield* SessionStore).of(user.id, yield* now)
      assert.deepEqual(
        open.map(({ id }) => id),
        [session.id]
      )
    }
  })
)

specify(
  "who is erased leaves no device: neither in sessions nor as a known one, and every grant is ended",
  Effect.gen(function* () {
    const world = yield* World
    const { user, session } = yield* loggedIn()
    const later = yield* openSession({ user, methods: ["pwd"], client: "x", origin: home, device: undefined })
    const root = yield* enrolled({ user: { email: emailOf("root@example.com"), roles: ["administrator"] } })
    const caller = yield* callerOf(root)
    yield* closeUser({ user: user.id }, caller)
    world.revoked.length = 0
    yield* eraseUser({ user: user.id }, caller)
    const sessions = yield* SessionStore
    for (const id of [session.id, later.session.id]) {
      const left = yield* sessions.find(id)
      assert.ok(!("address" in left) && !("userAgent" in left))
      assert.ok(world.revoked.includes(id))
    }
    assert.equal(yield* knownDevice(later.device, user.id), undefined)
    assert.equal(yield* (yield* ChallengeStore).take("known_device", `#${later.device}`, yield* now), undefined)
  })
)

specify(
  "the last way to log in stays: a passkey beside an authenticator app alone",
  Effect.gen(function* () {
    const { user, caller } = yield* loggedIn(
      { credentials: { ...withTotp, passkeys: [passkey("phone"), passkey("tablet")] } },
      fresh
    )
    const users = yield* UserStore
    const { password: _, ...rest } = yield* users.credentials(user.id)
    yield* users.saveCredentials({ ...rest, version: 2 })
    const remove = (id: string, by = caller) => failureOf(removePasskey({ user: user.id, passkey: id }, by))
    assert.equal(yield* remove("phone"), "accepted")
    assert.equal(yield* remove("phone"), "FactorNotFound")
    assert.equal(yield* remove("tablet", { ...caller, assurance: "single" }), "StepUpRequired")
    assert.equal(yield* remove("tablet"), "LastLogin")
    assert.equal((yield* users.credentials(user.id)).passkeys.length, 1)
    const linked = { issuer: "https://login.example.com", subject: "ada", linkedAt: yield* now }
    yield* users.saveCredentials({ ...(yield* users.credentials(user.id)), identities: [linked], version: 4 })
    assert.equal(yield* remove("tablet"), "accepted")
  })
)

/** What was told by mail of changes, oldest first. */
const told = Effect.map(World, ({ mails }) =>
  mails.flatMap((mail) => (mail.template === "factor_changed" ? [mail.change] : []))
)

const addPasskey = Effect.fnUntraced(function* (user: UserId, caller: Parameters<typeof beginPasskey>[1]) {
  const { ticket, options } = yield* beginPasskey({ user }, caller)
  const answer = { id: "phone", signature: `new ${challengeIn(options)}` }
  return yield* finishPasskey({ user, ticket, name: "Phone", answer }, caller)
})

specify(
  "every change of factors is told by mail, and so is a recovery code that was used",
  Effect.gen(function* () {
    const { user, session, caller } = yield* loggedIn({}, fresh)
    const about = { user: user.id }
    yield* beginTotp(about, caller)
    assert.equal(yield* failureOf(confirmTotp({ ...about, code: "999999" }, caller)), "InvalidSecondFactor")
    assert.deepEqual(yield* told, [])
    const { recoveryCodes = [] } = yield* confirmTotp({ ...about, code: yield* code }, caller)
    yield* addPasskey(user.id, caller)
    const [first = "", second = ""] = recoveryCodes
    yield* raiseSession({ ...about, session: session.id, recoveryCode: first })
    const ticket = yield* ticketed(password)
    assert.equal(yield* failureOf(proveSecondFactor({ ticket, recoveryCode: first }, home)), "InvalidSecondFactor")
    yield* proveSecondFactor({ ticket, recoveryCode: second }, home)
    yield* regenerateRecoveryCodes(about, caller)
    yield* removeTotp(about, caller)
    yield* removePasskey({ ...about, passkey: "phone" }, caller)
    assert.deepEqual(yield* told, [
      "totp_added",
      "passkey_added",
      "recovery_code_used",
      "recovery_code_used",
      "recovery_codes_made",
      "totp_removed",
      "passkey_removed"
    ])
  })
)

specify(
  "a change is done whether it can be told by mail or not",
  Effect.gen(function* () {
    const world = yield* World
    const { user, caller } = yield* loggedIn({}, fresh)
    world.isMailDown = true
    yield* beginTotp({ user: user.id }, caller)
    yield* TestClock.adjust(30_000)
    const outcome = failureOf(confirmTotp({ user: user.id, code: yield* code }, caller))
    assert.equal(yield* outcome, "accepted")
    assert.equal(yield* failureOf(addPasskey(user.id, caller)), "accepted")
    assert.deepEqual(yield* told, [])
    assert.equal((yield* (yield* UserStore).findByEmail(tenant, ada))?.id, user.id)
  })
)
