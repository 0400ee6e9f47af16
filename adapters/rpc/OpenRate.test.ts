import assert from "node:assert/strict"
import { test } from "node:test"
import { Code } from "@connectrpc/connect"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { openRate } from "./OpenRate.ts"

test("who has no token asks as often as its source may, of IPv6 all addresses of a subscriber, and again after a while", () =>
  Effect.runPromise(
    Effect.gen(function* () {
      const take = openRate(2)
      const codes = (...addresses: ReadonlyArray<string>) =>
        Effect.forEach(addresses, (address) =>
          take(address).pipe(
            Effect.as("taken" as const),
            Effect.catch(({ code }) => Effect.succeed(code))
          )
        )
      assert.deepEqual(yield* codes("2001:db8::1", "2001:db8::2", "2001:db8::3", "192.0.2.1"), [
        "taken",
        "taken",
        Code.ResourceExhausted,
        "taken"
      ])
      yield* TestClock.adjust("30 seconds")
      assert.deepEqual(yield* codes("2001:db8::4", "2001:db8::5"), ["taken", Code.ResourceExhausted])
    }).pipe(Effect.provide(TestClock.layer()))
  ))
