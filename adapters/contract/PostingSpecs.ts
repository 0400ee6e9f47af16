import assert from "node:assert/strict"
import { Effect } from "effect"
import { Ledger } from "../../application/ports/Ledger.ts"
import { LocalDate } from "../../domain/calendar/index.ts"
import { Command, LedgerAccount } from "../../domain/ledger/index.ts"
import { Money } from "../../domain/money/index.ts"
import {
  accountOf,
  bankAccount,
  cents,
  eur,
  funded,
  newAccountId,
  newTransactionId,
  opened,
  posted,
  refused,
  submit,
  totals,
  transfer,
  usd
} from "./Desk.ts"
import type { Spec } from "./Spec.ts"

const description = "Grüße, 東京 🦫 — ‮naïve‬"
const metadata = { "invoice.id": "Ω-1", note: 'line one\nline two\t"quoted" \\ 🏦', empty: "" }

const accepted = (spec: Spec): void => {
  spec(
    "a transaction is booked with its entries numbered and their balances running",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(1000)
      const transaction = yield* posted(transfer(account, bank, cents(250)))
      assert.equal(transaction.kind, "transfer")
      assert.equal(transaction.valueDate, LocalDate.fromInstant(transaction.bookedAt))
      assert.deepEqual(transaction.entries, [
        { accountId: account, side: "debit", amount: cents(250), sequence: 2, balance: cents(750) },
        { accountId: bank, side: "credit", amount: cents(250), sequence: 2, balance: cents(750) }
      ])
      const after = yield* accountOf(account)
      assert.deepEqual(totals(after), [250n, 1000n, 0n, 0n])
      assert.equal(after.sequence, 2)
      assert.deepEqual(yield* (yield* Ledger).transaction(transaction.id), transaction)
    })
  )

  spec(
    "value date, description and metadata come back as they were given, in any script",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(0)
      const valueDate = LocalDate.LocalDate.make("1999-12-31")
      const memo = { valueDate, description, metadata }
      const transaction = yield* posted({ ...transfer(bank, account, cents(1)), ...memo })
      assert.deepEqual({ ...transaction, ...memo }, transaction)
      const ledger = yield* Ledger
      assert.deepEqual(yield* ledger.transaction(transaction.id), transaction)
      const [entry] = yield* ledger.entries({ accountId: account, order: "newest", limit: 1 })
      assert.deepEqual({ ...entry, ...memo }, entry)
    })
  )

  spec(
    "a transaction of several legs balances in each of its currencies",
    Effect.gen(function* () {
      const dollars = yield* funded(0)
      const euroBank = yield* bankAccount(eur)
      const euros = yield* opened({ currency: eur })
      const transaction = yield* posted({
        _tag: "Post",
        kind: "journal",
        legs: [
          { accountId: dollars.bank, side: "debit", amount: cents(300) },
          { accountId: euros, side: "credit", amount: Money.make(70n, eur) },
          { accountId: dollars.account, side: "credit", amount: cents(300) },
          { accountId: euroBank, side: "debit", amount: Money.make(70n, eur) }
        ]
      })
      assert.equal(transaction.entries.length, 4)
      assert.equal(LedgerAccount.posted(yield* accountOf(euros)), 70n)
      assert.equal(LedgerAccount.posted(yield* accountOf(dollars.account)), 300n)
    })
  )

  spec(
    "an account that a transaction names twice is judged on the net, in whichever order",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(0)
      const { entries } = yield* posted({
        _tag: "Post",
        kind: "journal",
        legs: [
          { accountId: account, side: "debit", amount: cents(40) },
          { accountId: account, side: "credit", amount: cents(100) },
          { accountId: bank, side: "debit", amount: cents(60) }
        ]
      })
      const own = entries.map((entry) => [entry.sequence, entry.balance.minor])
      assert.deepEqual(own, [
        [1, -40n],
        [2, 60n],
        [1, 60n]
      ])
    })
  )

  spec(
    "a customer spends down to the overdraft limit and the bank's own account to any depth",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(100, { overdraftLimit: cents(50) })
      yield* submit(transfer(account, bank, cents(150)))
      assert.equal(LedgerAccount.available(yield* accountOf(account)), 0n)
      yield* submit(transfer(yield* bankAccount(), account, cents(1)))
      const deep = yield* bankAccount()
      yield* submit(transfer(account, deep, cents(1)))
      assert.equal(LedgerAccount.posted(yield* accountOf(deep)), -1n)
    })
  )

  spec(
    "a balance reaches the largest 64-bit integer to the cent and not a cent more",
    Effect.gen(function* () {
      const bank = yield* bankAccount()
      const account = yield* opened()
      const perPost = BigInt(Command.legsMax / 2)
      let left = LedgerAccount.balanceMinorMax
      while (left > 0n) {
        const whole = left / Money.amountMinorMax
        const amounts = Array.from({ length: Number(whole < perPost ? whole : perPost) }, () => Money.amountMinorMax)
        if (whole < perPost && left % Money.amountMinorMax > 0n) amounts.push(left % Money.amountMinorMax)
        yield* submit({
          _tag: "Post",
          kind: "journal",
          legs: amounts.flatMap((minor) => [
            { accountId: bank, side: "debit" as const, amount: cents(minor) },
            { accountId: account, side: "credit" as const, amount: cents(minor) }
          ])
        })
        left -= amounts.reduce((sum, minor) => sum + minor, 0n)
      }
      const full = yield* accountOf(account)
      assert.equal(full.postedCredits, LedgerAccount.balanceMinorMax)
      const [entry] = yield* (yield* Ledger).entries({ accountId: account, order: "newest", limit: 1 })
      assert.equal(entry?.balance.minor, LedgerAccount.balanceMinorMax)
      const other = yield* bankAccount()
      assert.deepEqual(yield* refused(transfer(other, account, cents(1))), {
        _tag: "BalanceOverflow",
        accountId: account
      })
    })
  )
}

