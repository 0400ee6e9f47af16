import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Result } from "effect"
import { Instant } from "../calendar/index.ts"
import { Money } from "../money/index.ts"
import * as Account from "./Account.ts"
import type { Open } from "./Commands.ts"
import { limit, names, run, statuses, tagOf } from "./commands.fixture.ts"
import * as Example from "./examples.ts"
import * as Product from "./Product.ts"

const { now, usd, eur } = Example
describe("the life cycle, every status by every command", () => {
  // A row names the statuses that accept the command and the status they lead to; "same" stays where it is.
  const matrix: Readonly<
    Record<Account.CommandName, Partial<Record<Account.Status, readonly [Account.Status | "same", string]>>>
  > = {
    approve: { submitted: ["approved", "AccountApproved"] },
    activate: { approved: ["active", "AccountActivated"] },
    cancel: { submitted: ["closed", "AccountCancelled"], approved: ["closed", "AccountCancelled"] },
    freeze: { active: ["frozen", "AccountFrozen"], frozen: ["frozen", "AccountFrozen"] },
    unfreeze: { frozen: ["active", "AccountUnfrozen"] },
    deactivate: { active: ["inactive", "AccountDeactivated"] },
    reactivate: { inactive: ["active", "AccountReactivated"], dormant: ["active", "AccountReactivated"] },
    markDormant: { inactive: ["dormant", "AccountBecameDormant"] },
    escheat: { dormant: ["escheated", "AccountEscheated"] },
    changeOverdraftLimit: {
      submitted: ["same", "OverdraftLimitChanged"],
      approved: ["same", "OverdraftLimitChanged"],
      active: ["same", "OverdraftLimitChanged"],
      frozen: ["same", "OverdraftLimitChanged"],
      inactive: ["same", "OverdraftLimitChanged"]
    },
    rename: {
      submitted: ["same", "AccountRenamed"],
      approved: ["same", "AccountRenamed"],
      active: ["same", "AccountRenamed"],
      frozen: ["same", "AccountRenamed"],
      inactive: ["same", "AccountRenamed"],
      dormant: ["same", "AccountRenamed"],
      closing: ["same", "AccountRenamed"]
    },
    beginClosing: { active: ["closing", "AccountClosing"] },
    abandonClosing: { closing: ["active", "AccountClosingAbandoned"] },
    completeClosing: { closing: ["closed", "AccountClosed"] }
  }

  for (const name of names) {
    test(`${name} is accepted in ${Object.keys(matrix[name]).join(", ")} only`, () => {
      for (const status of statuses) {
        const account = Example.inStatus(status)
        const result = run(account, name)
        const expected = matrix[name][status]
        if (expected !== undefined) {
          const { account: after, event } = Result.getOrThrow(result)
          assert.equal(after.status, expected[0] === "same" ? status : expected[0], status)
          assert.equal(event._tag, expected[1])
          assert.equal(after.version, account.version + 1)
          assert.equal(event.version, after.version)
          assert.equal(event.occurredAt, now)
          assert.deepEqual([event.accountId, event.owner], [account.id, account.owner])
        } else {
          assert.ok(Result.isFailure(result), status)
          const { failure } = result
          if (status === "closed") {
            assert.equal(failure._tag, "AccountAlreadyClosed")
          } else {
            assert.ok(failure._tag === "IllegalStatusTransition")
            assert.deepEqual([failure.accountId, failure.from, failure.command], [account.id, status, name])
          }
        }
      }
    })
  }

  test("a command changes what it is about and nothing else", () => {
    for (const name of names) {
      for (const status of statuses) {
        const before = Example.inStatus(status)
        const result = run(before, name)
        if (Result.isFailure(result)) continue
        const after = result.success.account
        for (const key of ["id", "owner", "product", "currency", "number", "iban", "createdAt"] as const) {
          assert.equal(after[key], before[key], `${name} ${key}`)
        }
        assert.equal(after.name, name === "rename" ? "Rent" : before.name)
        assert.deepEqual(after.overdraftLimit, name === "changeOverdraftLimit" ? limit(100n) : before.overdraftLimit)
      }
    }
  })

  test("what belongs to a status goes with it", () => {
    const active = Result.getOrThrow(run(Example.inStatus("frozen"), "unfreeze")).account
    assert.equal("freeze" in active, false)
    const resumed = Result.getOrThrow(run(Example.inStatus("closing"), "abandonClosing")).account
    assert.equal("sweepTo" in resumed, false)
    const closed = Result.getOrThrow(run(Example.inStatus("closing"), "completeClosing")).account
    assert.ok(closed.status === "closed")
    assert.deepEqual([closed.sweptTo, closed.closedAt, "sweepTo" in closed], [Example.otherAccountId, now, false])
    const { account: renamed } = Result.getOrThrow(run(Example.frozenFor("credits"), "rename"))
    assert.ok(renamed.status === "frozen")
    assert.equal(renamed.freeze, "credits")
  })

  test("a freeze can be widened and narrowed while frozen", () => {
    const result = Result.getOrThrow(Account.freeze(Example.frozenFor("debits"), { freeze: "both" }, now))
    assert.equal(Account.restriction(result.account), "both")
  })

  test("an account without balance closes without an account to sweep to", () => {
    const closing = Result.getOrThrow(Account.beginClosing(Example.inStatus("active"), {}, now))
    assert.ok(closing.event._tag === "AccountClosing")
    assert.equal("sweepTo" in closing.event, false)
    const closed = Result.getOrThrow(Account.completeClosing(closing.account, {}, now))
    assert.equal("sweptTo" in closed.account, false)
  })

  test("a name can be removed", () => {
    const { account, event } = Result.getOrThrow(Account.rename(Example.inStatus("active"), { name: null }, now))
    assert.equal("name" in account, false)
    assert.ok(event._tag === "AccountRenamed")
    assert.equal(event.name, null)
  })

  test("an overdraft limit changes from the old to the new one", () => {
    const { event } = Result.getOrThrow(run(Example.inStatus("active"), "changeOverdraftLimit"))
    assert.ok(event._tag === "OverdraftLimitChanged")
    assert.deepEqual([event.from, event.to], [limit(50_000n), limit(100n)])
  })
})

