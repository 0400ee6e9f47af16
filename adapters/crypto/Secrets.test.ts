import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Effect } from "effect"
import { Secrets as SecretsPort } from "../../application/ports/Crypto.ts"
import { Secrets } from "./index.ts"

describe("secrets", () => {
  const drawn = <A>(
    draw: (secrets: SecretsPort["Service"]) => Effect.Effect<A>,
    count: number
  ): Promise<ReadonlyArray<A>> =>
    Effect.runPromise(
      Effect.provide(
        Effect.flatMap(SecretsPort, (secrets) => Effect.all(Array.from({ length: count }, () => draw(secrets)))),
        Secrets.layer
      )
    )

  test("every digit is as likely as any other, and codes have as many as asked for", async () => {
    const codes = await drawn(({ digits }) => digits(8), 5000)
    assert.ok(codes.every((code) => /^\d{8}$/u.test(code)))
    const counts = new Map<string, number>()
    for (const digit of codes.join("")) counts.set(digit, (counts.get(digit) ?? 0) + 1)
    // Chi-squared with 9 degrees of freedom: above 40 once in a hundred thousand runs.
    const chi = [...counts.values()].reduce((sum, count) => sum + (count - 4000) ** 2 / 4000, 0)
    assert.ok(counts.size === 10 && chi < 40, String(chi))
  })

  test("tokens and recovery codes are of their forms, and none comes twice", async () => {
    const tokens = await drawn(({ token }) => token, 1000)
    assert.ok(tokens.every((each) => /^[A-Za-z0-9_-]{43}$/u.test(each)) && new Set(tokens).size === 1000)
    const codes = await drawn(({ recoveryCode }) => recoveryCode, 1000)
    assert.ok(codes.every((each) => /^([0-9a-hjkmnp-tv-z]{4}-){3}[0-9a-hjkmnp-tv-z]{4}$/u.test(each)))
    assert.equal(new Set(codes).size, 1000)
  })
})
