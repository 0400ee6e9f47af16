import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Result, Schema } from "effect"
import * as fc from "fast-check"
import { Money } from "../money/index.ts"
import * as Account from "./Account.ts"
import { Open } from "./Commands.ts"
import * as Events from "./Events.ts"
import * as Example from "./examples.ts"
import * as Product from "./Product.ts"

const strict = { errors: "all", onExcessProperty: "error" } as const
const decodeAccount = Schema.decodeUnknownResult(Account.Account, strict)
const encodeAccount = Schema.encodeSync(Account.Account)
const toJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

const messageOf = (result: Result.Result<unknown, { readonly message: string }>): string =>
  Result.isSuccess(result) ? "valid" : result.failure.message

describe("Account as JSON", () => {
  test("is plain, with money as decimal text and instants as RFC 3339", () => {
    assert.deepEqual(toJson(encodeAccount(Example.frozenFor("debits"))), {
      id: "acc_01jdf8a3e0e8vrvn4t8n9d2k7m",
      owner: "cus_01jdf8a3e0e8vrvn4t8n9d2k7p",
      product: "checking",
      currency: "USD",
      number: Example.number,
      iban: Example.iban,
      name: "Household",
      overdraftLimit: { amount: "500.00", currency: "USD" },
      createdAt: "2026-01-05T09:30:00.000Z",
      version: 7,
      status: "frozen",
      freeze: "debits"
    })
  })

  test("INV-20: comes back as it was, in every status", () => {
    for (const status of Account.Status.literals) {
      const account = Example.inStatus(status)
      assert.deepEqual(Result.getOrThrow(decodeAccount(toJson(encodeAccount(account)))), account, status)
    }
  })

  test("refuses what another status has, an unknown status, an overdraft limit below zero or in another currency", () => {
    const encoded = encodeAccount(Example.inStatus("active"))
    assert.equal(messageOf(decodeAccount(encoded)), "valid")
    for (const wrong of [
      { ...encoded, freeze: "debits" },
      { ...encoded, status: "frozen" },
      { ...encoded, status: "open" },
      { ...encoded, version: 0 }
    ]) {
      assert.ok(Result.isFailure(decodeAccount(wrong)), JSON.stringify(wrong))
    }
    const negative = decodeAccount({ ...encoded, overdraftLimit: { amount: "-0.01", currency: "USD" } })
    assert.match(messageOf(negative), /zero or more[\s\S]*\["overdraftLimit"\]\["amount"\]/)
    const euro = decodeAccount({ ...encoded, overdraftLimit: { amount: "1.00", currency: "EUR" } })
    assert.match(messageOf(euro), /USD[\s\S]*\["overdraftLimit"\]\["currency"\]/)
  })

  test("has a JSON Schema for the API description", () => {
    const text = JSON.stringify(Schema.toJsonSchemaDocument(Account.Account))
    for (const word of ["overdraftLimit", "frozen", "sweptTo", "date-time"]) assert.ok(text.includes(word), word)
  })
})

describe("AccountName", () => {
  const decode = Schema.decodeUnknownResult(Account.AccountName, strict)

  test("is brought to Unicode form NFC", () => {
    assert.equal(Result.getOrThrow(decode("Cafe\u0301")), "Caf\u00e9")
  })

  test("has 1 to 100 code points, however many code units", () => {
    assert.equal(messageOf(decode("\u{1F9A6}".repeat(100))), "valid")
    assert.equal(messageOf(decode("e\u0301".repeat(100))), "valid")
    assert.ok(Result.isFailure(decode("")))
    assert.ok(Result.isFailure(decode("a".repeat(101))))
  })

  test("has no control characters, no line breaks, no lone surrogates, no text direction overrides, no spaces around", () => {
    for (const name of ["a\u0000b", "a\nb", "a\u2028b", "a\ud800b", "a\u202eb", "a\u0085b", " a", "a ", " "]) {
      assert.ok(Result.isFailure(decode(name)), JSON.stringify(name))
    }
    assert.equal(messageOf(decode("Miete & Nebenkosten 家賃 \u{1F468}\u200d\u{1F469}\u200d\u{1F467}")), "valid")
  })

  test("INV-20: a name decodes from what it encodes to", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const name = decode(text)
        fc.pre(Result.isSuccess(name))
        assert.equal(Result.getOrThrow(decode(name.success)), name.success)
        assert.equal(name.success, text.normalize("NFC"))
      })
    )
  })
})

