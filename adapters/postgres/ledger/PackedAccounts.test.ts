import assert from "node:assert/strict"
import { describe, test } from "node:test"
import fc from "fast-check"
import { Instant } from "../../../domain/calendar/index.ts"
import { AccountId, TypedId } from "../../../domain/ids/index.ts"
import { LedgerAccount } from "../../../domain/ledger/index.ts"
import { Currency } from "../../../domain/money/index.ts"
import type { CachedAccount } from "./AccountCache.ts"
import { packedAccounts } from "./PackedAccounts.ts"

const whole = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
const amount = fc.bigInt({ min: 0n, max: LedgerAccount.balanceMinorMax })
const id = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .filter((bytes) => bytes.some((byte) => byte !== 0))
  .map((bytes) =>
    AccountId.make(
      TypedId.fromBytes(
        "acc",
        Uint8Array.from(bytes, (byte, at) => (at === 0 ? byte & 0x7f : byte))
      )
    )
  )

const account = fc
  .record<LedgerAccount.LedgerAccount>({
    id,
    kind: fc.constantFrom("customer", "internal"),
    currency: fc.constantFrom(...["USD", "EUR", "JPY", "KWD"].map((code) => Currency.Code.make(code))),
    normalSide: fc.constantFrom("debit", "credit"),
    overdraftLimit: amount,
    restriction: fc.constantFrom("none", "debits", "credits", "both"),
    closed: fc.boolean(),
    revision: whole,
    sequence: whole,
    openHolds: whole,
    postedDebits: amount,
    postedCredits: amount,
    pendingDebits: amount,
    pendingCredits: amount,
    openedAt: fc.integer({ min: Instant.millisMin, max: Instant.millisMax }).map(Instant.fromMillis)
  })
  .map((each): LedgerAccount.LedgerAccount => ({ ...each }))

const cached = fc
  .record({ account, version: whole, rowVersion: whole, rowSequence: whole, short: fc.boolean() })
  .map((each): CachedAccount => ({ ...each, batch: 0, place: -1 }))

/** As it was put the first time. */
const unplaced = (found: CachedAccount | undefined) => found && { ...found, place: -1 }

describe("accounts that are packed away", () => {
  test("come back in every detail, the last that was put under an id", () => {
    fc.assert(
      fc.property(fc.array(cached, { maxLength: 60 }), (accounts) => {
        const packed = packedAccounts(1000)
        const last = new Map<AccountId, CachedAccount>()
        for (const each of accounts) {
          assert.ok(packed.put(each))
          last.set(each.account.id, each)
        }
        assert.equal(packed.size(), last.size)
        for (const each of last.values()) assert.deepEqual(unplaced(packed.get(each.account.id)), each)
      })
    )
  })

  test("are all there after the table has grown many times", () => {
    const packed = packedAccounts(100_000)
    const [sample] = fc.sample(cached, 1)
    assert.ok(sample !== undefined)
    const accounts = Array.from({ length: 20_000 }, (_, index) => {
      const bytes = TypedId.uuidV7(
        index >> 6,
        Uint8Array.from({ length: 10 }, (_, at) => (at < 2 ? index >> (8 * at) : 0))
      )
      const own = AccountId.make(TypedId.fromBytes("acc", bytes))
      return { ...sample, version: index, account: { ...sample.account, id: own } }
    })
    const distinct = new Map(accounts.map((each) => [each.account.id, each]))
    for (const each of distinct.values()) packed.put(each)
    assert.equal(packed.size(), distinct.size)
    for (const each of distinct.values()) assert.deepEqual(unplaced(packed.get(each.account.id)), each)
  })

  test("go back to their places, which they keep while others come", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(cached, { minLength: 2, maxLength: 60, selector: (each) => each.account.id }),
        fc.func(whole),
        (accounts, versionOf) => {
          const packed = packedAccounts(1000)
          for (const each of accounts) packed.put(each)
          const taken = accounts.flatMap((each) => packed.get(each.account.id) ?? [])
          assert.equal(new Set(taken.map(({ place }) => place)).size, accounts.length)
          for (const each of taken) assert.ok(packed.put({ ...each, version: versionOf(each.place) }))
          assert.equal(packed.size(), accounts.length)
          for (const { account, place } of taken) {
            const found = packed.get(account.id)
            assert.equal(found?.place, place)
            assert.equal(found?.version, versionOf(place))
          }
        }
      )
    )
  })

  test("an account that was never put is not found, and beyond the room nothing new is taken", () => {
    const [first, second] = fc.sample(cached, { numRuns: 2, seed: 1 })
    assert.ok(first !== undefined && second !== undefined)
    const packed = packedAccounts(1)
    assert.equal(packed.get(first.account.id), undefined)
    assert.ok(packed.put(first))
    assert.ok(!packed.put(second))
    assert.equal(packed.get(second.account.id), undefined)
    assert.ok(packed.put({ ...first, version: first.version + 1 }))
    assert.equal(packed.get(first.account.id)?.version, first.version + 1)
  })
})
