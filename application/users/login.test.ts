import assert from "node:assert/strict"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { SessionStore, UserStore } from "../ports/UserStore.ts"
import { logIn } from "./index.ts"
import {
  ada,
  emailOf,
  enrolled,
  errorOf,
  failureOf,
  from,
  hashOf,
  home,
  now,
  oldHashOf,
  password,
  specify,
  World
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
  "a device is known by its newest secret, and to the user who logged in on it only",
  Effect.gen(function* () {
    const world = yield* World
    yield* enrolled()
    const bob = emailOf("bob@example.com")
    yield* enrolled({ user: { email: bob } })
    const first = yield* entered()
    yield* entered(first.device)
    assert.equal(world.mails.length, 1)
    yield* entered(first.device)
    assert.equal(world.mails.length, 2)
    const step = yield* logIn({ email: bob, password }, app, home)
    assert.ok(step.step === "done")
    for (let at = 0; at < 5; at++) assert.equal(yield* failureOf(enter(step.device, home, wrong)), "InvalidLogin")
    assert.equal(yield* failureOf(enter()), "LoginThrottled")
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
