import assert from "node:assert/strict"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { SessionStore, UserStore } from "../ports/UserStore.ts"
import {
  beginPasskeyLogin,
  createSession,
  finishPasskeyLogin,
  logIn,
  proveSecondFactor,
  raiseOptions,
  raiseSession,
  secondFactorOptions
} from "./index.ts"
import {
  ada,
  answerOf,
  challengeIn,
  codeAt,
  emailOf,
  enrolled,
  errorOf,
  failureOf,
  from,
  hashOf,
  home,
  now,
  oldHashOf,
  passkey,
  password,
  specify,
  tenant,
  World,
  withTotp
} from "./users.fixture.ts"

const app = "bank-app"
const wrong = "not the password"

const enter = (device?: string, origin = home, word = password) =>
  logIn({ email: ada, password: word, ...(device === undefined ? {} : { device }) }, app, origin)

/** The login with no second factor, as far as it has to be. */
const entered = Effect.fnUntraced(function* (device?: string, origin = home) {
  const step = yield* enter(device, origin)
  return step.step === "done" ? step : yield* Effect.die("a second factor was asked for")
})

const ticketed = Effect.fnUntraced(function* () {
  const step = yield* enter()
  return step.step === "second_factor" ? step : yield* Effect.die("no second factor was asked for")
})

const code = Effect.map(now, codeAt)

specify(
  "a right password opens a session of one factor, and the address is read whatever its case",
  Effect.gen(function* () {
    const user = yield* enrolled()
    const { session } = yield* entered()
    assert.equal(session.user, user.id)
    assert.equal(session.assurance, "single")
    assert.deepEqual(session.methods, ["pwd"])
    assert.equal(session.client, app)
    assert.equal(session.address, home.address)
    assert.deepEqual(yield* (yield* SessionStore).of(user.id, yield* now), [session])
  })
)

specify(
  "an unknown address, a wrong password and users who do not log in are answered alike, after the same work",
  Effect.gen(function* () {
    const { verified } = yield* World
    assert.deepEqual({ ...(yield* errorOf(enter())) }, { _tag: "InvalidLogin" })
    yield* enrolled()
    assert.equal(yield* failureOf(enter(undefined, home, wrong)), "InvalidLogin")
    const others = ["pending", "closed", "erased"] as const
    for (const status of others) {
      const email = emailOf(`${status}@example.com`)
      yield* enrolled({ user: { status, email } })
      assert.equal(yield* failureOf(logIn({ email, password }, app, home)), "InvalidLogin")
    }
    assert.equal(verified.length, 5)
  })
)

specify(
  "a user without a password does not log in with one",
  Effect.gen(function* () {
    const user = yield* enrolled()
    const users = yield* UserStore
    const { password: _, ...rest } = yield* users.credentials(user.id)
    yield* users.saveCredentials({ ...rest, version: 2 })
    assert.equal(yield* failureOf(enter()), "InvalidLogin")
  })
)

specify(
  "a hash by older parameters is replaced at the login, which goes on where it cannot be",
  Effect.gen(function* () {
    const user = yield* enrolled({ credentials: { password: oldHashOf(password) } })
    yield* entered()
    assert.equal((yield* (yield* UserStore).credentials(user.id)).password, hashOf(password))
  })
)

specify(
  "a login on a new device is told by mail, one on a known device is not, and mail that fails changes nothing",
  Effect.gen(function* () {
    const world = yield* World
    yield* enrolled()
    const first = yield* entered()
    assert.deepEqual(world.mails, [
      { to: ada, template: "new_login", address: home.address, userAgent: home.userAgent }
    ])
    const second = yield* entered(first.device)
    assert.equal(world.mails.length, 1)
    assert.notEqual(second.device, first.device)
    world.isMailDown = true
    yield* entered("a device that is not known")
  })
)

