import assert from "node:assert/strict"
import { Effect } from "effect"
import type { AccountId } from "../../domain/ids/index.ts"
import { type Command, LedgerAccount } from "../../domain/ledger/index.ts"
import { Money } from "../../domain/money/index.ts"
import {
  accountOf,
  bankAccount,
  cents,
  changed,
  eur,
  funded,
  hold,
  newAccountId,
  opened,
  refused,
  submit,
  transfer,
  usd
} from "./Desk.ts"
import type { Spec } from "./Spec.ts"

const configure = (
  accountId: AccountId,
  revision: number,
  more: Partial<Command.ConfigureAccount> = {}
): Command.ConfigureAccount => ({
  _tag: "ConfigureAccount",
  accountId,
  revision,
  restriction: "none",
  overdraftLimit: Money.zero(usd),
  ...more
})

const settings = (spec: Spec): void => {
  // The suite ends with an audit, which must find nothing in this.
  spec(
    "an overdraft limit that is raised, used and lowered at once leaves the account short and nothing wrong",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(100)
      const steps = [
        submit(configure(account, 100, { overdraftLimit: cents(500) })),
        submit(transfer(account, bank, cents(450))),
        submit(configure(account, 101))
      ]
      yield* Effect.all(steps, { concurrency: "unbounded" })
      assert.equal(LedgerAccount.available(yield* accountOf(account)), -350n)
    })
  )

  spec(
    "an account opens empty, with the terms it was given",
    Effect.gen(function* () {
      const accountId = newAccountId()
      const overdraftLimit = cents(Money.amountMinorMax)
      const terms = { kind: "customer", currency: usd, normalSide: "credit", revision: 3 } as const
      const { account } = yield* changed({ _tag: "OpenAccount", accountId, overdraftLimit, ...terms })
      assert.deepEqual(account, {
        ...terms,
        id: accountId,
        overdraftLimit: Money.amountMinorMax,
        restriction: "none",
        closed: false,
        sequence: 0,
        openHolds: 0,
        postedDebits: 0n,
        postedCredits: 0n,
        pendingDebits: 0n,
        pendingCredits: 0n,
        openedAt: account.openedAt
      })
      assert.deepEqual(yield* accountOf(accountId), account)
    })
  )

  spec(
    "an id is opened once, and a limit is in the account's currency",
    Effect.gen(function* () {
      const accountId = yield* opened()
      const open = { _tag: "OpenAccount", kind: "customer", normalSide: "credit", currency: usd, revision: 1 } as const
      assert.deepEqual(yield* refused({ ...open, accountId, overdraftLimit: cents(0) }), {
        _tag: "AccountAlreadyExists",
        accountId
      })
      const other = newAccountId()
      assert.deepEqual(yield* refused({ ...open, accountId: other, overdraftLimit: Money.zero(eur) }), {
        _tag: "AccountCurrencyMismatch",
        accountId: other,
        expected: "USD",
        actual: "EUR"
      })
    })
  )

  spec(
    "a newer revision of the settings is applied, an older one changes nothing",
    Effect.gen(function* () {
      const accountId = yield* opened()
      const newer = yield* changed(configure(accountId, 5, { overdraftLimit: cents(700), restriction: "debits" }))
      assert.deepEqual(
        [newer.account.overdraftLimit, newer.account.restriction, newer.account.revision],
        [700n, "debits", 5]
      )
      for (const revision of [4, 5]) {
        const { account } = yield* changed(configure(accountId, revision, { overdraftLimit: cents(1) }))
        assert.deepEqual(account, newer.account)
      }
      assert.deepEqual(yield* accountOf(accountId), newer.account)
    })
  )

  spec(
    "settings of an account that does not exist or in another currency are refused",
    Effect.gen(function* () {
      const missing = newAccountId()
      assert.deepEqual(yield* refused(configure(missing, 2)), { _tag: "AccountNotFound", accountId: missing })
      const accountId = yield* opened()
      assert.deepEqual(yield* refused(configure(accountId, 2, { overdraftLimit: Money.zero(eur) })), {
        _tag: "AccountCurrencyMismatch",
        accountId,
        expected: "USD",
        actual: "EUR"
      })
    })
  )

  spec(
    "INV-5: an account that a lowered limit left short pays nothing and may be paid",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(0, { overdraftLimit: cents(500) })
      yield* submit(transfer(account, bank, cents(400)))
      yield* submit(configure(account, 2, { overdraftLimit: cents(100) }))
      assert.equal(LedgerAccount.available(yield* accountOf(account)), -300n)
      assert.deepEqual(yield* refused(transfer(account, bank, cents(1))), {
        _tag: "InsufficientFunds",
        accountId: account,
        available: { amount: "-3.00", currency: "USD" },
        requested: { amount: "0.01", currency: "USD" }
      })
      yield* submit(transfer(bank, account, cents(50)))
      assert.equal(LedgerAccount.available(yield* accountOf(account)), -250n)
    })
  )

  spec(
    "a frozen side refuses entries and holds, the other side takes them",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(1000)
      yield* submit(configure(account, 2, { restriction: "debits" }))
      const restricted = { _tag: "AccountRestricted", accountId: account, restriction: "debits" }
      assert.deepEqual(yield* refused(transfer(account, bank, cents(1))), restricted)
      assert.deepEqual(yield* refused(hold(account, bank, cents(1))), restricted)
      yield* submit(transfer(bank, account, cents(1)))
      yield* submit(configure(account, 3))
      yield* submit(transfer(account, bank, cents(1)))
    })
  )
}

