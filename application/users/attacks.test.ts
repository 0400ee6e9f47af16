/** What strangers try who have time and many addresses: floods of mail, guesses, and asking who has a login here. */
import assert from "node:assert/strict"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { ChallengeStore } from "../ports/UserStore.ts"
import {
  changeEmail,
  confirmEmail,
  logIn,
  openSession,
  proveSecondFactor,
  raiseSession,
  registerUser,
  requestPasswordReset,
  verifyEmail
} from "./index.ts"
import {
  ada,
  codeAt,
  emailOf,
  enrolled,
  errorOf,
  failureOf,
  from,
  loggedIn,
  now,
  password,
  secretMailed,
  specify,
  World,
  withTotp
} from "./users.fixture.ts"

const app = "bank-app"
const minute = 60_000
const code = Effect.map(now, codeAt)
const nobody = emailOf("nobody@example.com")
const registration = { email: nobody, password, profile: { fullName: "Grace Hopper" } }

/** An address of its own for each number. */
const source = (at: number) => from(`198.51.${Math.floor(at / 256)}.${at % 256}`)

const mailsTo = (to: string) => Effect.map(World, ({ mails }) => mails.filter((mail) => mail.to === to).length)

specify(
  "whoever asks from however many addresses all day, a mailbox gets 30 mails of the bank, and the next day again",
  Effect.gen(function* () {
    yield* enrolled()
    for (let at = 0; at < 1440; at++) {
      yield* registerUser(registration, source(at))
      yield* requestPasswordReset({ email: ada }, source(at))
      yield* TestClock.adjust(minute)
    }
    yield* Effect.yieldNow
    assert.equal(yield* mailsTo(nobody), 30)
    assert.equal(yield* mailsTo(ada), 30)
    yield* TestClock.adjust(1440 * minute)
    yield* registerUser(registration, source(0))
    assert.equal(yield* mailsTo(nobody), 31)
  })
)

specify(
  "of 100 that ask at once, from as many addresses, no more than five cause a mail",
  Effect.gen(function* () {
    const asks = Array.from({ length: 100 }, (_, at) => registerUser(registration, source(at)))
    yield* Effect.all(asks, { concurrency: "unbounded" })
    assert.ok((yield* mailsTo(nobody)) <= 5)
  })
)

specify(
  "a registration of which no mail is sent has no code to guess",
  Effect.gen(function* () {
    const challenges = yield* ChallengeStore
    const tickets = yield* Effect.forEach(Array.from({ length: 8 }), (_, at) => registerUser(registration, source(at)))
    const kept = yield* Effect.forEach(tickets, ({ ticket }) =>
      Effect.flatMap(now, (at) => challenges.attempt("verify_email", `#${ticket}`, at))
    )
    assert.equal(kept.filter((each) => each !== undefined).length, 5)
    const [last] = tickets.slice(-1)
    assert.ok(last !== undefined)
    assert.equal(yield* failureOf(verifyEmail({ ticket: last.ticket, code: "00000000" })), "InvalidCode")
  })
)

specify(
  "a user mails a bounded number of strangers by changing its address",
  Effect.gen(function* () {
    const { user, caller } = yield* loggedIn()
    const to = (at: number) => changeEmail({ user: user.id, email: emailOf(`s${at}@example.com`), password }, caller)
    for (let at = 0; at < 20; at++) yield* to(at)
    assert.equal(yield* failureOf(to(20)), "LoginThrottled")
    yield* TestClock.adjust(15 * minute)
    assert.equal(yield* failureOf(to(21)), "accepted")
  })
)

specify(
  "an address that gets no more mail has no code to guess either",
  Effect.gen(function* () {
    const { user, caller } = yield* loggedIn()
    const change = changeEmail({ user: user.id, email: nobody, password }, caller)
    for (let at = 0; at < 6; at++) yield* change
    assert.equal(yield* mailsTo(nobody), 5)
    const code = yield* secretMailed(nobody, "change_email")
    assert.equal(yield* failureOf(confirmEmail({ user: user.id, code })), "InvalidCode")
    yield* TestClock.adjust(15 * minute)
    yield* change
    const next = yield* secretMailed(nobody, "change_email")
    assert.equal(yield* failureOf(confirmEmail({ user: user.id, code: next })), "accepted")
  })
)

/** Guesses a code on a new ticket from an address; `wrong`, or why it was not even tried. */
const guess = Effect.fnUntraced(function* (at: number, device?: string) {
  const held = device === undefined ? {} : { device }
  const step = yield* logIn({ email: ada, password, ...held }, app, source(at))
  assert.ok(step.step === "second_factor")
  const error = yield* errorOf(proveSecondFactor({ ticket: step.ticket, code: "999999" }, source(at)))
  return error._tag === "InvalidSecondFactor" ? ("wrong" as const) : error._tag
})

