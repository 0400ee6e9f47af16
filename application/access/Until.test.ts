import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { Instant } from "../../domain/calendar/index.ts"
import { TenantId } from "../../domain/identity/index.ts"
import { anonymous } from "../ports/Caller.ts"
import { tokenEnd } from "./Until.ts"

const caller = anonymous(TenantId.make("bank"))

describe("what goes on longer than a request", () => {
  test("ends when the caller's token does", () =>
    Effect.runPromise(
      Effect.gen(function* () {
        const waiting = yield* Effect.forkChild(
          Effect.flip(tokenEnd({ ...caller, until: Instant.fromMillis(300_000) }))
        )
        yield* TestClock.adjust(299_999)
        assert.equal(waiting.pollUnsafe(), undefined)
        yield* TestClock.adjust(1)
        assert.equal((yield* Fiber.join(waiting))._tag, "Unauthenticated")
      }).pipe(Effect.provide(TestClock.layer()))
    ))

  test("goes on for a caller whose token does not end", () =>
    Effect.runPromise(
      Effect.gen(function* () {
        const waiting = yield* Effect.forkChild(tokenEnd(caller))
        yield* TestClock.adjust("10 days")
        assert.equal(waiting.pollUnsafe(), undefined)
        yield* Fiber.interrupt(waiting)
      }).pipe(Effect.provide(TestClock.layer()))
    ))
})
