import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Result } from "effect"
import * as fc from "fast-check"
import { Instant } from "../calendar/index.ts"
import type * as Account from "./Account.ts"
import { limit, names, run, statuses, tagOf } from "./commands.fixture.ts"
import * as Example from "./examples.ts"

const { now } = Example

describe("any sequence of commands", () => {
  const commands = fc.array(fc.constantFrom(...names), { maxLength: 60 })

  test("INV-11, INV-13, INV-15: never leaves closed or escheated, counts versions by one, and never shows an overdraft on savings", () => {
    fc.assert(
      fc.property(fc.constantFrom(...statuses), fc.boolean(), commands, (start, ofSavings, sequence) => {
        let account: Account.Account = ofSavings
          ? { ...Example.inStatus(start), product: Example.savings, overdraftLimit: limit(0n) }
          : Example.inStatus(start)
        for (const name of sequence) {
          const result = run(account, name, { expectedVersion: account.version })
          const ended = account.status === "closed" || account.status === "escheated"
          if (ended) assert.ok(Result.isFailure(result))
          if (Result.isFailure(result)) continue
          assert.equal(result.success.account.version, account.version + 1)
          account = result.success.account
          if (ofSavings) assert.equal(account.overdraftLimit.minor, 0n)
          assert.equal(account.overdraftLimit.currency, account.currency)
        }
      })
    )
  })

  test("INV-12: closes an account that was in use only through closing", () => {
    fc.assert(
      fc.property(commands, (sequence) => {
        let account: Account.Account = Example.inStatus("active")
        for (const name of sequence) {
          const before = account.status
          const result = run(account, name)
          if (Result.isFailure(result)) continue
          account = result.success.account
          if (account.status === "closed") assert.equal(before, "closing")
        }
      })
    )
  })

  test("INV-14: a stale expected version is refused, whatever the status and command", () => {
    const versions = fc
      .integer({ min: 1, max: 1000 })
      .filter((version) => version !== Example.inStatus("active").version)
    fc.assert(
      fc.property(
        fc.constantFrom(...statuses),
        fc.constantFrom(...names),
        versions,
        (status, name, expectedVersion) => {
          assert.equal(tagOf(run(Example.inStatus(status), name, { expectedVersion })), "VersionConflict")
        }
      )
    )
  })

  test("INV-16: id, owner, product, currency, number, IBAN and creation time never change", () => {
    const identity = ({ id, owner, product, currency, number, iban, createdAt }: Account.Account) =>
      [id, owner, product, currency, number, iban, createdAt].join()
    fc.assert(
      fc.property(fc.constantFrom(...statuses), commands, (start, sequence) => {
        let account = Example.inStatus(start)
        for (const name of sequence) {
          const result = run(account, name)
          if (Result.isSuccess(result)) account = result.success.account
          assert.equal(identity(account), identity(Example.inStatus(start)))
        }
      })
    )
  })

  test("INV-17: an account lapses only after its product's period since the customer's last activity", () => {
    const lapses = [
      ["active", "deactivate", 365],
      ["inactive", "markDormant", 730],
      ["dormant", "escheat", 1825]
    ] as const
    fc.assert(
      fc.property(fc.constantFrom(...lapses), fc.integer({ min: 0, max: 4000 }), ([status, name, period], days) => {
        const lastActivityAt = Instant.fromMillis(now - days * Instant.millisPerDay)
        const outcome = tagOf(run(Example.inStatus(status), name, { lastActivityAt }))
        assert.equal(outcome, days >= period ? "accepted" : "ActivityTooRecent")
      })
    )
  })

  test("never mutates the account it is given", () => {
    fc.assert(
      fc.property(fc.constantFrom(...statuses), fc.constantFrom(...names), (status, name) => {
        const account = Example.inStatus(status)
        const copy = structuredClone(account)
        run(account, name)
        assert.deepEqual(account, copy)
      })
    )
  })
})