specify(
  "five failures are free, then each waits twice as long as the one before, up to 15 minutes, and success forgets them",
  Effect.gen(function* () {
    yield* enrolled()
    for (let failed = 0; failed < 5; failed++)
      assert.equal(yield* failureOf(enter(undefined, home, wrong)), "InvalidLogin")
    for (const seconds of [1, 2, 4, 8]) {
      const error = yield* errorOf(enter())
      assert.deepEqual({ ...error }, { _tag: "LoginThrottled", retryAfterSeconds: seconds })
      yield* TestClock.adjust(seconds * 1000)
      assert.equal(yield* failureOf(enter(undefined, home, wrong)), "InvalidLogin")
    }
    yield* TestClock.adjust(16_000)
    yield* entered()
    assert.equal(yield* failureOf(enter(undefined, home, wrong)), "InvalidLogin")
    yield* entered()
  })
)

specify(
  "an address that nobody has is throttled as any other is",
  Effect.gen(function* () {
    for (let failed = 0; failed < 5; failed++) assert.equal(yield* failureOf(enter()), "InvalidLogin")
    assert.equal(yield* failureOf(enter()), "LoginThrottled")
  })
)

specify(
  "one address that tries many users is throttled for all of them, and logging in itself does not help it",
  Effect.gen(function* () {
    yield* enrolled()
    for (let at = 0; at < 50; at++) {
      const email = emailOf(`someone${at}@example.com`)
      assert.equal(yield* failureOf(logIn({ email, password }, app, home)), "InvalidLogin")
      if (at === 25) yield* entered()
    }
    assert.equal(yield* failureOf(enter()), "LoginThrottled")
    assert.equal(yield* failureOf(enter(undefined, from("198.51.100.1"))), "accepted")
  })
)

specify(
  "many addresses that try one user are throttled for unknown devices, and a known one logs in all the same",
  Effect.gen(function* () {
    yield* enrolled()
    const { device } = yield* entered()
    for (let at = 0; at < 200; at++)
      assert.equal(yield* failureOf(enter(undefined, from(`198.51.${at}.1`), wrong)), "InvalidLogin")
    assert.equal(yield* failureOf(enter(undefined, from("192.0.2.1"))), "LoginThrottled")
    yield* entered(device)
  })
)

specify(
  "twenty guesses at once are no more than the five that are free",
  Effect.gen(function* () {
    yield* enrolled()
    const outcomes = yield* Effect.forEach(
      Array.from({ length: 20 }, () => wrong),
      (word) => failureOf(Effect.andThen(Effect.yieldNow, enter(undefined, home, word))),
      { concurrency: "unbounded" }
    )
    assert.ok(outcomes.filter((each) => each === "InvalidLogin").length <= 5)
    assert.equal(yield* failureOf(enter()), "LoginThrottled")
  })
)

specify(
  "a hasher that is busy is told before anything about the login is",
  Effect.gen(function* () {
    const world = yield* World
    world.isHasherBusy = true
    assert.equal(yield* failureOf(enter()), "HashingOverloaded")
  })
)

specify(
  "who has a second factor is asked for it, and has a session of two factors after it",
  Effect.gen(function* () {
    const user = yield* enrolled({ credentials: { ...withTotp, recoveryCodes: ["#RECV1234"] } })
    const { ticket, methods } = yield* ticketed()
    assert.deepEqual(methods, ["totp", "recovery"])
    assert.deepEqual(yield* (yield* SessionStore).of(user.id, yield* now), [])
    const { session } = yield* proveSecondFactor({ ticket, code: yield* code }, home)
    assert.deepEqual(session.methods, ["pwd", "otp"])
    assert.equal(session.assurance, "mfa")
    assert.equal(yield* failureOf(proveSecondFactor({ ticket, code: yield* code }, home)), "InvalidSecondFactor")
  })
)

