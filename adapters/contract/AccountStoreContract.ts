import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import { Clock, Effect, Layer, ManagedRuntime, Result, Schema } from "effect"
import { AccountStore, type Opening } from "../../application/ports/AccountStore.ts"
import { Account, AccountNumber, Iban, Product } from "../../domain/accounts/index.ts"
import { Instant } from "../../domain/calendar/index.ts"
import { type AccountId, CustomerId, TypedId } from "../../domain/ids/index.ts"
import { Money } from "../../domain/money/index.ts"
import { newAccountId, newKey, randomUuid, usd } from "./Desk.ts"

type Spec = (title: string, body: Effect.Effect<void, unknown, AccountStore>) => void

const newCustomer = (): CustomerId => CustomerId.make(TypedId.fromBytes("cus", randomUuid()))

const nameOf = Schema.decodeSync(Account.AccountName)

const text = Schema.encodeSync(Schema.fromJsonString(Account.Account))

/** An application for an account with a number of its own, approved, in version 2. */
const approved = (owner: CustomerId, id: AccountId = newAccountId()) =>
  Effect.gen(function* () {
    const store = yield* AccountStore
    const number = yield* Effect.fromResult(AccountNumber.fromSequence(yield* store.nextNumber))
    const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
    const command = {
      id,
      owner,
      number,
      product: Product.ProductCode.make("checking"),
      currency: usd,
      name: nameOf("Días de 東京 🦫"),
      iban: yield* Effect.fromResult(Iban.fromNumber({ country: "DE", bankCode: "50010517" }, number)),
      overdraftLimit: Money.make(Money.amountMinorMax, usd)
    }
    const opened = yield* Effect.fromResult(Account.open(command, now))
    return (yield* Effect.fromResult(Account.approve(opened.account, {}, now))).account
  })

const activated = (account: Account.Account) =>
  Effect.gen(function* () {
    const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
    return (yield* Effect.fromResult(Account.activate(account, {}, now))).account
  })

const openingOf = (account: Account.Account, fingerprint = "first") =>
  Effect.map(activated(account), (answer): Opening => ({ key: newKey(), fingerprint, account, answer }))

/** Stores a new account of a customer and gives its opening. */
const inserted = (owner: CustomerId = newCustomer(), id: AccountId = newAccountId()) =>
  Effect.gen(function* () {
    const opening = yield* openingOf(yield* approved(owner, id))
    return yield* (yield* AccountStore).insert(opening)
  })

const openingSpecs = (spec: Spec): void => {
  spec(
    "an account is found as it was stored, in every detail",
    Effect.gen(function* () {
      const opening = yield* inserted()
      const found = yield* (yield* AccountStore).find(opening.account.id)
      assert.equal(text(found), text(opening.account))
      assert.deepEqual(found, opening.account)
    })
  )

  spec(
    "an account that was never stored is not found",
    Effect.gen(function* () {
      const error = yield* Effect.flip((yield* AccountStore).find(newAccountId()))
      assert.equal(error._tag, "AccountNotFound")
    })
  )

  spec(
    "a retry gets the opening that its key stored first, and stores nothing",
    Effect.gen(function* () {
      const store = yield* AccountStore
      const owner = newCustomer()
      const first = yield* inserted(owner)
      const retry = { ...(yield* openingOf(yield* approved(owner))), key: first.key }
      assert.deepEqual(yield* store.insert(retry), first)
      yield* store.save(yield* activated(first.account))
      assert.deepEqual(yield* store.insert(retry), first)
      assert.equal((yield* store.list({ owner, limit: 10 })).length, 1)
      assert.equal((yield* Effect.flip(store.find(retry.account.id)))._tag, "AccountNotFound")
    })
  )

  spec(
    "another request under the key is a conflict",
    Effect.gen(function* () {
      const first = yield* inserted()
      const other = { ...(yield* openingOf(yield* approved(first.account.owner), "second")), key: first.key }
      const error = yield* Effect.flip((yield* AccountStore).insert(other))
      assert.ok(error._tag === "IdempotencyConflict" && error.key === first.key, error._tag)
    })
  )

  spec(
    "of many identical requests at once one is stored, and all get it",
    Effect.gen(function* () {
      const store = yield* AccountStore
      const owner = newCustomer()
      const key = newKey()
      const openings: Array<Opening> = []
      for (let count = 0; count < 20; count++) openings.push({ ...(yield* openingOf(yield* approved(owner))), key })
      const answers = yield* Effect.all(openings.map(store.insert), { concurrency: "unbounded" })
      assert.equal(new Set(answers.map((each) => text(each.answer))).size, 1)
      assert.deepEqual(
        (yield* store.list({ owner, limit: 30 })).map((account) => account.id),
        [answers[0]?.account.id]
      )
    })
  )

  spec(
    "whose the accounts are is told of those that exist",
    Effect.gen(function* () {
      const store = yield* AccountStore
      const [first, second] = [yield* inserted(), yield* inserted()]
      const owners = yield* store.owners([first.account.id, newAccountId(), second.account.id])
      assert.deepEqual(owners, new Map([first, second].map(({ account }) => [account.id, account.owner])))
      assert.equal((yield* store.owners([])).size, 0)
    })
  )

  spec(
    "numbers are unique, however many ask at once",
    Effect.gen(function* () {
      const store = yield* AccountStore
      const numbers = yield* Effect.all(
        Array.from({ length: 200 }, () => store.nextNumber),
        { concurrency: "unbounded" }
      )
      assert.equal(new Set(numbers).size, 200)
      for (const number of numbers) assert.ok(Result.isSuccess(AccountNumber.fromSequence(number)))
    })
  )
}

