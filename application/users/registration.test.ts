import assert from "node:assert/strict"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { UserStore } from "../ports/UserStore.ts"
import { logIn, registerUser, verifyEmail } from "./index.ts"
import {
  ada,
  emailOf,
  enrolled,
  errorOf,
  failureOf,
  from,
  home,
  mailed,
  password,
  secretMailed,
  specify,
  tenant,
  World
} from "./users.fixture.ts"

const profile = { fullName: "Ada Lovelace" }
const command = { email: ada, password, profile }
const wrongCode = "99999999"

specify(
  "who registers is a customer once the mailed code came back, and not before",
  Effect.gen(function* () {
    const users = yield* UserStore
    const { ticket } = yield* registerUser(command, home)
    assert.equal(yield* users.findByEmail(tenant, ada), undefined)
    assert.equal(yield* failureOf(logIn({ email: ada, password }, "bank-app", home)), "InvalidLogin")
    const user = yield* verifyEmail({ ticket, code: yield* secretMailed(ada, "verify_email") })
    assert.equal(user.status, "active")
    assert.deepEqual(user.roles, ["customer"])
    assert.equal(user.branch, "main")
    assert.match(user.customer ?? "", /^cus_/u)
    assert.deepEqual(user.profile, profile)
    assert.equal(yield* failureOf(logIn({ email: ada, password }, "bank-app", home)), "accepted")
  })
)

specify(
  "an address that is taken is answered as one that is not, and only its mail tells",
  Effect.gen(function* () {
    const world = yield* World
    yield* enrolled()
    const taken = yield* registerUser({ ...command, email: emailOf("ADA@EXAMPLE.COM") }, home)
    const other = yield* registerUser({ ...command, email: emailOf("new@example.com") }, home)
    assert.deepEqual(Object.keys(taken), Object.keys(other))
    assert.deepEqual(
      world.mails.map(({ template }) => template),
      ["already_registered", "verify_email"]
    )
    const outcome = yield* failureOf(verifyEmail({ ticket: taken.ticket, code: wrongCode }))
    assert.equal(outcome, "InvalidCode")
  })
)

specify(
  "a stranger who registers someone's address first gets nothing of it: code and ticket belong together",
  Effect.gen(function* () {
    const stranger = yield* registerUser({ ...command, password: "the stranger's own" }, from("198.51.100.1"))
    const owner = yield* registerUser(command, home)
    const code = yield* secretMailed(ada, "verify_email")
    assert.equal(yield* failureOf(verifyEmail({ ticket: stranger.ticket, code })), "InvalidCode")
    yield* verifyEmail({ ticket: owner.ticket, code })
    const login = logIn({ email: ada, password: "the stranger's own" }, "bank-app", from("198.51.100.1"))
    assert.equal(yield* failureOf(login), "InvalidLogin")
  })
)

specify(
  "who verifies an address second is told that it is taken",
  Effect.gen(function* () {
    const first = yield* registerUser(command, home)
    const firstCode = yield* secretMailed(ada, "verify_email")
    const second = yield* registerUser(command, home)
    const secondCode = yield* secretMailed(ada, "verify_email")
    yield* verifyEmail({ ticket: first.ticket, code: firstCode })
    assert.equal(yield* failureOf(verifyEmail({ ticket: second.ticket, code: secondCode })), "EmailTaken")
  })
)

specify(
  "a code has five attempts, an hour, and is taken once",
  Effect.gen(function* () {
    const late = yield* registerUser(command, home)
    const lateCode = yield* secretMailed(ada, "verify_email")
    yield* TestClock.adjust(60 * 60_000)
    assert.equal(yield* failureOf(verifyEmail({ ticket: late.ticket, code: lateCode })), "InvalidCode")
    const guessed = yield* registerUser(command, home)
    const guessedCode = yield* secretMailed(ada, "verify_email")
    for (let at = 0; at < 5; at++)
      assert.equal(yield* failureOf(verifyEmail({ ticket: guessed.ticket, code: wrongCode })), "InvalidCode")
    assert.equal(yield* failureOf(verifyEmail({ ticket: guessed.ticket, code: guessedCode })), "InvalidCode")
    const { ticket } = yield* registerUser(command, home)
    const code = yield* secretMailed(ada, "verify_email")
    yield* verifyEmail({ ticket, code })
    assert.equal(yield* failureOf(verifyEmail({ ticket, code })), "InvalidCode")
  })
)

specify(
  "passwords are refused that are short, breached, or made of the user's own name or address",
  Effect.gen(function* () {
    const reasonOf = Effect.fnUntraced(function* (word: string) {
      const error = yield* errorOf(registerUser({ ...command, password: word }, home))
      return error._tag === "PasswordRefused" ? error.reason : error._tag
    })
    assert.equal(yield* reasonOf("short"), "too_short")
    assert.equal(yield* reasonOf("password1234"), "breached")
    assert.equal(yield* reasonOf("lovelace is mine"), "contains_name")
    assert.equal((yield* World).mails.length, 0)
  })
)

specify(
  "errors come in their order: the password, the throttle, the hasher, the mail",
  Effect.gen(function* () {
    const world = yield* World
    const source = from("198.51.100.9")
    world.isHasherBusy = true
    world.isMailDown = true
    assert.equal(yield* failureOf(registerUser({ ...command, password: "short" }, source)), "PasswordRefused")
    for (let at = 0; at < 20; at++) {
      const email = emailOf(`someone${at}@example.com`)
      assert.equal(yield* failureOf(registerUser({ ...command, email }, source)), "HashingOverloaded")
    }
    assert.equal(yield* failureOf(registerUser(command, source)), "LoginThrottled")
    world.isHasherBusy = false
    assert.equal(yield* failureOf(registerUser(command, home)), "MailUndeliverable")
  })
)

specify(
  "nobody's mailbox is filled: after five mails no more are sent for a while, which is not told",
  Effect.gen(function* () {
    const world = yield* World
    for (let at = 0; at < 8; at++) yield* registerUser(command, from(`198.51.100.${at}`))
    assert.equal(world.mails.length, 5)
    yield* TestClock.adjust(15 * 60_000)
    yield* registerUser(command, home)
    assert.equal(world.mails.length, 6)
    assert.equal((yield* mailed(ada, "verify_email")).to, ada)
  })
)
