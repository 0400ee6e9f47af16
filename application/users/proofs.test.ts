import assert from "node:assert/strict"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { SessionStore, UserStore } from "../ports/UserStore.ts"
import {
  beginPasskeyLogin,
  createSession,
  finishPasskeyLogin,
  logIn,
  openSession,
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
  failureOf,
  home,
  now,
  passkey,
  password,
  specify,
  tenant,
  withTotp
} from "./users.fixture.ts"

const app = "bank-app"

const enter = () => logIn({ email: ada, password }, app, home)

/** The login with no second factor, as far as it has to be. */
const entered = Effect.fnUntraced(function* () {
  const step = yield* enter()
  return step.step === "done" ? step : yield* Effect.die("a second factor was asked for")
})

const ticketed = Effect.fnUntraced(function* () {
  const step = yield* enter()
  return step.step === "second_factor" ? step : yield* Effect.die("no second factor was asked for")
})

const code = Effect.map(now, codeAt)

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
  "recovery codes without a second factor, and an app that is not confirmed, prove nothing",
  Effect.gen(function* () {
    const user = yield* enrolled({ credentials: { recoveryCodes: ["#RECV1234"] } })
    const { session } = yield* entered()
    const at = { user: user.id, session: session.id }
    assert.equal(yield* failureOf(raiseSession({ ...at, recoveryCode: "RECV-1234" })), "InvalidSecondFactor")
    const begun = { totp: { secret: "JBSWY3DP", lastStep: -1 }, passkeys: [passkey("phone")] }
    const users = yield* UserStore
    yield* users.saveCredentials({ ...(yield* users.credentials(user.id)), ...begun, version: 2 })
    assert.equal(yield* failureOf(raiseSession({ ...at, code: yield* code })), "InvalidSecondFactor")
  })
)

specify(
  "who is closed meanwhile completes no login",
  Effect.gen(function* () {
    const user = yield* enrolled({ credentials: { ...withTotp, passkeys: [passkey("phone")] } })
    const { ticket } = yield* ticketed()
    const begun = yield* beginPasskeyLogin()
    yield* (yield* UserStore).save({ ...user, status: "closed", version: 2 })
    assert.equal(yield* failureOf(proveSecondFactor({ ticket, code: yield* code }, home)), "InvalidSecondFactor")
    const answer = answerOf("phone", challengeIn(begun.options))
    const finished = finishPasskeyLogin({ ticket: begun.ticket, answer }, app, home)
    assert.equal(yield* failureOf(finished), "InvalidLogin")
  })
)

specify(
  "options for one user's passkey raise no other user's session",
  Effect.gen(function* () {
    const user = yield* enrolled({ credentials: { passkeys: [passkey("phone")] } })
    const bob = emailOf("bob@example.com")
    const other = yield* enrolled({ user: { email: bob }, credentials: { passkeys: [passkey("tablet")] } })
    const { session } = yield* openSession({ user, methods: ["pwd"], client: app, origin: home, device: undefined })
    const { ticket, options } = yield* raiseOptions({ user: other.id })
    const answer = answerOf("phone", challengeIn(options))
    const raised = raiseSession({ user: user.id, session: session.id, passkey: { ticket, answer } })
    assert.equal(yield* failureOf(raised), "InvalidSecondFactor")
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