const refusals = (spec: Spec): void => {
  spec(
    "legs that do not balance are refused before anything else is looked at",
    Effect.gen(function* () {
      const legs: Command.Post["legs"] = [
        { accountId: newAccountId(), side: "debit", amount: cents(2) },
        { accountId: newAccountId(), side: "credit", amount: cents(1) }
      ]
      assert.deepEqual(yield* refused({ _tag: "Post", kind: "journal", legs }), {
        _tag: "Unbalanced",
        debits: { amount: "0.02", currency: "USD" },
        credits: { amount: "0.01", currency: "USD" }
      })
    })
  )

  spec(
    "an account that does not exist, is closed, is in another currency or is frozen for the side refuses an entry",
    Effect.gen(function* () {
      const bank = yield* bankAccount()
      const missing = newAccountId()
      assert.deepEqual(yield* refused(transfer(bank, missing, cents(1))), {
        _tag: "AccountNotFound",
        accountId: missing
      })
      const closed = yield* opened()
      yield* submit({ _tag: "CloseAccount", accountId: closed, revision: 2 })
      assert.deepEqual(yield* refused(transfer(bank, closed, cents(1))), { _tag: "AccountClosed", accountId: closed })
      const euros = yield* opened({ currency: eur })
      assert.deepEqual(yield* refused(transfer(bank, euros, cents(1))), {
        _tag: "AccountCurrencyMismatch",
        accountId: euros,
        expected: "EUR",
        actual: "USD"
      })
      const frozen = yield* opened()
      for (const restriction of ["credits", "both"] as const) {
        const revision = restriction === "credits" ? 2 : 3
        const overdraftLimit = Money.zero(usd)
        yield* submit({ _tag: "ConfigureAccount", accountId: frozen, restriction, revision, overdraftLimit })
        assert.deepEqual(yield* refused(transfer(bank, frozen, cents(1))), {
          _tag: "AccountRestricted",
          accountId: frozen,
          restriction
        })
      }
    })
  )

  spec(
    "more than is available is refused with both amounts, and nothing changes",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(1000, { overdraftLimit: cents(500) })
      const before = yield* (yield* Ledger).accounts([bank, account])
      assert.deepEqual(yield* refused(transfer(account, bank, cents(1501))), {
        _tag: "InsufficientFunds",
        accountId: account,
        available: { amount: "15.00", currency: "USD" },
        requested: { amount: "15.01", currency: "USD" }
      })
      assert.deepEqual(
        new Set((yield* (yield* Ledger).accounts([bank, account])).map(totals)),
        new Set(before.map(totals))
      )
      assert.equal((yield* accountOf(account)).sequence, 1)
    })
  )

  spec(
    "a transaction that does not exist is not found",
    Effect.gen(function* () {
      const transactionId = newTransactionId()
      const error = yield* Effect.flip((yield* Ledger).transaction(transactionId))
      assert.equal(error._tag, "TransactionNotFound")
    })
  )

  spec(
    "of the accounts asked for those that exist are given, each once",
    Effect.gen(function* () {
      const ledger = yield* Ledger
      const [first, second] = [yield* opened(), yield* opened()]
      const found = yield* ledger.accounts([second, first, newAccountId(), first])
      assert.deepEqual(found.map((account) => account.id).sort(), [first, second].sort())
      assert.deepEqual(yield* ledger.accounts([]), [])
    })
  )
}

/** What a ledger posts, and what it refuses to. */
export const postingSpecs = (spec: Spec): void => {
  accepted(spec)
  refusals(spec)
}