const savingSpecs = (spec: Spec): void => {
  spec(
    "the next version replaces the one before",
    Effect.gen(function* () {
      const store = yield* AccountStore
      const { account } = yield* inserted()
      const active = yield* activated(account)
      yield* store.save(active)
      assert.deepEqual(yield* store.find(account.id), active)
      const now = Instant.fromMillis(yield* Clock.currentTimeMillis)
      const frozen = yield* Effect.fromResult(Account.freeze(active, { freeze: "debits" }, now))
      yield* store.save(frozen.account)
      assert.deepEqual(yield* store.find(account.id), frozen.account)
    })
  )

  spec(
    "a version that does not follow the stored one is a conflict and changes nothing",
    Effect.gen(function* () {
      const store = yield* AccountStore
      const { account } = yield* inserted()
      const active = yield* activated(account)
      yield* store.save(active)
      for (const version of [active.version, active.version + 2]) {
        const error = yield* Effect.flip(store.save({ ...active, version, name: nameOf("Other") }))
        assert.ok(error._tag === "VersionConflict", error._tag)
        assert.deepEqual([error.accountId, error.expected, error.actual], [account.id, version - 1, active.version])
      }
      assert.deepEqual(yield* store.find(account.id), active)
    })
  )

  spec(
    "of many saves of one version at once exactly one succeeds",
    Effect.gen(function* () {
      const store = yield* AccountStore
      const { account } = yield* inserted()
      const active = yield* activated(account)
      const outcomes = yield* Effect.all(
        Array.from({ length: 20 }, () => Effect.result(store.save(active))),
        { concurrency: "unbounded" }
      )
      assert.equal(outcomes.filter(Result.isSuccess).length, 1)
      for (const each of outcomes) if (Result.isFailure(each)) assert.equal(each.failure._tag, "VersionConflict")
    })
  )

  spec(
    "an account that was never stored is not saved",
    Effect.gen(function* () {
      const error = yield* Effect.flip((yield* AccountStore).save(yield* approved(newCustomer())))
      assert.equal(error._tag, "AccountNotFound")
    })
  )
}

const listingSpecs = (spec: Spec): void => {
  spec(
    "a customer's accounts are listed by id, in pages, and no one else's",
    Effect.gen(function* () {
      const store = yield* AccountStore
      const owner = newCustomer()
      const ids = Array.from({ length: 7 }, () => newAccountId()).sort()
      // Stored in another order than that of their ids.
      for (const id of ids.toReversed()) yield* inserted(owner, id)
      yield* inserted()
      const pages = [
        yield* store.list({ owner, limit: 3 }),
        yield* store.list({ owner, limit: 3, after: ids[2] ?? newAccountId() }),
        yield* store.list({ owner, limit: 3, after: ids[5] ?? newAccountId() })
      ].map((page) => page.map((account) => account.id))
      assert.deepEqual(pages, [ids.slice(0, 3), ids.slice(3, 6), ids.slice(6)])
      assert.deepEqual(yield* store.list({ owner: newCustomer(), limit: 3 }), [])
    })
  )

  spec(
    "without an owner everyone's accounts are listed",
    Effect.gen(function* () {
      const store = yield* AccountStore
      const [first, second] = [yield* inserted(), yield* inserted()]
      const found = new Set<AccountId>()
      for (let page = yield* store.list({ limit: 2 }); page.length > 0; ) {
        for (const account of page) found.add(account.id)
        const last = page.at(-1)
        page = last === undefined ? [] : yield* store.list({ limit: 2, after: last.id })
      }
      assert.ok(found.has(first.account.id) && found.has(second.account.id))
    })
  )
}

const confirmingSpecs = (spec: Spec): void => {
  spec(
    "an account is unconfirmed until its newest version is confirmed, and after each save again",
    Effect.gen(function* () {
      const store = yield* AccountStore
      const { account } = yield* inserted()
      const savedBefore = (yield* Clock.currentTimeMillis) + 86_400_000
      const isUnconfirmed = Effect.map(store.unconfirmed({ savedBefore, limit: 10_000 }), (accounts) =>
        accounts.some((each) => each.id === account.id)
      )
      assert.ok(yield* isUnconfirmed)
      const active = yield* activated(account)
      yield* store.save(active)
      yield* store.confirm(account.id, account.version)
      assert.ok(yield* isUnconfirmed, "an older version was confirmed")
      yield* store.confirm(account.id, active.version)
      yield* store.confirm(account.id, account.version)
      assert.ok(!(yield* isUnconfirmed), "a late confirmation of an older version undoes nothing")
      yield* store.save({ ...active, version: active.version + 1 })
      assert.ok(yield* isUnconfirmed)
    })
  )

  spec(
    "accounts saved later than asked for, and more than asked for, are not given",
    Effect.gen(function* () {
      const store = yield* AccountStore
      yield* inserted()
      yield* inserted()
      const now = yield* Clock.currentTimeMillis
      assert.equal((yield* store.unconfirmed({ savedBefore: now + 86_400_000, limit: 1 })).length, 1)
      assert.deepEqual(yield* store.unconfirmed({ savedBefore: now - 86_400_000, limit: 10 }), [])
    })
  )
}

/**
 * The suite that every implementation of the port `AccountStore` passes, for a `*.test.ts` to call. `makeLayer` gives a
 * store of any content; it is called and built once, and released at the end.
 */
export const accountStoreContract = <E>(name: string, makeLayer: () => Layer.Layer<AccountStore, E>): void => {
  describe(`${name} as an account store`, () => {
    const runtime = ManagedRuntime.make(Layer.suspend(makeLayer))
    after(() => runtime.dispose())
    const spec: Spec = (title, body) => {
      test(title, () => runtime.runPromise(body))
    }
    openingSpecs(spec)
    savingSpecs(spec)
    listingSpecs(spec)
    confirmingSpecs(spec)
  })
}
