import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { Instant } from "../../domain/calendar/index.ts"
import { TenantId } from "../../domain/identity/index.ts"
import { SessionId } from "../../domain/ids/index.ts"
import { Authenticator, anonymous } from "../ports/Caller.ts"
import { callerEnd } from "./Until.ts"

const caller = anonymous(TenantId.make("bank"))
const until = Instant.fromMillis(300_000)
const session = SessionId.make("ses_01h455vb4pex5vsknk084sn02q")

let isRevoked = false
const doorkeeper = Layer.succeed(Authenticator, {
  isOpen: () => !isRevoked,
  authenticate: () => Effect.die("not asked in this test")
})

const run = (work: Effect.Effect<void, unknown, Authenticator>): Promise<void> =>
  Effect.runPromise(Effect.provide(work, Layer.merge(TestClock.layer(), doorkeeper)))

describe("what goes on longer than a request", () => {
  for (const [whose, of] of [
    ["program", { ...caller, until }],
    ["user", { ...caller, until, session }]
  ] as const)
    test(`ends when the token of a ${whose} does`, () =>
      run(
        Effect.gen(function* () {
          const waiting = yield* Effect.forkChild(Effect.flip(callerEnd(of)))
          yield* TestClock.adjust(299_999)
          assert.equal(waiting.pollUnsafe(), undefined)
          yield* TestClock.adjust(1)
          assert.equal((yield* Fiber.join(waiting))._tag, "Unauthenticated")
        })
      ))

  test("ends within a second of when its session does, long before the token", () =>
    run(
      Effect.gen(function* () {
        const waiting = yield* Effect.forkChild(Effect.flip(callerEnd({ ...caller, until, session })))
        yield* TestClock.adjust(10_500)
        assert.equal(waiting.pollUnsafe(), undefined)
        isRevoked = true
        yield* TestClock.adjust(1000)
        assert.equal((yield* Fiber.join(waiting))._tag, "Unauthenticated")
        isRevoked = false
      })
    ))

  test("goes on for a caller whose token does not end", () =>
    run(
      Effect.gen(function* () {
        const waiting = yield* Effect.forkChild(callerEnd(caller))
        yield* TestClock.adjust("10 days")
        assert.equal(waiting.pollUnsafe(), undefined)
        yield* Fiber.interrupt(waiting)
      })
    ))
})