const closing = (spec: Spec): void => {
  spec(
    "INV-10: closing sweeps the balance, and the account takes nothing more",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(1234)
      const heir = yield* opened()
      const receipt = yield* changed({ _tag: "CloseAccount", accountId: account, sweepTo: heir, revision: 2 })
      assert.deepEqual([receipt.account.closed, receipt.account.revision], [true, 2])
      assert.equal(receipt.transaction?.kind, "closing")
      assert.deepEqual(yield* accountOf(account), receipt.account)
      assert.deepEqual(
        [LedgerAccount.posted(receipt.account), LedgerAccount.posted(yield* accountOf(heir))],
        [0n, 1234n]
      )
      const closed = { _tag: "AccountClosed", accountId: account }
      assert.deepEqual(yield* refused(transfer(bank, account, cents(1))), closed)
      assert.deepEqual(yield* refused(hold(bank, account, cents(1))), closed)
      assert.deepEqual(yield* refused(configure(account, 3)), closed)
      assert.deepEqual(yield* refused({ _tag: "CloseAccount", accountId: account, revision: 3 }), closed)
    })
  )

  spec(
    "an account without balance closes without a sweep and without a transaction",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(10)
      yield* submit(transfer(account, bank, cents(10)))
      const receipt = yield* changed({ _tag: "CloseAccount", accountId: account, revision: 2 })
      assert.deepEqual([receipt.account.closed, receipt.transaction], [true, undefined])
    })
  )

  spec(
    "an account with holds, with money and no one to take it, or with a debt does not close",
    Effect.gen(function* () {
      const { bank, account } = yield* funded(1000, { overdraftLimit: cents(500) })
      const close = { _tag: "CloseAccount", accountId: account, revision: 2 } as const
      const outstanding = (amount: string) => ({
        _tag: "BalanceOutstanding",
        accountId: account,
        balance: { amount, currency: "USD" }
      })
      assert.deepEqual(yield* refused(close), outstanding("10.00"))
      assert.deepEqual(yield* refused({ ...close, sweepTo: account }), outstanding("10.00"))
      yield* submit(hold(account, bank, cents(100)))
      yield* submit(hold(bank, account, cents(100)))
      assert.deepEqual(yield* refused({ ...close, sweepTo: bank }), {
        _tag: "HoldsOutstanding",
        accountId: account,
        openHolds: 2
      })
      const debtor = yield* funded(0, { overdraftLimit: cents(500) })
      yield* submit(transfer(debtor.account, debtor.bank, cents(1)))
      assert.deepEqual(yield* refused({ ...close, accountId: debtor.account, sweepTo: debtor.bank }), {
        ...outstanding("-0.01"),
        accountId: debtor.account
      })
      const missing = newAccountId()
      assert.deepEqual(yield* refused({ ...close, accountId: missing }), {
        _tag: "AccountNotFound",
        accountId: missing
      })
    })
  )

  spec(
    "a sweep that its target refuses leaves the account open",
    Effect.gen(function* () {
      const { account } = yield* funded(1000)
      const euros = yield* bankAccount(eur)
      const close = { _tag: "CloseAccount", accountId: account, revision: 2, sweepTo: euros } as const
      assert.equal((yield* refused(close))._tag, "AccountCurrencyMismatch")
      const after = yield* accountOf(account)
      assert.deepEqual([after.closed, after.sequence], [false, 1])
    })
  )
}

/** The accounts of a ledger: opening, settings, closing. */
export const accountSpecs = (spec: Spec): void => {
  settings(spec)
  closing(spec)
}