specify(
  "who knows the password guesses 30 codes a day, on however many tickets from however many addresses",
  Effect.gen(function* () {
    const user = yield* enrolled({ credentials: { ...withTotp, recoveryCodes: ["#RECV1234"] } })
    const phone = yield* openSession({ user, methods: ["pwd"], client: app, origin: source(9999), device: undefined })
    const outcomes: Array<string> = []
    for (let at = 0; at < 96; at++) {
      outcomes.push(yield* guess(at))
      yield* TestClock.adjust(10 * minute)
    }
    assert.equal(outcomes.filter((each) => each === "wrong").length, 30)
    assert.deepEqual(new Set(outcomes.slice(30)), new Set(["LoginThrottled"]))
    const step = yield* logIn({ email: ada, password }, app, source(500))
    assert.ok(step.step === "second_factor")
    const { ticket } = step
    assert.equal(yield* failureOf(proveSecondFactor({ ticket, code: yield* code }, source(500))), "LoginThrottled")
    assert.equal(yield* failureOf(proveSecondFactor({ ticket, recoveryCode: "RECV-1234" }, source(500))), "accepted")
    const known = yield* logIn({ email: ada, password, device: phone.device }, app, source(500))
    assert.ok(known.step === "second_factor")
    assert.equal(
      yield* failureOf(proveSecondFactor({ ticket: known.ticket, code: yield* code }, source(500))),
      "accepted",
      "what others do never keeps a known device waiting"
    )
  })
)

specify(
  "a device that was stolen guesses 30 codes a day, and so does a session",
  Effect.gen(function* () {
    const user = yield* enrolled({ credentials: withTotp })
    const stolen = yield* openSession({ user, methods: ["pwd"], client: app, origin: source(1), device: undefined })
    const raise = raiseSession({ user: user.id, session: stolen.session.id, code: "999999" })
    const device: Array<string> = []
    const session: Array<string> = []
    for (let at = 0; at < 48; at++) {
      device.push(yield* guess(at, stolen.device))
      session.push((yield* errorOf(raise))._tag)
      yield* TestClock.adjust(20 * minute)
    }
    assert.equal(device.filter((each) => each === "wrong").length, 30)
    assert.equal(session.filter((each) => each === "InvalidSecondFactor").length, 30)
  })
)

specify(
  "of 100 codes that are guessed at once, on as many tickets from as many addresses, no more than 30 are compared",
  Effect.gen(function* () {
    yield* enrolled({ credentials: withTotp })
    const outcomes = yield* Effect.all(
      Array.from({ length: 100 }, (_, at) => guess(at)),
      { concurrency: "unbounded" }
    )
    assert.ok(outcomes.filter((each) => each === "wrong").length <= 30)
  })
)

specify(
  "a code that is right forgets those that were wrong before it",
  Effect.gen(function* () {
    yield* enrolled({ credentials: withTotp })
    for (let round = 0; round < 2; round++) {
      for (let at = 0; at < 29; at++) assert.equal(yield* guess(round * 100 + at), "wrong")
      const step = yield* logIn({ email: ada, password }, app, source(round + 300))
      assert.ok(step.step === "second_factor")
      const proof = proveSecondFactor({ ticket: step.ticket, code: yield* code }, source(round + 300))
      assert.equal(yield* failureOf(proof), "accepted")
      yield* TestClock.adjust(minute)
    }
  })
)

/** A refusal in every detail, or that there was none. */
const answerOf = <A, E extends object, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.match(effect, { onFailure: (error): unknown => ({ ...error }), onSuccess: (): unknown => "accepted" })

/** What someone learns who asks for an address again and again: each answer in every detail. */
const learned = (email: typeof ada) =>
  Effect.gen(function* () {
    const answers: Array<unknown> = []
    for (let at = 0; at < 30; at++) {
      answers.push(
        yield* answerOf(logIn({ email, password: "guess" }, app, from("192.0.2.1"))),
        yield* answerOf(requestPasswordReset({ email }, from("192.0.2.2"))),
        yield* answerOf(registerUser({ ...registration, email }, from("192.0.2.3")))
      )
      yield* TestClock.adjust(700)
    }
    return answers
  })

specify(
  "an address that has a login is answered as one that has none: what is refused, when, and for how long",
  Effect.gen(function* () {
    yield* enrolled({ credentials: withTotp })
    const known = yield* learned(ada)
    yield* TestClock.adjust(24 * 60 * minute)
    assert.deepEqual(yield* learned(nobody), known)
    assert.ok(known.some((each) => each !== "accepted"))
  })
)
