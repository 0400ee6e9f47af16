import assert from "node:assert/strict"
import { describe, test } from "node:test"
import type { AccountId, HoldId, TransactionId } from "../ids/index.ts"
import { Money } from "../money/index.ts"
import { audit, type Snapshot } from "./Audit.ts"
import {
  alice,
  bank,
  bob,
  cents,
  configure,
  erika,
  eur,
  euroBank,
  exampleLedger,
  holdCommand,
  openCommand,
  transactionId,
  transfer,
  unopened
} from "./examples.ts"
import type { Hold } from "./Hold.ts"
import type { LedgerAccount } from "./LedgerAccount.ts"
import type { Entry, Transaction } from "./Transaction.ts"

const closed = unopened

/** A ledger with everything in it: what stands, what ended, what was reversed and closed, and Bob short of a limit. */
const worked = () => {
  const ledger = exampleLedger()
  ledger.accept(openCommand(closed))
  ledger.accept(transfer(bank, closed, cents(70)))
  ledger.accept(configure(bob, { overdraftLimit: cents(500) }))
  const paid = ledger.post(transfer(bob, alice, cents(300)))
  const reversal = ledger.post({ _tag: "Reverse", transactionId: paid.id, amount: cents(100) })
  const open = ledger.hold(holdCommand(alice, bob, cents(400)))
  ledger.accept({ _tag: "Capture", holdId: open.id, amount: cents(150), keepRest: true })
  const released = ledger.hold(holdCommand(alice, bob, cents(50)))
  ledger.accept({ _tag: "Release", holdId: released.id })
  ledger.accept(transfer(euroBank, erika, Money.make(25n, eur)))
  ledger.accept({ _tag: "CloseAccount", accountId: closed, sweepTo: alice, revision: 2 })
  ledger.accept(configure(bob, { revision: 3 }))
  return { snapshot: ledger.snapshot(), paid, reversal, open, released }
}

const { snapshot, paid, reversal, open, released } = worked()

type Tamper<A> = (each: A) => A

const account =
  (id: AccountId, change: Tamper<LedgerAccount>): Tamper<Snapshot> =>
  (whole) => ({ ...whole, accounts: whole.accounts.map((each) => (each.id === id ? change(each) : each)) })

const hold =
  (id: HoldId, change: Tamper<Hold>): Tamper<Snapshot> =>
  (whole) => ({ ...whole, holds: whole.holds.map((each) => (each.id === id ? change(each) : each)) })

const transaction =
  (id: TransactionId, change: Tamper<Transaction>): Tamper<Snapshot> =>
  (whole) => ({ ...whole, transactions: whole.transactions.map((each) => (each.id === id ? change(each) : each)) })

const entry = (id: TransactionId, index: number, change: Tamper<Entry>): Tamper<Snapshot> =>
  transaction(id, (each) => ({
    ...each,
    entries: each.entries.map((line, at) => (at === index ? change(line) : line))
  }))

const more = (money: Money.Money, minor: bigint): Money.Money => ({ ...money, minor: money.minor + minor })

const reported = (tampered: Snapshot): ReadonlySet<string> => new Set(audit(tampered).map((each) => each.invariant))