describe("what the ledger must refuse", () => {
  test("follows from the status", () => {
    const expected: Readonly<Record<Account.Status, string>> = {
      submitted: "both",
      approved: "both",
      active: "none",
      frozen: "both",
      inactive: "none",
      dormant: "debits",
      closing: "credits",
      closed: "both",
      escheated: "both"
    }
    for (const status of statuses) {
      assert.equal(Account.restriction(Example.inStatus(status)), expected[status], status)
    }
  })

  test("a frozen account refuses the frozen side", () => {
    for (const freeze of Account.Freeze.literals) {
      assert.equal(Account.restriction(Example.frozenFor(freeze)), freeze)
    }
  })
})

describe("errors, first wins", () => {
  const savingsIn = (status: Account.Status): Account.Account => ({
    ...Example.inStatus(status),
    product: Example.savings
  })
  const unknown = { products: [] }

  test("every command: VersionConflict, AccountAlreadyClosed, IllegalStatusTransition", () => {
    for (const name of names) {
      const conflict = run(Example.inStatus("closed"), name, { expectedVersion: 6, ...unknown })
      assert.ok(Result.isFailure(conflict) && conflict.failure._tag === "VersionConflict", name)
      assert.deepEqual([conflict.failure.expected, conflict.failure.actual], [6, 7])
      const closed = run(Example.inStatus("closed"), name, { expectedVersion: 7, ...unknown })
      assert.equal(tagOf(closed), "AccountAlreadyClosed", name)
      const escheated = run(Example.inStatus("escheated"), name, { to: Example.accountId, ...unknown })
      assert.equal(tagOf(escheated), "IllegalStatusTransition", name)
    }
  })

  test("changeOverdraftLimit: then UnknownProduct, CurrencyMismatch, OverdraftLimitOutOfRange, OverdraftNotAllowed", () => {
    const change = (overdraftLimit: Money.Money, products?: Product.Catalogue) =>
      tagOf(
        run(savingsIn("active"), "changeOverdraftLimit", {
          overdraftLimit,
          ...(products === undefined ? {} : { products })
        })
      )
    assert.equal(change(limit(-1n, eur), []), "UnknownProduct")
    assert.equal(change(limit(-1n, eur)), "CurrencyMismatch")
    assert.equal(change(limit(-1n)), "OverdraftLimitOutOfRange")
    assert.equal(change(limit(Money.amountMinorMax + 1n)), "OverdraftLimitOutOfRange")
    assert.equal(change(limit(1n)), "OverdraftNotAllowed")
    assert.equal(change(limit(0n)), "accepted")
  })

  test("deactivate, markDormant, escheat: then UnknownProduct, ActivityTooRecent", () => {
    const cases = [
      ["active", "deactivate", 365],
      ["inactive", "markDormant", 730],
      ["dormant", "escheat", 1825]
    ] as const
    for (const [status, name, days] of cases) {
      const account = Example.inStatus(status)
      const lastActivityAt = Instant.fromMillis(now - days * Instant.millisPerDay)
      const later = Instant.fromMillis(lastActivityAt + 1)
      assert.equal(tagOf(run(account, name, { lastActivityAt: later, ...unknown })), "UnknownProduct")
      const refused = run(account, name, { lastActivityAt: later })
      assert.ok(Result.isFailure(refused) && refused.failure._tag === "ActivityTooRecent", name)
      assert.equal(refused.failure.earliest, now + 1)
      assert.equal(tagOf(run(account, name, { lastActivityAt })), "accepted", name)
    }
    const lastMoment = Instant.fromMillis(Instant.millisMax)
    assert.equal(
      tagOf(run(Example.inStatus("active"), "deactivate", { lastActivityAt: lastMoment })),
      "ActivityTooRecent"
    )
  })

  test("beginClosing: then SweepToSelf", () => {
    assert.equal(tagOf(run(Example.inStatus("active"), "beginClosing", { to: Example.accountId })), "SweepToSelf")
  })
})

