import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Result } from "effect"
import * as fc from "fast-check"
import { Instant, LocalDate } from "../calendar/index.ts"
import { Money } from "../money/index.ts"
import { audit } from "./Audit.ts"
import { draftOf } from "./Book.ts"
import type { Command, Linkable } from "./Command.ts"
import { decide } from "./Decide.ts"
import {
  accountId,
  type ExampleLedger,
  exampleLedger,
  holdId,
  hour,
  openCommand,
  transactionId,
  transfer,
  usd
} from "./examples.ts"
import { available, type Restriction } from "./LedgerAccount.ts"
import { accountsOf, holdOf, singles, transactionOf } from "./Reference.ts"

const acts = [
  ...(["fund", "fund", "fund", "transfer", "transfer", "transfer", "journal", "open", "hold", "hold", "hold"] as const),
  ...(["capture", "capture", "release", "reverse", "reverse", "configure", "configure", "close", "advance"] as const),
  ...(["link", "link"] as const)
]

const linkableActs = [
  "fund",
  "fund",
  "transfer",
  "transfer",
  "journal",
  "hold",
  "capture",
  "release",
  "reverse"
] as const

/** One random step: an act, and numbers that pick what it is done to among whatever the ledger then holds. */
const step = fc.record({
  act: fc.constantFrom(...acts),
  a: fc.nat(9999),
  b: fc.nat(9999),
  c: fc.nat(9999),
  minor: fc.bigInt({ min: 1n, max: 800n }),
  flag: fc.boolean()
})
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

/** Batches of one to four commands that are made up before any of them is decided, so that they collide. */
const batches = fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 40, size: "max" })

const pick = <A>(from: ReadonlyArray<A>, index: number): A | undefined => from[index % Math.max(1, from.length)]

const restrictions: ReadonlyArray<Restriction> = ["none", "none", "none", "debits", "credits", "both"]

/** Ids that name nothing. */
const nameless = { account: accountId(998), hold: holdId(99_998), transaction: transactionId(99_998) }

interface LinkableStep extends Omit<Step, "act"> {
  readonly act: (typeof linkableActs)[number]
}

/** The step as a command that may be linked; nothing where there is nothing to do it to. */
const linkableOf = ({ act, a, b, c, minor, flag }: LinkableStep, ledger: ExampleLedger): Linkable | undefined => {
  const { accounts, holds, transactions } = ledger.snapshot()
  const first = pick(accounts, a)
  const second = pick(accounts, b)
  const third = pick(accounts, c)
  if (first === undefined || second === undefined || third === undefined) return undefined
  const amount = Money.make(minor, first.currency)
  const part = flag ? { amount: c % 2 === 0 ? amount : Money.make((minor % 90n) + 1n, usd) } : {}
  const other = c % 40 === 0 ? nameless.account : second.id
  switch (act) {
    case "fund": {
      const source = accounts.find(
        (each) => each.kind === "internal" && each.currency === second.currency && !each.closed
      )
      return transfer(source?.id ?? first.id, second.id, Money.make(minor, second.currency))
    }
    case "transfer":
      return transfer(first.id, other, amount)
    case "journal": {
      const small = Money.make(BigInt(1 + (c % 9)), first.currency)
      const sum = small.minor + minor + (a % 30 === 0 ? 1n : a % 30 === 1 ? -1n : 0n)
      return {
        _tag: "Post",
        kind: "journal",
        legs: [
          { accountId: first.id, side: "debit", amount: Money.make(sum, first.currency) },
          { accountId: second.id, side: "credit", amount },
          { accountId: third.id, side: "credit", amount: small }
        ]
      }
    }
    case "hold":
      return {
        _tag: "Authorize",
        debitAccountId: first.id,
        creditAccountId: other,
        amount,
        ...(flag ? { expiresAt: Instant.addMillis(ledger.now(), ((c % 5) + (b % 30 === 0 ? -4 : 1)) * hour) } : {})
      }
    case "capture": {
      const id = c % 40 === 0 ? nameless.hold : pick(holds, a)?.id
      return id && { _tag: "Capture", holdId: id, keepRest: b % 2 === 0, ...part }
    }
    case "release": {
      const id = c % 20 === 0 ? nameless.hold : pick(holds, a)?.id
      return id && { _tag: "Release", holdId: id }
    }
    case "reverse":
      return {
        _tag: "Reverse",
        transactionId: c % 40 === 0 ? nameless.transaction : (pick(transactions, b)?.id ?? nameless.transaction),
        ...part
      }
  }
}

