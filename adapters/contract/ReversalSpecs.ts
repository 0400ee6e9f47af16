import assert from "node:assert/strict"
import { Effect } from "effect"
import { Ledger } from "../../application/ports/Ledger.ts"
import { LedgerAccount } from "../../domain/ledger/index.ts"
import { Money } from "../../domain/money/index.ts"
import {
  accountOf,
  cents,
  eur,
  funded,
  held,
  hold,
  newTransactionId,
  opened,
  posted,
  refused,
  submit,
  transfer
} from "./Desk.ts"
import type { Spec } from "./Spec.ts"

/** Corrections: the mirror image of a transaction, whole or in parts. */
export const reversalSpecs = (spec: Spec): void => {
  spec(
    "a reversal without an amount mirrors the transaction and names it",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(1000)
      const original = yield* posted(transfer(account, bank, cents(300)))
      const reversal = yield* posted({ _tag: "Reverse", transactionId: original.id, description: "Wrong payee" })
      assert.deepEqual(
        [reversal.kind, reversal.reverses, reversal.description],
        ["reversal", original.id, "Wrong payee"]
      )
      assert.deepEqual(
        reversal.entries.map((entry) => [entry.accountId, entry.side, entry.amount.minor]),
        [
          [account, "credit", 300n],
          [bank, "debit", 300n]
        ]
      )
      assert.deepEqual(yield* (yield* Ledger).transaction(reversal.id), reversal)
      assert.equal(LedgerAccount.posted(yield* accountOf(account)), 1000n)
    })
  )

  spec(
    "INV-8: parts are reversed until nothing is left, and never more",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(1000)
      const { id: transactionId } = yield* posted(transfer(account, bank, cents(300)))
      yield* submit({ _tag: "Reverse", transactionId, amount: cents(100) })
      assert.deepEqual(yield* refused({ _tag: "Reverse", transactionId, amount: cents(201) }), {
        _tag: "ReversalExceedsTransaction",
        transactionId,
        remaining: { amount: "2.00", currency: "USD" },
        requested: { amount: "2.01", currency: "USD" }
      })
      const rest = yield* posted({ _tag: "Reverse", transactionId })
      assert.deepEqual(rest.entries[0]?.amount, cents(200))
      assert.equal((yield* refused({ _tag: "Reverse", transactionId }))._tag, "ReversalExceedsTransaction")
      assert.equal(LedgerAccount.posted(yield* accountOf(account)), 1000n)
    })
  )

  spec(
    "INV-8: of concurrent partial reversals only as many are made as the transaction has money for",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(0)
      const { id: transactionId } = yield* posted(transfer(bank, account, cents(300)))
      yield* submit(transfer(bank, account, cents(5000)))
      yield* submit({ _tag: "Reverse", transactionId, amount: cents(50) })
      const outcomes = yield* Effect.all(
        Array.from({ length: 20 }, () => Effect.result(submit({ _tag: "Reverse", transactionId, amount: cents(100) }))),
        { concurrency: "unbounded" }
      )
      assert.equal(outcomes.filter((each) => each._tag === "Success").length, 2)
      assert.equal(LedgerAccount.posted(yield* accountOf(account)), 5050n)
    })
  )

  spec(
    "INV-8: of concurrent whole reversals one is made",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(1000)
      const { id: transactionId } = yield* posted(transfer(account, bank, cents(300)))
      const outcomes = yield* Effect.all(
        Array.from({ length: 20 }, () => Effect.result(submit({ _tag: "Reverse", transactionId }))),
        { concurrency: "unbounded" }
      )
      assert.equal(outcomes.filter((each) => each._tag === "Success").length, 1)
      assert.equal(LedgerAccount.posted(yield* accountOf(account)), 1000n)
    })
  )

  spec(
    "a transaction of more than two entries is reversed only as a whole",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(0)
      const other = yield* opened()
      const { id: transactionId } = yield* posted({
        _tag: "Post",
        kind: "journal",
        legs: [
          { accountId: bank, side: "debit", amount: cents(300) },
          { accountId: account, side: "credit", amount: cents(100) },
          { accountId: other, side: "credit", amount: cents(200) }
        ]
      })
      assert.deepEqual(yield* refused({ _tag: "Reverse", transactionId, amount: cents(100) }), {
        _tag: "PartialReversalUnsupported",
        transactionId
      })
      yield* submit({ _tag: "Reverse", transactionId })
      const left = [yield* accountOf(bank), yield* accountOf(account), yield* accountOf(other)]
      assert.deepEqual(left.map(LedgerAccount.posted), [0n, 0n, 0n])
    })
  )

  spec(
    "a capture is reversed like any transaction",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(1000)
      const { id: holdId } = yield* held(hold(account, bank, cents(400)))
      const { id: transactionId } = yield* posted({ _tag: "Capture", holdId, keepRest: false })
      yield* submit({ _tag: "Reverse", transactionId })
      assert.equal(LedgerAccount.available(yield* accountOf(account)), 1000n)
    })
  )

  spec(
    "what does not exist, is a reversal, is in another currency or was spent since is not reversed",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(0)
      const unknown = newTransactionId()
      assert.deepEqual(yield* refused({ _tag: "Reverse", transactionId: unknown }), {
        _tag: "TransactionNotFound",
        transactionId: unknown
      })
      const { id: transactionId } = yield* posted(transfer(bank, account, cents(300)))
      assert.deepEqual(yield* refused({ _tag: "Reverse", transactionId, amount: Money.make(1n, eur) }), {
        _tag: "CurrencyMismatch",
        expected: "USD",
        actual: "EUR"
      })
      yield* submit(transfer(account, bank, cents(1)))
      assert.equal((yield* refused({ _tag: "Reverse", transactionId }))._tag, "InsufficientFunds")
      const { id: reversal } = yield* posted({ _tag: "Reverse", transactionId, amount: cents(10) })
      assert.deepEqual(yield* refused({ _tag: "Reverse", transactionId: reversal }), {
        _tag: "NotReversible",
        transactionId: reversal
      })
    })
  )
}