describe("commands, events and rejections as JSON", () => {
  test("an opening command decodes from strings only", () => {
    const wire = {
      id: Example.accountId,
      owner: Example.owner,
      product: "checking",
      currency: "USD",
      number: Example.number,
      overdraftLimit: { amount: "12.50", currency: "USD" }
    }
    const command = Result.getOrThrow(Schema.decodeUnknownResult(Open, strict)(wire))
    assert.deepEqual(command.overdraftLimit, Money.make(1250n, Example.usd))
  })

  test("INV-20: every event comes back as it was", () => {
    const { now } = Example
    const account = Example.inStatus("active")
    const accepted: ReadonlyArray<Result.Result<Account.Accepted, Account.Rejection>> = [
      Account.open({ ...account, overdraftLimit: Money.make(1n, Example.usd) }, now),
      Account.approve(Example.inStatus("submitted"), {}, now),
      Account.activate(Example.inStatus("approved"), {}, now),
      Account.cancel(Example.inStatus("approved"), {}, now),
      Account.freeze(account, { freeze: "credits" }, now),
      Account.unfreeze(Example.inStatus("frozen"), {}, now),
      Account.deactivate(account, { lastActivityAt: Example.openedAt }, now),
      Account.reactivate(Example.inStatus("dormant"), {}, now),
      Account.markDormant(Example.inStatus("inactive"), { lastActivityAt: Example.openedAt }, now),
      Account.escheat(Example.inStatus("dormant"), { lastActivityAt: Example.openedAt }, now),
      Account.changeOverdraftLimit(account, { overdraftLimit: Money.make(2n, Example.usd) }, now),
      Account.rename(account, { name: null }, now),
      Account.beginClosing(account, { sweepTo: Example.otherAccountId }, now),
      Account.abandonClosing(Example.inStatus("closing"), {}, now),
      Account.completeClosing(Example.inStatus("closing"), {}, now)
    ]
    const events = accepted.map((result) => Result.getOrThrow(result).event)
    assert.deepEqual(new Set(events.map((event) => event._tag)), new Set(Object.keys(Events.AccountEvent.cases)))
    for (const event of events) {
      const wire = toJson(Schema.encodeSync(Events.AccountEvent)(event))
      const back = Schema.decodeUnknownResult(Events.AccountEvent, strict)(wire)
      assert.deepEqual(Result.getOrThrow(back), event)
    }
  })

  test("a rejection carries its fields and no prose", () => {
    const rejected = Account.approve(Example.inStatus("active"), {}, Example.now)
    assert.ok(Result.isFailure(rejected))
    assert.deepEqual(toJson(Schema.encodeSync(Account.Rejection)(rejected.failure)), {
      _tag: "IllegalStatusTransition",
      accountId: Example.accountId,
      from: "active",
      command: "approve"
    })
  })
})

describe("Product", () => {
  const decode = Schema.decodeUnknownResult(Product.Product, strict)
  const savings = Schema.encodeSync(Product.Product)(Result.getOrThrow(Product.find(Product.builtIn, "savings")))

  test("the built-in products are checking, with overdraft, and savings, without", () => {
    assert.deepEqual(
      Product.builtIn.map(({ code, kind, overdraftAllowed }) => [code, kind, overdraftAllowed]),
      [
        ["checking", "checking", true],
        ["savings", "savings", false]
      ]
    )
  })

  test("a savings product never has an overdraft", () => {
    assert.equal(messageOf(decode(savings)), "valid")
    assert.match(messageOf(decode({ ...savings, overdraftAllowed: true })), /a savings product never has an overdraft/)
    const limits = { defaultOverdraftLimits: [{ amount: "1.00", currency: "USD" }] }
    assert.match(messageOf(decode({ ...savings, ...limits })), /the product has no overdraft/)
  })

  test("has one default overdraft limit per currency and periods in their order", () => {
    const checking = { ...savings, kind: "checking", overdraftAllowed: true }
    const dollar = { amount: "1.00", currency: "USD" }
    assert.equal(messageOf(decode({ ...checking, defaultOverdraftLimits: [dollar] })), "valid")
    assert.match(
      messageOf(decode({ ...checking, defaultOverdraftLimits: [dollar, dollar] })),
      /one amount per currency/
    )
    assert.match(messageOf(decode({ ...checking, inactiveAfterDays: 5000 })), /in this order/)
  })
})
