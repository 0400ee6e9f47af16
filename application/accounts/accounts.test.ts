import assert from "node:assert/strict"
import { test } from "node:test"
import { Effect, Layer, Result } from "effect"
import * as Ids from "../../adapters/ids/index.ts"
import * as Memory from "../../adapters/memory/index.ts"
import { Product } from "../../domain/accounts/index.ts"
import { Period } from "../../domain/calendar/index.ts"
import { CustomerId } from "../../domain/ids/index.ts"
import { Currency, Money } from "../../domain/money/index.ts"
import { run } from "../../infra/testing/effect.ts"
import { authorizeHold, deposit, getStatement, listEntries, transfer } from "../ledger/index.ts"
import { AccountStore } from "../ports/AccountStore.ts"
import { Bank } from "../ports/Bank.ts"
import { keyOf } from "../ports/Idempotency.ts"
import { Ledger, LedgerUnavailable } from "../ports/Ledger.ts"
import {
  closeAccount,
  freezeAccount,
  getAccount,
  listAccounts,
  openAccount,
  renameAccount,
  resumeAccounts,
  setOverdraftLimit,
  unfreezeAccount
} from "./index.ts"

const usd = Currency.Code.make("USD")
const owner = CustomerId.make("cus_01jdf8a3e0e8vrvn4t8n9d2k7p")
const dollars = (amount: number) => Money.make(BigInt(amount) * 100n, usd)
const key = (text: string) => keyOf("test", text)
const checking = { product: Product.ProductCode.make("checking"), currency: usd }

const stores = Layer.mergeAll(
  Memory.layer,
  Layer.succeed(Bank, Bank.of({ identity: { country: "DE", bankCode: "10020030" }, products: Product.builtIn }))
).pipe(Layer.provideMerge(Ids.seeded(1)))

const specify = (name: string, body: Effect.Effect<void, unknown, Layer.Success<typeof stores>>): void =>
  void test(name, () => run(body, stores))

const open = (name: string) => openAccount(checking, key(name), owner)
const funded = Effect.fnUntraced(function* (name: string, amount: number) {
  const account = yield* open(name)
  yield* deposit({ account: account.id, amount: dollars(amount) }, key(`fund-${name}`))
  return account
})
const failureOf = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.result(effect), (outcome) => (Result.isFailure(outcome) ? outcome.failure._tag : "accepted"))

/** The same work with a ledger that cannot be reached from the given command on, as if the process had crashed there. */
const crashingAt = <A, E, R>(tag: string, work: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Ledger, (ledger) =>
    Effect.provideService(
      work,
      Ledger,
      Ledger.of({
        ...ledger,
        submit: (instruction) =>
          instruction.command._tag === tag
            ? Effect.fail(new LedgerUnavailable({ reason: "crashed" }))
            : ledger.submit(instruction)
      })
    )
  )

/** What the sweeper finds: everything that is not confirmed, however young. */
const unconfirmed = Effect.flatMap(AccountStore, (store) =>
  store.unconfirmed({ savedBefore: Number.MAX_SAFE_INTEGER, limit: 10 })
)

specify(
  "an account opens active, with an IBAN, and empty",
  Effect.gen(function* () {
    const account = yield* open("alice")
    assert.equal(account.status, "active")
    assert.match(account.iban ?? "", /^DE\d{20}$/u)
    assert.deepEqual((yield* getAccount({ account: account.id })).balances.available, dollars(0))
    assert.deepEqual(yield* unconfirmed, [])
  })
)

specify(
  "opening again under the key gives the first answer, whatever has happened since",
  Effect.gen(function* () {
    const first = yield* funded("alice", 10)
    yield* renameAccount({ account: first.id, name: null })
    assert.deepEqual(yield* open("alice"), first)
    assert.equal((yield* listAccounts({ limit: 10 })).items.length, 1)
    const other = openAccount({ ...checking, product: Product.ProductCode.make("savings") }, key("alice"), owner)
    assert.equal(yield* failureOf(other), "IdempotencyConflict")
  })
)

specify(
  "an opening that crashed between the contexts is done by the retry",
  Effect.gen(function* () {
    assert.equal(yield* failureOf(crashingAt("OpenAccount", open("alice"))), "LedgerUnavailable")
    const account = yield* open("alice")
    assert.equal((yield* getAccount({ account: account.id })).status, "active")
    assert.deepEqual(yield* unconfirmed, [])
  })
)

