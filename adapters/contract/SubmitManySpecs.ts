import assert from "node:assert/strict"
import { Effect, Result } from "effect"
import { IdempotencyKey, itemKeyOf } from "../../application/ports/Idempotency.ts"
import { Ledger } from "../../application/ports/Ledger.ts"
import { LedgerAccount } from "../../domain/ledger/index.ts"
import { accountOf, cents, funded, newKey, receiptText, submit, transfer } from "./Desk.ts"
import type { Spec } from "./Spec.ts"

const submitMany = (instructions: Parameters<Ledger["Service"]["submitMany"]>[0]) =>
  Effect.flatMap(Ledger, (ledger) => ledger.submitMany(instructions))

/** Many instructions in one call: each by itself, in order, answered in its place. */
export const submitManySpecs = (spec: Spec): void => {
  spec(
    "of many instructions in one call each is decided by itself, in order, and answered in its place",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(300)
      const takes = [200, 200, 100, 1].map((minor) => ({
        key: newKey(),
        command: transfer(account, bank, cents(minor))
      }))
      const outcomes = yield* submitMany(takes)
      assert.deepEqual(
        outcomes.map((each) => (Result.isSuccess(each) ? each.success._tag : each.failure._tag)),
        ["TransactionPosted", "InsufficientFunds", "TransactionPosted", "InsufficientFunds"]
      )
      const after = yield* accountOf(account)
      assert.deepEqual([LedgerAccount.posted(after), after.sequence], [0n, 3])
    })
  )

  spec(
    "INV-9: a key that comes twice in one call, or again in another, has one answer, and another command under it none",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(0)
      const [key, other] = [newKey(), newKey()]
      const command = transfer(bank, account, cents(5))
      const conflicting = transfer(bank, account, cents(6))
      const call = [
        { key, command },
        { key: other, command },
        { key, command },
        { key, command: conflicting }
      ]
      const first = yield* submitMany(call)
      const again = yield* submitMany(call)
      const texts = [...first, ...again].map((each) =>
        Result.isSuccess(each) ? receiptText(each.success) : each.failure._tag
      )
      assert.deepEqual(texts.slice(0, 4), texts.slice(4))
      assert.deepEqual([texts[2], texts[3]], [texts[0], "IdempotencyConflict"])
      assert.notEqual(texts[1], texts[0])
      assert.equal(receiptText(yield* submit(command, key)), texts[0])
      assert.equal((yield* accountOf(account)).sequence, 2)
    })
  )

  spec(
    "a thousand instructions under the keys of a batch's items are done once, and none is none",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(0)
      const batch = IdempotencyKey.make(newKey().padEnd(320, "k"))
      const call = Array.from({ length: 1000 }, (_, index) => ({
        key: itemKeyOf(batch, index),
        command: transfer(bank, account, cents(1))
      }))
      for (const outcomes of [yield* submitMany(call), yield* submitMany(call)])
        assert.ok(outcomes.length === 1000 && outcomes.every(Result.isSuccess))
      assert.deepEqual(yield* submitMany([]), [])
      assert.equal((yield* accountOf(account)).sequence, 1000)
    })
  )
}