describe("opening an account", () => {
  const command: Open = {
    id: Example.accountId,
    owner: Example.owner,
    product: Example.checking,
    currency: usd,
    number: Example.number,
    iban: Example.iban,
    name: Example.nameOf("Household")
  }
  const [builtInChecking, builtInSavings] = Product.builtIn
  assert.ok(builtInChecking !== undefined && builtInSavings !== undefined)

  test("gives a submitted account in version 1 and says so", () => {
    const { account, event } = Result.getOrThrow(Account.open(command, now))
    const opened = { ...command, overdraftLimit: limit(0n) }
    assert.deepEqual(account, { ...opened, createdAt: now, version: 1, status: "submitted" })
    const { id, ...rest } = opened
    assert.deepEqual(event, { ...rest, _tag: "AccountOpened", accountId: id, version: 1, occurredAt: now })
  })

  test("starts with the product's default overdraft limit unless one is asked for", () => {
    const products = [{ ...builtInChecking, defaultOverdraftLimits: [limit(500n)] }]
    assert.deepEqual(Result.getOrThrow(Account.open(command, now, products)).account.overdraftLimit, limit(500n))
    const asked = { ...command, overdraftLimit: limit(7n) }
    assert.deepEqual(Result.getOrThrow(Account.open(asked, now, products)).account.overdraftLimit, limit(7n))
  })

  test("errors, first wins: UnknownProduct, CurrencyNotOffered, CurrencyMismatch, OverdraftLimitOutOfRange, OverdraftNotAllowed", () => {
    const inEuro: Product.Catalogue = [{ ...builtInSavings, currencies: [eur] }]
    const open = (overdraftLimit: Money.Money, products?: Product.Catalogue) =>
      Account.open({ ...command, product: Example.savings, overdraftLimit }, now, products)
    const unknown = open(limit(-1n, eur), [builtInChecking])
    assert.ok(Result.isFailure(unknown) && unknown.failure._tag === "UnknownProduct")
    assert.deepEqual([unknown.failure.product, unknown.failure.known], ["savings", ["checking"]])
    const notOffered = open(limit(-1n, eur), inEuro)
    assert.ok(Result.isFailure(notOffered) && notOffered.failure._tag === "CurrencyNotOffered")
    assert.deepEqual([notOffered.failure.currency, notOffered.failure.offered], ["USD", ["EUR"]])
    assert.equal(tagOf(open(limit(-1n, eur))), "CurrencyMismatch")
    assert.equal(tagOf(open(limit(-1n))), "OverdraftLimitOutOfRange")
    assert.equal(tagOf(open(limit(1n))), "OverdraftNotAllowed")
    assert.equal(tagOf(open(limit(0n))), "accepted")
  })
})