specify(
  "a code is taken once, on whichever ticket, and so is one before it",
  Effect.gen(function* () {
    yield* enrolled({ credentials: withTotp })
    yield* TestClock.adjust(120_000)
    const [first, second] = [yield* ticketed(), yield* ticketed()]
    const taken = yield* code
    yield* proveSecondFactor({ ticket: first.ticket, code: taken }, home)
    const again = (each: string) => failureOf(proveSecondFactor({ ticket: second.ticket, code: each }, home))
    assert.equal(yield* again(taken), "InvalidSecondFactor")
    assert.equal(yield* again(codeAt((yield* now) - 30_000)), "InvalidSecondFactor")
    yield* TestClock.adjust(30_000)
    assert.equal(yield* again(yield* code), "accepted")
  })
)

specify(
  "of one code that comes twice at once, on two tickets, one opens a session",
  Effect.gen(function* () {
    yield* enrolled({ credentials: withTotp })
    const tickets = [yield* ticketed(), yield* ticketed()]
    const taken = yield* code
    const outcomes = yield* Effect.forEach(
      tickets,
      ({ ticket }) => failureOf(proveSecondFactor({ ticket, code: taken }, home)),
      { concurrency: "unbounded" }
    )
    assert.deepEqual(outcomes.toSorted(), ["InvalidSecondFactor", "accepted"])
  })
)

specify(
  "a ticket has five attempts and five minutes",
  Effect.gen(function* () {
    yield* enrolled({ credentials: withTotp })
    const late = yield* ticketed()
    yield* TestClock.adjust(5 * 60_000)
    assert.equal(
      yield* failureOf(proveSecondFactor({ ticket: late.ticket, code: yield* code }, home)),
      "InvalidSecondFactor"
    )
    const { ticket } = yield* ticketed()
    for (let at = 0; at < 5; at++) {
      yield* failureOf(proveSecondFactor({ ticket, code: "999999" }, home))
      yield* TestClock.adjust(10_000)
    }
    assert.equal(yield* failureOf(proveSecondFactor({ ticket, code: yield* code }, home)), "InvalidSecondFactor")
  })
)

specify(
  "new tickets give no new guesses: second factors that fail count as the login's failures",
  Effect.gen(function* () {
    yield* enrolled({ credentials: withTotp })
    const guess = Effect.gen(function* () {
      const { ticket } = yield* ticketed()
      return yield* failureOf(proveSecondFactor({ ticket, code: "999999" }, home))
    })
    assert.equal(yield* guess, "InvalidSecondFactor")
    assert.equal(yield* guess, "InvalidSecondFactor")
    const { ticket } = yield* ticketed()
    assert.equal(yield* failureOf(proveSecondFactor({ ticket, code: "999999" }, home)), "LoginThrottled")
    assert.equal(yield* failureOf(enter()), "LoginThrottled")
  })
)

specify(
  "a recovery code works once, however it is typed",
  Effect.gen(function* () {
    const user = yield* enrolled({ credentials: { ...withTotp, recoveryCodes: ["#RECV0011", "#RECV2222"] } })
    const { ticket } = yield* ticketed()
    const { session } = yield* proveSecondFactor({ ticket, recoveryCode: "recv-oo1l" }, home)
    assert.deepEqual(session.methods, ["pwd", "recovery"])
    assert.deepEqual((yield* (yield* UserStore).credentials(user.id)).recoveryCodes, ["#RECV2222"])
    const second = yield* ticketed()
    assert.equal(
      yield* failureOf(proveSecondFactor({ ticket: second.ticket, recoveryCode: "RECV-0011" }, home)),
      "InvalidSecondFactor"
    )
  })
)

