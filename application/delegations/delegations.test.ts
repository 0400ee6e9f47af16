import assert from "node:assert/strict"
import { test } from "node:test"
import { Effect, Layer, Result } from "effect"
import { TestClock } from "effect/testing"
import * as Ids from "../../adapters/ids/index.ts"
import * as Memory from "../../adapters/memory/index.ts"
import { Product } from "../../domain/accounts/index.ts"
import { Instant } from "../../domain/calendar/index.ts"
import { AccountId, CustomerId, DelegationId } from "../../domain/ids/index.ts"
import { Currency, Money } from "../../domain/money/index.ts"
import { run } from "../../infra/testing/effect.ts"
import { openAccount } from "../accounts/index.ts"
import { Bank } from "../ports/Bank.ts"
import { keyOf } from "../ports/Idempotency.ts"
import { createDelegation, getDelegation, listDelegations, revokeDelegation } from "./index.ts"

const usd = Currency.Code.make("USD")
const ada = CustomerId.make("cus_01jdf8a3e0e8vrvn4t8n9d2k7p")
const bob = CustomerId.make("cus_01jdf8a3e0e8vrvn4t8n9d2k7q")
const eve = CustomerId.make("cus_01jdf8a3e0e8vrvn4t8n9d2k7r")
const noon = Instant.fromMillis(1_800_000_000_000)
const later = (millis: number): Instant.Instant => Instant.fromMillis(noon + millis)
const key = (text: string) => keyOf("test", text)
const sight = { grantee: bob, kind: "power_of_attorney", right: "view" } as const

const bank = Layer.succeed(
  Bank,
  Bank.of({ identity: { country: "DE", bankCode: "10020030" }, products: Product.builtIn })
)
const services = Layer.mergeAll(Memory.layer, Memory.delegationStoreLayer, bank, TestClock.layer()).pipe(
  Layer.provideMerge(Ids.seeded(1))
)

const specify = (name: string, body: Effect.Effect<void, unknown, Layer.Success<typeof services>>): void =>
  void test(name, () => run(Effect.andThen(TestClock.setTime(noon), body), services))

const failureOf = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.result(effect), (outcome) => (Result.isFailure(outcome) ? outcome.failure._tag : "accepted"))

const openFor = (owner: CustomerId) =>
  openAccount({ product: Product.ProductCode.make("checking"), currency: usd }, key(`open-${owner}`), owner)

specify(
  "a customer delegates its own accounts, from now on unless it says when",
  Effect.gen(function* () {
    const now = yield* createDelegation(sight, key("now"), ada)
    assert.deepEqual(now, { ...sight, id: now.id, grantor: ada, startsAt: noon })
    const soon = yield* createDelegation({ ...sight, startsAt: later(5) }, key("soon"), ada)
    assert.equal(soon.startsAt, later(5))
    assert.deepEqual(yield* getDelegation({ delegation: now.id }), now)
  })
)

specify(
  "staff names the customer who delegates, and has to",
  Effect.gen(function* () {
    const made = yield* createDelegation({ ...sight, grantor: ada }, key("staff"), undefined)
    assert.equal(made.grantor, ada)
    assert.equal(yield* failureOf(createDelegation(sight, key("nobody"), undefined)), "CustomerRequired")
    assert.equal(yield* failureOf(listDelegations({}, undefined)), "CustomerRequired")
    assert.deepEqual((yield* listDelegations({ customer: bob }, undefined)).items, [made])
  })
)

specify(
  "a named account must be the grantor's, and a bound in its currency",
  Effect.gen(function* () {
    const [own, foreign] = [yield* openFor(ada), yield* openFor(eve)]
    const bounded = { ...sight, account: own.id, right: "transact", amountMax: Money.make(100n, usd) } as const
    const made = yield* createDelegation(bounded, key("own"), ada)
    assert.deepEqual([made.account, made.amountMax], [own.id, Money.make(100n, usd)])
    const euros = Money.make(100n, Currency.Code.make("EUR"))
    const missing = AccountId.make("acc_01jdf8a3e0e8vrvn4t8n9d2k7p")
    const refusals = [
      yield* failureOf(createDelegation({ ...sight, account: foreign.id }, key("foreign"), ada)),
      yield* failureOf(createDelegation({ ...sight, account: missing }, key("missing"), ada)),
      yield* failureOf(createDelegation({ ...bounded, amountMax: euros }, key("euros"), ada))
    ]
    assert.deepEqual(refusals, ["AccountNotFound", "AccountNotFound", "CurrencyMismatch"])
    assert.equal((yield* listDelegations({}, ada)).items.length, 1)
  })
)

specify(
  "errors come in their order: who, to itself, its end, its account, the key",
  Effect.gen(function* () {
    const account = AccountId.make("acc_01jdf8a3e0e8vrvn4t8n9d2k7p")
    const wrong = { ...sight, account, grantee: ada, endsAt: noon } as const
    assert.equal(yield* failureOf(createDelegation(wrong, key("a"), undefined)), "CustomerRequired")
    assert.equal(yield* failureOf(createDelegation(wrong, key("a"), ada)), "DelegationToSelf")
    const ended = { ...wrong, grantee: bob }
    assert.equal(yield* failureOf(createDelegation(ended, key("a"), ada)), "DelegationEndsBeforeStart")
    assert.equal(yield* failureOf(createDelegation({ ...ended, endsAt: later(1) }, key("a"), ada)), "AccountNotFound")
    yield* createDelegation(sight, key("a"), ada)
    assert.equal(
      yield* failureOf(createDelegation({ ...sight, right: "manage" }, key("a"), ada)),
      "IdempotencyConflict"
    )
  })
)

specify(
  "a retry of the key is answered as the first was, whenever it comes",
  Effect.gen(function* () {
    const first = yield* createDelegation(sight, key("same"), ada)
    yield* TestClock.adjust("1 hour")
    yield* revokeDelegation({ delegation: first.id })
    assert.deepEqual(yield* createDelegation(sight, key("same"), ada), first)
    assert.equal((yield* listDelegations({}, ada)).items.length, 1)
  })
)

specify(
  "a delegation is revoked once, and both sides see when",
  Effect.gen(function* () {
    const { id } = yield* createDelegation(sight, key("revoked"), ada)
    yield* TestClock.adjust("1 minute")
    const revoked = yield* revokeDelegation({ delegation: id })
    assert.equal(revoked.revokedAt, later(60_000))
    yield* TestClock.adjust("1 minute")
    assert.deepEqual(yield* revokeDelegation({ delegation: id }), revoked)
    for (const side of [ada, bob]) assert.deepEqual((yield* listDelegations({}, side)).items, [revoked])
    assert.deepEqual((yield* listDelegations({}, eve)).items, [])
    const none = DelegationId.make("dlg_01jdf8a3e0e8vrvn4t8n9d2k7p")
    assert.equal(yield* failureOf(revokeDelegation({ delegation: none })), "DelegationNotFound")
    assert.equal(yield* failureOf(getDelegation({ delegation: none })), "DelegationNotFound")
  })
)