/** One to four commands made of one step, as different as its numbers make them. */
const linkedOf = ({ a, b, c, minor, flag }: Step, ledger: ExampleLedger): Command => ({
  _tag: "Linked",
  commands: Array.from({ length: 1 + (c % 4) }, (_, n): LinkableStep => {
    const act = linkableActs[(a + n * (b + 1)) % linkableActs.length] ?? "fund"
    return {
      act,
      a: a + n,
      b: b + n * c,
      c: c + n * a,
      minor: n === 0 ? minor : 1n + ((minor * BigInt(a + n)) % 200n),
      flag
    }
  }).flatMap((each) => linkableOf(each, ledger) ?? [])
})

/** The step as a command for this ledger; nothing where the step only lets time pass. */
const commandOf = (each: Step, ledger: ExampleLedger): Command | undefined => {
  const { act, a, b, c, minor, flag } = each
  const { accounts } = ledger.snapshot()
  const first = pick(accounts, a)
  const second = pick(accounts, b)
  if (first === undefined || second === undefined) return undefined
  switch (act) {
    case "open":
      return openCommand(a % 9 === 0 ? first.id : accountId(100 + (a % 900)), {
        kind: b % 4 === 0 ? "internal" : "customer",
        normalSide: c % 3 === 0 ? "debit" : "credit",
        currency: first.currency,
        overdraftLimit: flag
          ? Money.make(minor, first.currency)
          : Money.zero(c % 30 === 1 ? second.currency : first.currency)
      })
    case "configure":
      return {
        _tag: "ConfigureAccount",
        accountId: first.id,
        overdraftLimit: Money.make(flag ? minor : 0n, c % 20 === 0 ? second.currency : first.currency),
        restriction: pick(restrictions, b) ?? "none",
        revision: first.revision + (c % 4 === 0 ? 0 : 1)
      }
    case "close":
      return {
        _tag: "CloseAccount",
        accountId: first.id,
        revision: first.revision + 1,
        ...(flag ? { sweepTo: second.id } : {})
      }
    case "advance":
      ledger.advance((a % 4) * hour)
      return undefined
    case "link":
      return linkedOf(each, ledger)
    default:
      return linkableOf({ ...each, act }, ledger)
  }
}

const commandsOf = (steps: ReadonlyArray<Step>, ledger: ExampleLedger): ReadonlyArray<Command> =>
  steps.flatMap((each) => commandOf(each, ledger) ?? [])

const worked = (all: ReadonlyArray<ReadonlyArray<Step>>): ExampleLedger => {
  const ledger = exampleLedger()
  for (const steps of all) ledger.batch(commandsOf(steps, ledger))
  return ledger
}

/** Does `check` before and after each batch of random work; where it needs to see single commands, of one command. */
const eachCommand = (
  check: (ledger: ExampleLedger, command: Command, decide: () => Result.Result<unknown, unknown>) => void
): void => {
  fc.assert(
    fc.property(batches, (all) => {
      const ledger = exampleLedger()
      for (const each of all.flat()) {
        const command = commandOf(each, ledger)
        if (command !== undefined) check(ledger, command, () => ledger.submit(command))
      }
    }),
    { numRuns: 50 }
  )
}

const invariants = {
  "INV-1": "the debits of a transaction equal its credits in every currency",
  "INV-2": "the debits of a ledger equal its credits in every currency",
  "INV-3": "an account's posted debits and credits are the sums of its entries",
  "INV-4": "an account's entries are numbered without a gap, and each carries the balance after it",
  "INV-5": "no customer account is short but by a lowered limit",
  "INV-6": "an account's pending debits and credits are what its open holds still reserve",
  "INV-7": "the captures of a hold never exceed it",
  "INV-8": "the reversals of a transaction never exceed it",
  "INV-10": "a closed account has no balance and no holds, and gets no more entries"
}

// Out of reach of small amounts and few commands: BalanceOverflow, LinkedTooLong. Their limits are pinned by example.
const refusals = [
  ...(["AccountAlreadyExists", "AccountNotFound", "AccountClosed", "AccountRestricted"] as const),
  ...([
    "AccountCurrencyMismatch",
    "CurrencyMismatch",
    "InsufficientFunds",
    "Unbalanced",
    "HoldAlreadyExpired"
  ] as const),
  ...(["HoldNotFound", "HoldEnded", "CaptureExceedsHold", "HoldsOutstanding", "BalanceOutstanding"] as const),
  ...(["TransactionNotFound", "NotReversible", "PartialReversalUnsupported", "ReversalExceedsTransaction"] as const),
  "LinkedRejected" as const
]