specify(
  "a passkey is a second factor with the options of its ticket, and its use is noted",
  Effect.gen(function* () {
    const user = yield* enrolled({ credentials: { passkeys: [passkey("phone")] } })
    const { ticket, methods } = yield* ticketed()
    assert.deepEqual(methods, ["passkey"])
    const { options } = yield* secondFactorOptions({ ticket })
    const other = answerOf("phone", "another challenge")
    assert.equal(yield* failureOf(proveSecondFactor({ ticket, passkey: other }, home)), "InvalidSecondFactor")
    const answer = answerOf("phone", challengeIn(options))
    const { session } = yield* proveSecondFactor({ ticket, passkey: answer }, home)
    assert.deepEqual(session.methods, ["pwd", "passkey"])
    const [used] = (yield* (yield* UserStore).credentials(user.id)).passkeys
    assert.equal(used?.counter, 1)
    assert.equal(used?.lastUsedAt, yield* now)
    assert.equal(yield* failureOf(secondFactorOptions({ ticket: "token-of-nothing" })), "InvalidSecondFactor")
  })
)

specify(
  "a passkey logs in by itself with both factors, each ticket once",
  Effect.gen(function* () {
    const user = yield* enrolled({ credentials: { passkeys: [passkey("phone")] } })
    const { ticket, options } = yield* beginPasskeyLogin()
    const answer = answerOf("phone", challengeIn(options))
    const { session } = yield* finishPasskeyLogin({ ticket, answer }, app, home)
    assert.equal(session.user, user.id)
    assert.equal(session.assurance, "mfa")
    assert.deepEqual(session.methods, ["passkey"])
    assert.equal(yield* failureOf(finishPasskeyLogin({ ticket, answer }, app, home)), "InvalidLogin")
    const second = yield* beginPasskeyLogin()
    const unknown = answerOf("tablet", challengeIn(second.options))
    assert.equal(
      yield* failureOf(finishPasskeyLogin({ ticket: second.ticket, answer: unknown }, app, home)),
      "InvalidLogin"
    )
    assert.equal((yield* (yield* UserStore).findByPasskey(tenant, "phone"))?.id, user.id)
  })
)

specify(
  "a session is raised by a second factor, which makes its proof fresh, and is not by another user's ticket",
  Effect.gen(function* () {
    const user = yield* enrolled({ credentials: { ...withTotp, passkeys: [passkey("phone")] } })
    const { ticket } = yield* ticketed()
    const { session } = yield* proveSecondFactor({ ticket, code: yield* code }, home)
    yield* TestClock.adjust(3_600_000)
    const at = { user: user.id, session: session.id }
    const raised = yield* raiseSession({ ...at, code: yield* code })
    assert.equal(raised.session.authenticatedAt, yield* now)
    assert.deepEqual(yield* (yield* SessionStore).find(session.id), raised.session)
    const { ticket: other, options } = yield* raiseOptions({ user: user.id })
    const answer = answerOf("phone", challengeIn(options))
    assert.equal(yield* failureOf(raiseSession({ ...at, passkey: { ticket: other, answer } })), "accepted")
    const eve = yield* enrolled({ user: { email: emailOf("eve@example.com") } })
    const stolen = raiseSession({ user: eve.id, session: session.id, code: yield* code })
    assert.equal(yield* failureOf(stolen), "SessionNotFound")
  })
)

specify(
  "codes cannot be guessed on a session that was stolen",
  Effect.gen(function* () {
    const user = yield* enrolled()
    const { session } = yield* entered()
    const guess = failureOf(raiseSession({ user: user.id, session: session.id, code: "999999" }))
    for (let at = 0; at < 5; at++) assert.equal(yield* guess, "InvalidSecondFactor")
    assert.equal(yield* guess, "LoginThrottled")
  })
)

specify(
  "the bank's own app gets tokens for a login, or the second factor's step first",
  Effect.gen(function* () {
    yield* enrolled({ credentials: withTotp })
    const step = yield* createSession({ email: ada, password }, app, home)
    assert.ok("ticket" in step)
    const created = yield* createSession({ ticket: step.ticket, code: yield* code }, app, home)
    assert.ok("accessToken" in created)
    assert.equal(created.accessToken, `access-${created.session.id}`)
    assert.ok(!("user" in created.session))
  })
)
