import assert from "node:assert/strict"
import { Effect, Result } from "effect"
import { IdempotencyKey } from "../../application/ports/Idempotency.ts"
import { Ledger } from "../../application/ports/Ledger.ts"
import { LedgerAccount } from "../../domain/ledger/index.ts"
import {
  accountOf,
  bankAccount,
  cents,
  funded,
  newKey,
  opened,
  receiptText,
  refused,
  submit,
  transfer
} from "./Desk.ts"
import type { Spec } from "./Spec.ts"

const atOnce = { concurrency: "unbounded" } as const

const retries = (spec: Spec): void => {
  spec(
    "INV-9: a retry gets the first receipt again, to the last digit, and posts nothing",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(1000)
      const key = newKey()
      const command = { ...transfer(account, bank, cents(100)), description: "once", metadata: { a: "1", b: "2" } }
      const first = receiptText(yield* submit(command, key))
      yield* submit(transfer(account, bank, cents(100)))
      for (let retry = 0; retry < 3; retry++) assert.equal(receiptText(yield* submit(command, key)), first)
      assert.equal((yield* accountOf(account)).sequence, 3)
    })
  )

  spec(
    "INV-9: a refusal is an answer too, and stays so when the command would now be accepted",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(0)
      const key = newKey()
      const command = transfer(account, bank, cents(100))
      const first = yield* refused(command, key)
      assert.equal(first._tag, "InsufficientFunds")
      yield* submit(transfer(bank, account, cents(1000)))
      assert.deepEqual(yield* refused(command, key), first)
      assert.equal((yield* accountOf(account)).sequence, 1)
      yield* submit(command)
    })
  )

  spec(
    "INV-9: another command under a used key is a conflict, also where the first was refused",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(0)
      const [posting, refusal] = [newKey(), newKey()]
      yield* submit(transfer(bank, account, cents(5)), posting)
      yield* refused(transfer(account, bank, cents(6)), refusal)
      for (const key of [posting, refusal])
        assert.deepEqual(yield* refused(transfer(bank, account, cents(7)), key), { _tag: "IdempotencyConflict", key })
      assert.equal((yield* accountOf(account)).sequence, 1)
      const described = { ...transfer(bank, account, cents(5)), description: "" }
      assert.equal((yield* refused(described, posting))._tag, "IdempotencyConflict")
    })
  )

  spec(
    "metadata in another order is the same command",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(0)
      const key = newKey()
      const command = transfer(bank, account, cents(5))
      const first = yield* submit({ ...command, metadata: { a: "1", b: "2" } }, key)
      const again = yield* submit({ ...command, metadata: { b: "2", a: "1" } }, key)
      assert.equal(receiptText(again), receiptText(first))
    })
  )

  spec(
    "a key has up to 320 visible characters, and one that differs in the last or in case is another key",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(0)
      const base = `${newKey()}~!"'%\\`.padEnd(319, "k")
      for (const last of ["a", "A", "b"]) {
        const key = IdempotencyKey.make(base + last)
        yield* submit(transfer(bank, account, cents(1)), key)
      }
      assert.equal((yield* accountOf(account)).sequence, 3)
    })
  )
}

const races = (spec: Spec): void => {
  spec(
    "INV-9: a hundred identical requests at once are one posting and one answer",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(0)
      const key = newKey()
      const request = submit(transfer(bank, account, cents(100)), key)
      const receipts = yield* Effect.all(
        Array.from({ length: 100 }, () => request),
        atOnce
      )
      assert.equal(new Set(receipts.map(receiptText)).size, 1)
      assert.equal((yield* accountOf(account)).sequence, 1)
    })
  )

  spec(
    "INV-9: of different commands under one key at once, one is decided and the others conflict",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(0)
      const key = newKey()
      const outcomes = yield* Effect.all(
        Array.from({ length: 20 }, (_, index) =>
          Effect.result(submit(transfer(bank, account, cents(1 + (index % 4))), key))
        ),
        atOnce
      )
      const accepted = outcomes.filter(Result.isSuccess)
      assert.equal(accepted.length, 5)
      assert.equal(new Set(accepted.map((each) => receiptText(each.success))).size, 1)
      for (const each of outcomes) if (Result.isFailure(each)) assert.equal(each.failure._tag, "IdempotencyConflict")
      assert.equal((yield* accountOf(account)).sequence, 1)
    })
  )

  spec(
    "INV-5: of 64 withdrawals at once from funds for ten, exactly ten are made",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(1000)
      const outcomes = yield* Effect.all(
        Array.from({ length: 64 }, () => Effect.result(submit(transfer(account, bank, cents(100))))),
        atOnce
      )
      assert.equal(outcomes.filter(Result.isSuccess).length, 10)
      for (const each of outcomes) if (Result.isFailure(each)) assert.equal(each.failure._tag, "InsufficientFunds")
      const after = yield* accountOf(account)
      assert.deepEqual([LedgerAccount.posted(after), after.sequence], [0n, 11])
    })
  )

  spec(
    "transfers at once in both directions between the same accounts keep every cent",
    Effect.gen(function* () {
      const bank = yield* bankAccount()
      const [left, right] = [yield* opened(), yield* opened()]
      yield* submit(transfer(bank, left, cents(10_000)))
      yield* submit(transfer(bank, right, cents(10_000)))
      yield* Effect.all(
        Array.from({ length: 100 }, (_, index) =>
          submit(index % 2 === 0 ? transfer(left, right, cents(7)) : transfer(right, left, cents(11)))
        ),
        atOnce
      )
      const balances = [LedgerAccount.posted(yield* accountOf(left)), LedgerAccount.posted(yield* accountOf(right))]
      assert.deepEqual(balances, [10_200n, 9800n])
      const entries = yield* (yield* Ledger).entries({ accountId: left, order: "oldest", limit: 1000 })
      assert.deepEqual(
        entries.map((entry) => entry.sequence),
        Array.from({ length: 101 }, (_, index) => index + 1)
      )
    })
  )

  spec(
    "requests at once in which some keys repeat are each decided once",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(0)
      const keys = Array.from({ length: 10 }, newKey)
      const receipts = yield* Effect.all(
        [...keys, ...keys.toReversed(), ...keys].map((key) =>
          Effect.map(submit(transfer(bank, account, cents(1)), key), (receipt) => ({ key, text: receiptText(receipt) }))
        ),
        atOnce
      )
      for (const key of keys)
        assert.equal(new Set(receipts.filter((each) => each.key === key).map((each) => each.text)).size, 1)
      assert.equal((yield* accountOf(account)).postedCredits, 10n)
    })
  )
}

/** One key, one decision, one answer: one after the other and at once. */
export const idempotencySpecs = (spec: Spec): void => {
  retries(spec)
  races(spec)
}
