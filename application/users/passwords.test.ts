import assert from "node:assert/strict"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { SessionStore, UserStore } from "../ports/UserStore.ts"
import {
  changeEmail,
  changePassword,
  confirmEmail,
  logIn,
  openSession,
  requestPasswordReset,
  resetPassword
} from "./index.ts"
import {
  ada,
  callerOf,
  emailOf,
  enrolled,
  failureOf,
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
const login = (word: string) => failureOf(logIn({ email: ada, password: word }, "bank-app", home))
const openOf = Effect.fnUntraced(function* (user: Parameters<SessionStore["Service"]["of"]>[0]) {
  return (yield* (yield* SessionStore).of(user, yield* now)).map(({ id }) => id)
})

specify(
  "a mailed token sets a new password once, and ends every session with its refresh tokens",
  Effect.gen(function* () {
    const world = yield* World
    const { user, session } = yield* loggedIn()
    yield* requestPasswordReset({ email: ada }, home)
    const token = yield* secretMailed(ada, "reset_password")
    yield* resetPassword({ token, password: better })
    assert.deepEqual(yield* openOf(user.id), [])
    assert.deepEqual(world.revoked, [session.id])
    assert.equal(world.mails.at(-1)?.template, "password_changed")
    assert.equal(yield* login(password), "InvalidLogin")
    assert.equal(yield* login(better), "accepted")
    assert.equal(yield* failureOf(resetPassword({ token, password: better })), "InvalidCode")
  })
)

specify(
  "asking for a reset tells nothing: not whether there is such a user, and not whether it is closed",
  Effect.gen(function* () {
    const world = yield* World
    yield* enrolled({ user: { status: "closed" } })
    const known = yield* requestPasswordReset({ email: ada }, home)
    assert.deepEqual(yield* requestPasswordReset({ email: emailOf("nobody@example.com") }, home), known)
    assert.equal(world.mails.length, 0)
    world.isMailDown = true
    yield* enrolled({ user: { email: emailOf("bob@example.com") } })
    assert.deepEqual(yield* requestPasswordReset({ email: emailOf("bob@example.com") }, home), known)
  })
)

specify(
  "a token is good for 30 minutes, the newest only, and not for an address that was given up",
  Effect.gen(function* () {
    const user = yield* enrolled()
    const asked = Effect.andThen(requestPasswordReset({ email: ada }, home), secretMailed(ada, "reset_password"))
    const reset = (token: string) => failureOf(resetPassword({ token, password: better }))
    const late = yield* asked
    yield* TestClock.adjust(30 * 60_000)
    assert.equal(yield* reset(late), "InvalidCode")
    const [older, newer] = [yield* asked, yield* asked]
    assert.equal(yield* reset(older), "InvalidCode")
    const users = yield* UserStore
    yield* users.save({ ...user, email: emailOf("countess@example.com"), version: 2 })
    assert.equal(yield* reset(newer), "InvalidCode")
  })
)

specify(
  "a password that is refused does not use the token up, and one that is reset leaves the second factor needed",
  Effect.gen(function* () {
    yield* enrolled({ credentials: withTotp })
    yield* requestPasswordReset({ email: ada }, home)
    const token = yield* secretMailed(ada, "reset_password")
    assert.equal(yield* failureOf(resetPassword({ token, password: "short" })), "PasswordRefused")
    yield* resetPassword({ token, password: better })
    const step = yield* logIn({ email: ada, password: better }, "bank-app", home)
    assert.equal(step.step, "second_factor")
  })
)

specify(
  "requests for mails from one address are bounded",
  Effect.gen(function* () {
    const source = from("198.51.100.9")
    for (let at = 0; at < 20; at++) yield* requestPasswordReset({ email: emailOf(`u${at}@example.com`) }, source)
    assert.equal(yield* failureOf(requestPasswordReset({ email: ada }, source)), "LoginThrottled")
    assert.equal(yield* failureOf(requestPasswordReset({ email: ada }, home)), "accepted")
  })
)

specify(
  "changing the password ends the other sessions and keeps the one that asks",
  Effect.gen(function* () {
    const world = yield* World
    const { user, session, caller } = yield* loggedIn()
    const other = yield* openSession({ user, methods: ["pwd"], client: "x", origin: home, device: undefined })
    yield* changePassword({ user: user.id, oldPassword: password, password: better }, caller)
    assert.deepEqual(yield* openOf(user.id), [session.id])
    assert.deepEqual(world.revoked, [other.session.id])
    assert.equal(yield* login(better), "accepted")
  })
)

specify(
  "the errors of changing the password come in their order, and a stolen session cannot guess the old one",
  Effect.gen(function* () {
    const { user, caller } = yield* loggedIn()
    const wrong = changePassword({ user: user.id, oldPassword: "wrong", password: "short" }, caller)
    for (let at = 0; at < 5; at++) assert.equal(yield* failureOf(wrong), "WrongPassword")
    const right = changePassword({ user: user.id, oldPassword: password, password: "short" }, caller)
    assert.equal(yield* failureOf(right), "LoginThrottled")
    yield* TestClock.adjust(1000)
    assert.equal(yield* failureOf(right), "PasswordRefused")
    const closed = yield* enrolled({ user: { status: "closed", email: emailOf("c@example.com") } })
    const gone = changePassword({ user: closed.id, oldPassword: password, password: better }, yield* callerOf(closed))
    assert.equal(yield* failureOf(gone), "UserStatusConflict")
  })
)

specify(
  "a password that was right forgets the wrong ones before it",
  Effect.gen(function* () {
    const { user, caller } = yield* loggedIn()
    const by = (oldPassword: string) =>
      failureOf(changePassword({ user: user.id, oldPassword, password: "short" }, caller))
    for (let at = 0; at < 4; at++) assert.equal(yield* by("wrong"), "WrongPassword")
    assert.equal(yield* by(password), "PasswordRefused")
    for (let at = 0; at < 4; at++) assert.equal(yield* by("wrong"), "WrongPassword")
  })
)

specify(
  "a first password beside a passkey needs a fresh second factor instead of an old one",
  Effect.gen(function* () {
    const { user, caller } = yield* loggedIn({ credentials: { passkeys: [passkey("phone")] } })
    const users = yield* UserStore
    const { password: _, ...rest } = yield* users.credentials(user.id)
    yield* users.saveCredentials({ ...rest, version: 2 })
    const command = { user: user.id, password: better }
    assert.equal(yield* failureOf(changePassword(command, caller)), "StepUpRequired")
    assert.equal(yield* failureOf(changePassword(command, { ...caller, assurance: "mfa" })), "accepted")
  })
)

const countess = emailOf("countess@example.com")

specify(
  "another address is the user's once its code came back, and the old one is told",
  Effect.gen(function* () {
    const world = yield* World
    const { user, caller } = yield* loggedIn()
    yield* changeEmail({ user: user.id, email: countess, password }, caller)
    const code = yield* secretMailed(countess, "change_email")
    assert.equal((yield* (yield* UserStore).find(user.id)).email, ada)
    assert.equal(yield* failureOf(confirmEmail({ user: user.id, code: "99999999" })), "InvalidCode")
    const changed = yield* confirmEmail({ user: user.id, code })
    assert.equal(changed.email, countess)
    assert.equal(changed.version, 2)
    assert.deepEqual(world.mails.at(-1), { to: ada, template: "email_changed" })
    assert.equal(yield* failureOf(confirmEmail({ user: user.id, code })), "InvalidCode")
    assert.equal((yield* (yield* UserStore).findByEmail(tenant, countess))?.id, user.id)
  })
)

specify(
  "an address that is taken is not told to who asks for it, but to who reads its mail",
  Effect.gen(function* () {
    const { user, caller } = yield* loggedIn()
    yield* changeEmail({ user: user.id, email: countess, password }, caller)
    const code = yield* secretMailed(countess, "change_email")
    yield* enrolled({ user: { email: countess } })
    assert.equal(yield* failureOf(confirmEmail({ user: user.id, code })), "EmailTaken")
    yield* changeEmail({ user: user.id, email: countess, password }, caller)
    assert.equal((yield* World).mails.at(-1)?.template, "already_registered")
  })
)

specify(
  "an address is changed by who knows the password, and a mail that cannot be sent is told",
  Effect.gen(function* () {
    const { user, caller } = yield* loggedIn()
    const world = yield* World
    world.isMailDown = true
    const by = (word: string) => failureOf(changeEmail({ user: user.id, email: countess, password: word }, caller))
    assert.equal(yield* by("wrong"), "WrongPassword")
    assert.equal(yield* by(password), "MailUndeliverable")
  })
)