describe("the ledger's invariants after any commands", () => {
  test("the random commands are accepted and refused in every way there is", () => {
    const seen = new Map<string, number>()
    for (const all of fc.sample(batches, { numRuns: 300, seed: 20_260_331 })) {
      const ledger = exampleLedger()
      for (const steps of all) {
        const commands = commandsOf(steps, ledger)
        ledger.batch(commands).forEach((outcome, index) => {
          const way = Result.isFailure(outcome) ? outcome.failure._tag : (commands[index]?._tag ?? "none")
          seen.set(way, (seen.get(way) ?? 0) + 1)
        })
      }
      for (const { status } of ledger.snapshot().holds) seen.set(status, (seen.get(status) ?? 0) + 1)
      for (const _ of ledger.snapshot().short) seen.set("short", (seen.get("short") ?? 0) + 1)
    }
    const commands = [
      "OpenAccount",
      "ConfigureAccount",
      "CloseAccount",
      "Post",
      "Authorize",
      "Capture",
      "Release",
      "Reverse",
      "Linked"
    ]
    const states = ["authorized", "captured", "released", "expired", "short"]
    const rare = [...commands, ...refusals, ...states].filter((way) => (seen.get(way) ?? 0) < 5)
    assert.deepEqual(rare, [], JSON.stringify([...seen]))
  })

  for (const [invariant, statement] of Object.entries(invariants))
    test(`${invariant}: ${statement}`, () => {
      fc.assert(
        fc.property(batches, (all) => {
          const violations = audit(worked(all).snapshot()).filter((each) => each.invariant === invariant)
          assert.deepEqual(violations, [])
        }),
        { numRuns: 50 }
      )
    })

  test("INV-5: no accepted command takes from a customer account more than it has available", () => {
    eachCommand((ledger, command, run) => {
      const before = new Map(ledger.snapshot().accounts.map((each) => [each.id, available(each)]))
      if (Result.isFailure(run()) || command._tag === "ConfigureAccount") return
      for (const after of ledger.snapshot().accounts) {
        const had = before.get(after.id) ?? 0n
        const has = available(after)
        assert.ok(after.kind === "internal" || has >= 0n || has >= had, `${command._tag}: ${had} became ${has}`)
      }
    })
  })

  test("INV-10: nothing about a closed account ever changes", () => {
    eachCommand((ledger, _command, run) => {
      const closed = ledger.snapshot().accounts.filter((each) => each.closed)
      run()
      for (const each of closed) assert.deepEqual(ledger.account(each.id), each)
    })
  })

  test("a refused command changes nothing but the holds whose time has run out", () => {
    eachCommand((ledger, _command, run) => {
      ledger.batch([])
      const before = ledger.snapshot()
      if (Result.isFailure(run())) assert.deepEqual(ledger.snapshot(), before)
    })
  })

  test("a transaction that was booked never changes", () => {
    eachCommand((ledger, _command, run) => {
      const before = ledger.snapshot().transactions
      run()
      assert.deepEqual(ledger.snapshot().transactions.slice(0, before.length), before)
    })
  })

  test("a decision reads no more of the book than the command's references name", () => {
    eachCommand((ledger, command, run) => {
      ledger.batch([])
      const { book } = ledger
      const named = new Set<string>()
      for (const single of singles([command])) {
        const hold = holdOf(single)
        const transaction = transactionOf(single)
        if (hold !== undefined) named.add(hold)
        if (transaction !== undefined) named.add(transaction)
        for (const id of accountsOf(single, hold && book.hold(hold), transaction && book.transaction(transaction)))
          named.add(id)
      }
      const read =
        <Id extends string, A>(of: (id: Id) => A) =>
        (id: Id): A =>
          named.has(id) ? of(id) : assert.fail(`${command._tag} read ${id}`)
      const seen = draftOf({
        account: read(book.account),
        hold: read(book.hold),
        transaction: read(book.transaction),
        reversed: read(book.reversed)
      })
      const ids = (n: number) => ({ transactionId: transactionId(90_000 + n), holdId: holdId(90_000 + n) })
      const linked = command._tag === "Linked" ? command.commands.map((_, index) => ids(index)) : []
      const businessDate = LocalDate.fromInstant(ledger.now())
      const occasion = { now: ledger.now(), businessDate, ...ids(9999), linked }
      assert.deepEqual(decide(seen, command, occasion), decide(book, command, occasion))
      run()
    })
  })
})
