/** Of several errors at once, which one a use case tells: as each documents it. */
import assert from "node:assert/strict"
import { Effect } from "effect"
import { UserId } from "../../domain/ids/index.ts"
import { SessionStore } from "../ports/UserStore.ts"
import {
  beginPasskey,
  beginTotp,
  changeEmail,
  confirmEmail,
  confirmTotp,
  eraseUser,
  finishPasskey,
  logIn,
  raiseOptions,
  raiseSession,
  resetPassword,
  reviewKyc,
  submitKyc
} from "./index.ts"
import {
  ada,
  callerOf,
  emailOf,
  enrolled,
  failureOf,
  fresh,
  home,
  loggedIn,
  now,
  passkey,
  password,
  specify,
  World,
  withTotp
} from "./users.fixture.ts"

const nobody = UserId.make("usr_01jdf8a3e0e8vrvn4t8n9d2k7p")
const closed = () => enrolled({ user: { status: "closed", email: emailOf("closed@example.com") } })

specify(
  "logging in: the throttle, the hasher, the login",
  Effect.gen(function* () {
    const world = yield* World
    yield* enrolled()
    const guess = failureOf(logIn({ email: ada, password: "guess" }, "bank-app", home))
    world.isHasherBusy = true
    assert.equal(yield* guess, "HashingOverloaded")
    world.isHasherBusy = false
    for (let at = 1; at < 5; at++) assert.equal(yield* guess, "InvalidLogin")
    world.isHasherBusy = true
    assert.equal(yield* guess, "LoginThrottled")
  })
)

specify(
  "raising a session: the session, the throttle, the factor",
  Effect.gen(function* () {
    const { user, session } = yield* loggedIn({ credentials: withTotp })
    const guess = failureOf(raiseSession({ user: user.id, session: session.id, code: "999999" }))
    for (let at = 0; at < 5; at++) assert.equal(yield* guess, "InvalidSecondFactor")
    assert.equal(yield* guess, "LoginThrottled")
    yield* (yield* SessionStore).revoke(user.id, { only: session.id }, yield* now)
    assert.equal(yield* guess, "SessionNotFound")
    assert.equal(yield* failureOf(raiseOptions({ user: nobody })), "UserNotFound")
  })
)

specify(
  "resetting a password: the token, the password, the hasher",
  Effect.gen(function* () {
    const world = yield* World
    world.isHasherBusy = true
    assert.equal(yield* failureOf(resetPassword({ token: "token-of-nothing", password: "short" })), "InvalidCode")
  })
)

specify(
  "changing the address: the user, its status, the password, the mail",
  Effect.gen(function* () {
    const world = yield* World
    world.isMailDown = true
    const { user, caller } = yield* loggedIn()
    const gone = yield* closed()
    const to = { email: emailOf("new@example.com"), password: "wrong" }
    assert.equal(yield* failureOf(changeEmail({ user: nobody, ...to }, caller)), "UserNotFound")
    assert.equal(yield* failureOf(changeEmail({ user: gone.id, ...to }, caller)), "UserStatusConflict")
    assert.equal(yield* failureOf(changeEmail({ user: user.id, ...to }, caller)), "WrongPassword")
    assert.equal(yield* failureOf(changeEmail({ user: user.id, ...to, password }, caller)), "MailUndeliverable")
    assert.equal(yield* failureOf(confirmEmail({ user: nobody, code: "123456" })), "UserNotFound")
    assert.equal(yield* failureOf(confirmEmail({ user: gone.id, code: "123456" })), "UserStatusConflict")
    assert.equal(yield* failureOf(confirmEmail({ user: user.id, code: "123456" })), "InvalidCode")
  })
)

