import assert from "node:assert/strict"
import { Effect } from "effect"
import { Ledger } from "../../application/ports/Ledger.ts"
import type { Command } from "../../domain/ledger/index.ts"
import {
  accountOf,
  cents,
  funded,
  held,
  hold,
  newKey,
  posted,
  receiptText,
  refused,
  submit,
  totals,
  transfer
} from "./Desk.ts"
import type { Spec } from "./Spec.ts"

const link = (...commands: ReadonlyArray<Command.Linkable>): Command.Linked => ({ _tag: "Linked", commands })

/** Submits linked commands, and gives their receipts. */
const applied = (...commands: ReadonlyArray<Command.Linkable>) =>
  Effect.map(submit(link(...commands)), (receipt) => {
    assert.equal(receipt._tag, "LinkedApplied")
    return receipt.receipts
  })

const atomicity = (spec: Spec): void => {
  spec(
    "INV-44: linked commands are all done, in order, with balances that run through the list",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(1000)
      const receipts = yield* applied(
        transfer(account, bank, cents(1000)),
        transfer(bank, account, cents(300)),
        hold(account, bank, cents(200)),
        transfer(account, bank, cents(100))
      )
      const balances = receipts.map((each) =>
        each._tag === "TransactionPosted"
          ? each.transaction.entries.find((entry) => entry.accountId === account)?.balance.minor
          : each.hold.status
      )
      assert.deepEqual(balances, [0n, 300n, "authorized", 200n])
      const ledger = yield* Ledger
      for (const each of receipts) {
        if (each._tag === "HoldChanged") assert.deepEqual(yield* ledger.hold(each.hold.id), each.hold)
        else assert.deepEqual(yield* ledger.transaction(each.transaction.id), each.transaction)
      }
      const entries = yield* ledger.entries({ accountId: account, order: "oldest", limit: 10 })
      assert.deepEqual(
        entries.map((entry) => entry.balance.minor),
        [1000n, 0n, 300n, 200n]
      )
    })
  )

  spec(
    "INV-44: where one of the linked commands is refused nothing is done, and the refusal names it",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(1000)
      const before = [totals(yield* accountOf(account)), totals(yield* accountOf(bank))]
      const refusal = yield* refused(
        link(transfer(account, bank, cents(600)), hold(account, bank, cents(400)), transfer(account, bank, cents(1)))
      )
      assert.deepEqual(refusal, {
        _tag: "LinkedRejected",
        index: 2,
        reason: {
          _tag: "InsufficientFunds",
          accountId: account,
          available: { amount: "0.00", currency: "USD" },
          requested: { amount: "0.01", currency: "USD" }
        }
      })
      assert.deepEqual([totals(yield* accountOf(account)), totals(yield* accountOf(bank))], before)
      assert.equal((yield* accountOf(account)).sequence, 1)
    })
  )

  spec(
    "holds and transactions that exist are captured, released and reversed in a list",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(1000)
      const [first, second] = [
        yield* held(hold(account, bank, cents(300))),
        yield* held(hold(account, bank, cents(200)))
      ]
      const paid = yield* posted(transfer(account, bank, cents(100)))
      const capture = { _tag: "Capture", holdId: first.id, amount: cents(150), keepRest: true } as const
      const receipts = yield* applied(
        capture,
        capture,
        { _tag: "Release", holdId: second.id },
        { _tag: "Reverse", transactionId: paid.id }
      )
      assert.deepEqual(
        receipts.map((each) => each.hold?.status),
        ["authorized", "captured", "released", undefined]
      )
      assert.deepEqual(totals(yield* accountOf(account)), [400n, 1100n, 0n, 0n])
    })
  )
}

/** Linked commands: all of them or none, under one key. */
export const linkedSpecs = (spec: Spec): void => {
  atomicity(spec)
  spec(
    "INV-9: a retry of linked commands gets the first answer, and others under their key are a conflict",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(1000)
      const [done, failed] = [newKey(), newKey()]
      const pair = link(transfer(account, bank, cents(1)), transfer(account, bank, cents(2)))
      const tooMuch = link(transfer(account, bank, cents(1)), transfer(account, bank, cents(5000)))
      const first = receiptText(yield* submit(pair, done))
      const refusal = yield* refused(tooMuch, failed)
      yield* submit(transfer(bank, account, cents(9000)))
      assert.equal(receiptText(yield* submit(pair, done)), first)
      assert.deepEqual(yield* refused(tooMuch, failed), refusal)
      for (const key of [done, failed])
        for (const other of [link(...pair.commands.toReversed()), link(...pair.commands.slice(0, 1))])
          assert.deepEqual(yield* refused(other, key), { _tag: "IdempotencyConflict", key })
      assert.equal((yield* accountOf(account)).sequence, 4)
    })
  )
}
