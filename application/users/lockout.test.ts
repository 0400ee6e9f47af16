import assert from "node:assert/strict"
import { test } from "node:test"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import { run } from "../../infra/testing/effect.ts"
import { logIn } from "./index.ts"
import { ada, emailOf, enrolled, failureOf, from, home, layer, password } from "./users.fixture.ts"

const app = "bank-app"

/** What a stranger does: tries the customer, or anyone, from an address and on a device of its own choice. */
const strangers = fc.array(
  fc.record({
    address: fc.oneof(fc.constant(home.address ?? ""), fc.ipV4(), fc.ipV6()),
    email: fc.constantFrom(ada, emailOf("bob@example.com"), emailOf("nobody@example.com")),
    device: fc.option(fc.constantFrom("stolen-from-nobody", "bobs"), { nil: undefined }),
    times: fc.integer({ min: 1, max: 60 }),
    waitsMillis: fc.integer({ min: 0, max: 20 * 60_000 })
  }),
  { maxLength: 12 }
)

test("whatever strangers try, from however many addresses, a customer logs in on a device that it used before", async () => {
  const attack = fc.asyncProperty(strangers, async (attempts) => {
    const body = Effect.gen(function* () {
      yield* enrolled()
      yield* enrolled({ user: { email: emailOf("bob@example.com") } })
      const step = yield* logIn({ email: ada, password }, app, home)
      const bob = yield* logIn({ email: emailOf("bob@example.com"), password }, app, from("192.0.2.9"))
      assert.ok(step.step === "done" && bob.step === "done")
      for (const { address, email, device, times, waitsMillis } of attempts) {
        const held = device === "bobs" ? bob.device : device
        const attempt = logIn(
          { email, password: "guess", ...(held === undefined ? {} : { device: held }) },
          app,
          from(address)
        )
        for (let time = 0; time < times; time++) assert.notEqual(yield* failureOf(attempt), "accepted")
        yield* TestClock.adjust(waitsMillis)
      }
      const again = yield* logIn({ email: ada, password, device: step.device }, app, home)
      assert.equal(again.step, "done")
    })
    await run(body, layer)
  })
  await fc.assert(attack, { numRuns: 60 })
})

test("a device that guesses itself waits as anyone does, and only that device", async () => {
  const body = Effect.gen(function* () {
    yield* enrolled()
    const phone = yield* logIn({ email: ada, password }, app, home)
    const laptop = yield* logIn({ email: ada, password }, app, from("192.0.2.1"))
    assert.ok(phone.step === "done" && laptop.step === "done")
    const guess = logIn({ email: ada, password: "guess", device: phone.device }, app, home)
    for (let at = 0; at < 5; at++) assert.equal(yield* failureOf(guess), "InvalidLogin")
    assert.equal(yield* failureOf(logIn({ email: ada, password, device: phone.device }, app, home)), "LoginThrottled")
    assert.equal(yield* failureOf(logIn({ email: ada, password, device: laptop.device }, app, home)), "accepted")
  })
  await run(body, layer)
})