specify(
  "an authenticator app: the user, its status, the factor, its proof, the code",
  Effect.gen(function* () {
    const gone = yield* closed()
    const { user, caller } = yield* loggedIn({ credentials: { ...withTotp, passkeys: [passkey("phone")] } })
    assert.equal(yield* failureOf(beginTotp({ user: nobody }, caller)), "UserNotFound")
    assert.equal(yield* failureOf(beginTotp({ user: gone.id }, yield* callerOf(gone))), "UserStatusConflict")
    assert.equal(yield* failureOf(beginTotp({ user: user.id }, caller)), "FactorExists")
    assert.equal(yield* failureOf(confirmTotp({ user: nobody, code: "999999" }, caller)), "UserNotFound")
    assert.equal(yield* failureOf(confirmTotp({ user: user.id, code: "999999" }, caller)), "FactorExists")
    const withPasskey = { email: emailOf("bob@example.com") }
    const bob = yield* loggedIn({ user: withPasskey, credentials: { passkeys: [passkey("tablet")] } })
    assert.equal(yield* failureOf(confirmTotp({ user: bob.user.id, code: "999999" }, bob.caller)), "FactorNotFound")
    assert.equal(yield* failureOf(beginTotp({ user: bob.user.id }, bob.caller)), "StepUpRequired")
    yield* beginTotp({ user: bob.user.id }, { ...bob.caller, ...fresh })
    assert.equal(yield* failureOf(confirmTotp({ user: bob.user.id, code: "999999" }, bob.caller)), "StepUpRequired")
  })
)

specify(
  "a passkey: the user, its status, its place, its proof; then the ticket before the user",
  Effect.gen(function* () {
    const gone = yield* closed()
    const passkeys = Array.from({ length: 20 }, (_, at) => passkey(`p${at}`))
    const { user, caller } = yield* loggedIn({ credentials: { passkeys } })
    assert.equal(yield* failureOf(beginPasskey({ user: nobody }, caller)), "UserNotFound")
    assert.equal(yield* failureOf(beginPasskey({ user: gone.id }, caller)), "UserStatusConflict")
    assert.equal(yield* failureOf(beginPasskey({ user: user.id }, caller)), "FactorExists")
    const command = { user: nobody, ticket: "token-of-nothing", name: "Phone", answer: {} }
    assert.equal(yield* failureOf(finishPasskey(command, caller)), "PasskeyRefused")
  })
)

specify(
  "a check: the user, its status, where the check stands, the profile; and who decides it, before everything",
  Effect.gen(function* () {
    const gone = yield* closed()
    const approved = { level: "basic", status: "approved" } as const
    const user = yield* enrolled({ user: { kyc: approved, email: emailOf("bob@example.com") } })
    assert.equal(yield* failureOf(submitKyc({ user: nobody, level: "basic" })), "UserNotFound")
    assert.equal(yield* failureOf(submitKyc({ user: gone.id, level: "basic" })), "UserStatusConflict")
    assert.equal(yield* failureOf(submitKyc({ user: user.id, level: "basic" })), "KycConflict")
    assert.equal(yield* failureOf(submitKyc({ user: user.id, level: "full" })), "ProfileIncomplete")
    const teller = yield* callerOf(yield* enrolled())
    const review = (id: UserId, expectedVersion: number, by = teller) =>
      failureOf(reviewKyc({ user: id, outcome: "approved", expectedVersion }, by))
    assert.equal(yield* review(nobody, 1, { ...teller, user: nobody }), "NotOnOneself")
    assert.equal(yield* review(nobody, 1), "UserNotFound")
    assert.equal(yield* review(gone.id, 9), "UserChanged")
    assert.equal(yield* review(gone.id, 1), "UserStatusConflict")
    assert.equal(yield* review(user.id, 1), "KycConflict")
  })
)

specify(
  "erasing: oneself, the user, its status",
  Effect.gen(function* () {
    const user = yield* enrolled()
    const root = yield* callerOf(yield* enrolled({ user: { email: emailOf("root@example.com") } }))
    assert.equal(yield* failureOf(eraseUser({ user: nobody }, { ...root, user: nobody })), "NotOnOneself")
    assert.equal(yield* failureOf(eraseUser({ user: nobody }, root)), "UserNotFound")
    assert.equal(yield* failureOf(eraseUser({ user: user.id }, root)), "UserStatusConflict")
  })
)