specify(
  "a freeze holds in the ledger until it is lifted",
  Effect.gen(function* () {
    const alice = yield* funded("alice", 10)
    const bob = yield* open("bob")
    const pay = (text: string) => transfer({ from: alice.id, to: bob.id, amount: dollars(1) }, key(text))
    yield* freezeAccount({ account: alice.id, freeze: "debits" })
    assert.equal(yield* failureOf(pay("frozen")), "AccountRestricted")
    yield* unfreezeAccount({ account: alice.id })
    assert.equal(yield* failureOf(pay("lifted")), "accepted")
  })
)

specify(
  "a freeze whose ledger could not be reached is left to be taken up, and a younger one is not undone by it",
  Effect.gen(function* () {
    const alice = yield* funded("alice", 10)
    const freeze = freezeAccount({ account: alice.id, freeze: "both" })
    assert.equal(yield* failureOf(crashingAt("ConfigureAccount", freeze)), "LedgerUnavailable")
    assert.deepEqual(
      (yield* unconfirmed).map(({ id, status }) => [id, status]),
      [[alice.id, "frozen"]]
    )
    yield* unfreezeAccount({ account: alice.id })
    assert.deepEqual(yield* unconfirmed, [])
    assert.equal(yield* resumeAccounts(), 0)
  })
)

specify(
  "closing sweeps the balance to the account that is named, and closing again the same way changes nothing",
  Effect.gen(function* () {
    const alice = yield* funded("alice", 10)
    const bob = yield* open("bob")
    const closed = yield* closeAccount({ account: alice.id, sweepTo: bob.id })
    assert.equal(closed.status, "closed")
    assert.equal(closed.sweptTo, bob.id)
    assert.deepEqual((yield* getAccount({ account: bob.id })).balances.posted, dollars(10))
    assert.deepEqual(yield* closeAccount({ account: alice.id, sweepTo: bob.id }), closed)
    assert.equal(yield* failureOf(closeAccount({ account: alice.id })), "AccountAlreadyClosed")
  })
)

specify(
  "an account that the ledger will not close is active again",
  Effect.gen(function* () {
    const alice = yield* funded("alice", 10)
    const bob = yield* open("bob")
    assert.equal(yield* failureOf(closeAccount({ account: alice.id })), "BalanceOutstanding")
    yield* authorizeHold({ from: alice.id, to: bob.id, amount: dollars(1) }, key("hold"))
    assert.equal(yield* failureOf(closeAccount({ account: alice.id, sweepTo: bob.id })), "HoldsOutstanding")
    assert.equal((yield* getAccount({ account: alice.id })).status, "active")
    assert.deepEqual(yield* unconfirmed, [])
  })
)

specify(
  "a stale version is refused, and without one a command is decided on what is stored",
  Effect.gen(function* () {
    const alice = yield* open("alice")
    const limit = { account: alice.id, overdraftLimit: dollars(5) }
    yield* setOverdraftLimit({ ...limit, expectedVersion: alice.version })
    assert.equal(yield* failureOf(setOverdraftLimit({ ...limit, expectedVersion: alice.version })), "VersionConflict")
    const view = yield* setOverdraftLimit({ ...limit, overdraftLimit: dollars(7) })
    assert.deepEqual(view.balances.available, dollars(7))
  })
)

specify(
  "a statement's opening, entries and closing add up, and the next month opens with its closing",
  Effect.gen(function* () {
    const alice = yield* funded("alice", 10)
    const bob = yield* open("bob")
    yield* transfer({ from: alice.id, to: bob.id, amount: dollars(3) }, key("rent"))
    const { items } = yield* listEntries({ account: alice.id, limit: 10 })
    const period = (items[0]?.valueDate ?? "").slice(0, 7)
    const statement = yield* getStatement({ account: alice.id, period: Period.Period.make(period) })
    assert.deepEqual(statement.opening, dollars(0))
    assert.deepEqual(
      [statement.totalCredits, statement.totalDebits, statement.closing],
      [dollars(10), dollars(3), dollars(7)]
    )
    assert.deepEqual(
      statement.entries.map(({ sequence }) => sequence),
      [1, 2]
    )
    const next = yield* getStatement({ account: alice.id, period: Period.next(statement.period) })
    assert.deepEqual([next.opening, next.closing, next.entries], [dollars(7), dollars(7), []])
  })
)