const tampers: ReadonlyArray<readonly [string, string, Tamper<Snapshot>]> = [
  ["INV-1", "an entry's amount", entry(paid.id, 0, (each) => ({ ...each, amount: more(each.amount, 1n) }))],
  [
    "INV-1",
    "an entry that is missing",
    transaction(paid.id, (each) => ({ ...each, entries: each.entries.slice(0, 1) }))
  ],
  [
    "INV-1",
    "an entry's currency",
    entry(paid.id, 0, (each) => ({ ...each, amount: { ...each.amount, currency: eur } }))
  ],
  ["INV-1", "all entries that are missing", transaction(paid.id, (each) => ({ ...each, entries: [] }))],
  [
    "INV-1",
    "amounts that are negative",
    transaction(paid.id, (each) => ({
      ...each,
      entries: each.entries.map((line) => ({ ...line, amount: Money.negate(line.amount) }))
    }))
  ],
  ["INV-2", "an account's debits", account(bank, (each) => ({ ...each, postedDebits: each.postedDebits + 1n }))],
  ["INV-2", "an account that is missing", (whole) => ({ ...whole, accounts: whole.accounts.slice(1) })],
  ["INV-2", "an account's currency", account(bank, (each) => ({ ...each, currency: eur }))],
  [
    "INV-3",
    "an account's turnover on both sides",
    account(bank, (each) => ({
      ...each,
      postedDebits: each.postedDebits + 1n,
      postedCredits: each.postedCredits + 1n
    }))
  ],
  [
    "INV-3",
    "a transaction that is missing",
    (whole) => ({ ...whole, transactions: whole.transactions.filter((each) => each.id !== paid.id) })
  ],
  [
    "INV-3",
    "a transaction that was recorded twice",
    (whole) => ({ ...whole, transactions: [...whole.transactions, { ...paid, id: transactionId(999) }] })
  ],
  [
    "INV-3",
    "entries of an account that does not exist",
    (whole) => ({ ...whole, accounts: whole.accounts.filter((each) => each.id !== erika) })
  ],
  ["INV-4", "an entry's number", entry(paid.id, 1, (each) => ({ ...each, sequence: each.sequence + 1 }))],
  ["INV-4", "an entry's balance", entry(paid.id, 1, (each) => ({ ...each, balance: more(each.balance, 1n) }))],
  [
    "INV-4",
    "the balance's currency",
    entry(paid.id, 1, (each) => ({ ...each, balance: { ...each.balance, currency: eur } }))
  ],
  ["INV-4", "the account's newest number", account(alice, (each) => ({ ...each, sequence: each.sequence + 1 }))],
  ["INV-4", "the account's normal side", account(alice, (each) => ({ ...each, normalSide: "debit" }))],
  [
    "INV-5",
    "a limit that nobody is said to have lowered",
    account(alice, (each) => ({ ...each, overdraftLimit: -2000n }))
  ],
  ["INV-5", "an excuse that is missing", (whole) => ({ ...whole, short: new Set() })],
  [
    "INV-6",
    "what an account has pending",
    account(alice, (each) => ({ ...each, pendingDebits: each.pendingDebits + 1n }))
  ],
  ["INV-6", "what an account expects", account(bob, (each) => ({ ...each, pendingCredits: 0n }))],
  ["INV-6", "an account's count of holds", account(alice, (each) => ({ ...each, openHolds: 2 }))],
  ["INV-6", "a hold that ended and was not given back", hold(open.id, (each) => ({ ...each, status: "released" }))],
  ["INV-6", "a hold that ended and stands again", hold(released.id, (each) => ({ ...each, status: "authorized" }))],
  ["INV-6", "a hold's amount", hold(open.id, (each) => ({ ...each, amount: more(each.amount, 1n) }))],
  [
    "INV-6",
    "open holds of an account that does not exist",
    (whole) => ({ ...whole, accounts: whole.accounts.filter((each) => each.id !== bob) })
  ],
  ["INV-7", "more captured than held", hold(open.id, (each) => ({ ...each, captured: more(each.amount, 1n) }))],
  ["INV-7", "a hold smaller than its captures", hold(open.id, (each) => ({ ...each, amount: cents(149) }))],
  ["INV-7", "less captured than was posted", hold(open.id, (each) => ({ ...each, captured: cents(149) }))],
  ["INV-7", "a capture in another currency", hold(open.id, (each) => ({ ...each, captured: Money.make(150n, eur) }))],
  ["INV-7", "a captured hold that is missing", (whole) => ({ ...whole, holds: [] })],
  [
    "INV-8",
    "a reversal that is larger than the transaction",
    transaction(reversal.id, (each) => ({
      ...each,
      entries: each.entries.map((line) => ({ ...line, amount: cents(301) }))
    }))
  ],
  [
    "INV-8",
    "a second reversal beyond the first",
    (whole) => ({
      ...whole,
      transactions: [
        ...whole.transactions,
        {
          ...reversal,
          id: transactionId(999),
          entries: reversal.entries.map((line) => ({ ...line, amount: cents(201) }))
        }
      ]
    })
  ],
  ["INV-8", "a reversal on the wrong side", entry(reversal.id, 0, (each) => ({ ...each, side: "debit" }))],
  ["INV-8", "a reversal of another account", entry(reversal.id, 0, (each) => ({ ...each, accountId: erika }))],
  ["INV-8", "a reversal of a reversal", transaction(paid.id, (each) => ({ ...each, reverses: reversal.id }))],
  ["INV-8", "a reversal of nothing", transaction(reversal.id, (each) => ({ ...each, reverses: transactionId(999) }))],
  ["INV-10", "a closed account with a balance", account(alice, (each) => ({ ...each, closed: true }))],
  [
    "INV-10",
    "a closed account with a hold",
    hold(open.id, (each) => ({ ...each, debitAccountId: closed, creditAccountId: closed }))
  ],
  [
    "INV-10",
    "entries after the sweep",
    (whole) => ({
      ...whole,
      transactions: [
        ...whole.transactions,
        {
          ...paid,
          id: transactionId(999),
          entries: paid.entries.map((line, at) => ({ ...line, accountId: closed, sequence: at + 3 }))
        }
      ]
    })
  ]
]

describe("the audit", () => {
  test("finds nothing in a ledger that was only worked on by commands", () => {
    assert.deepEqual(audit(snapshot), [])
    assert.deepEqual(audit({ accounts: [], transactions: [], holds: [] }), [])
  })

  test("does not depend on the order of what it is given", () => {
    const turned = {
      ...snapshot,
      accounts: snapshot.accounts.toReversed(),
      transactions: snapshot.transactions.toReversed(),
      holds: snapshot.holds.toReversed()
    }
    assert.deepEqual(audit(turned), [])
  })

  for (const [invariant, what, tamper] of tampers)
    test(`${invariant} is reported for ${what}`, () => {
      assert.ok(reported(tamper(snapshot)).has(invariant), [...reported(tamper(snapshot))].join(", "))
    })

  test("names the account, what is stored and what it should be", () => {
    const tampered = account(alice, (each) => ({ ...each, openHolds: 2 }))(snapshot)
    assert.deepEqual(audit(tampered), [{ invariant: "INV-6", subject: alice, detail: "stored 2 open holds; 1 stand" }])
  })
})
