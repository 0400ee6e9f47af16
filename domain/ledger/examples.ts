/** A ledger in a few maps and the commands most used, for the tests of this context. */
import { Result } from "effect"
import { Instant, LocalDate } from "../calendar/index.ts"
import { AccountId, HoldId, TransactionId, TypedId } from "../ids/index.ts"
import { Currency, Money } from "../money/index.ts"
import type { Snapshot } from "./Audit.ts"
import { type DecidedBatch, decideBatch } from "./Batch.ts"
import type { Book } from "./Book.ts"
import type { Authorize, Command, ConfigureAccount, OpenAccount, Post } from "./Command.ts"
import { type Hold, isDue } from "./Hold.ts"
import { available, type LedgerAccount } from "./LedgerAccount.ts"
import type { Receipt } from "./Receipt.ts"
import type { Rejection } from "./Rejection.ts"
import type { Transaction } from "./Transaction.ts"

export const usd = Currency.Code.make("USD")
export const eur = Currency.Code.make("EUR")
/** US dollars from cents. */
export const cents = (minor: number | bigint): Money.Money => Money.make(BigInt(minor), usd)
/** When an example ledger opens. */
export const start = Result.getOrThrow(Instant.fromText("2026-03-31T22:30:00.000Z"))
export const hour = 3_600_000

/** The n-th id of a kind: different for every n, and ascending. */
const nth = (n: number): Uint8Array => {
  const random = new Uint8Array(TypedId.randomByteLength)
  new DataView(random.buffer).setUint32(6, n)
  return TypedId.uuidV7(0, random)
}
export const accountId = (n: number): AccountId => AccountId.make(TypedId.fromBytes("acc", nth(n)))
export const holdId = (n: number): HoldId => HoldId.make(TypedId.fromBytes("hold", nth(n)))
export const transactionId = (n: number): TransactionId => TransactionId.make(TypedId.fromBytes("txn", nth(n)))

/** The bank's cash in dollars and euros, two customers with dollars and one with euros; unopened is what its name says. */
export const bank = accountId(1)
export const euroBank = accountId(2)
export const alice = accountId(3)
export const bob = accountId(4)
export const erika = accountId(5)
export const unopened = accountId(999)

export const openCommand = (id: AccountId, terms: Partial<OpenAccount> = {}): OpenAccount => {
  const currency = terms.currency ?? usd
  const standard = { kind: "customer", normalSide: "credit", revision: 1 } as const
  return { _tag: "OpenAccount", accountId: id, ...standard, currency, overdraftLimit: Money.zero(currency), ...terms }
}

export const transfer = (from: AccountId, to: AccountId, amount: Money.Money): Post => ({
  _tag: "Post",
  kind: "transfer",
  legs: [
    { accountId: from, side: "debit", amount },
    { accountId: to, side: "credit", amount }
  ]
})

export const holdCommand = (
  debitAccountId: AccountId,
  creditAccountId: AccountId,
  amount: Money.Money,
  more: Partial<Authorize> = {}
): Authorize => ({ _tag: "Authorize", debitAccountId, creditAccountId, amount, ...more })

/** Settings in revision 2, without limit and restriction unless said otherwise. */
export const configure = (id: AccountId, more: Partial<ConfigureAccount> = {}): ConfigureAccount => ({
  _tag: "ConfigureAccount",
  accountId: id,
  overdraftLimit: Money.zero(usd),
  restriction: "none",
  revision: 2,
  ...more
})

/** A ledger that remembers everything, with a clock that stands still until it is told. */
export interface ExampleLedger {
  readonly book: Book
  readonly now: () => Instant.Instant
  readonly advance: (millis: number) => void
  /** Decides commands as one batch, and remembers what they changed. */
  readonly batch: (commands: ReadonlyArray<Command>) => DecidedBatch["outcomes"]
  readonly submit: (command: Command) => Result.Result<Receipt, Rejection>
  /** The receipt of a command that must be accepted. */
  readonly accept: (command: Command) => Receipt
  /** The rejection of a command that must be refused. */
  readonly refuse: (command: Command) => Rejection
  readonly post: (command: Command) => Transaction
  readonly hold: (command: Command) => Hold
  readonly account: (id: AccountId) => LedgerAccount
  readonly snapshot: () => Required<Snapshot>
}

/** An example ledger without accounts. */
export const emptyLedger = (): ExampleLedger => {
  const accounts = new Map<AccountId, LedgerAccount>()
  const holds = new Map<HoldId, Hold>()
  const transactions = new Map<TransactionId, Transaction>()
  const short = new Set<AccountId>()
  let now = start
  let count = 0

  const book: Book = {
    account: (id) => accounts.get(id),
    hold: (id) => holds.get(id),
    transaction: (id) => transactions.get(id),
    reversed: (id) =>
      [...transactions.values()]
        .filter((each) => each.reverses === id)
        .reduce((sum, each) => sum + (each.entries[0]?.amount.minor ?? 0n), 0n)
  }

  const batch = (commands: ReadonlyArray<Command>): DecidedBatch["outcomes"] => {
    const occasions = commands.map((command) => {
      count += 1
      const businessDate = LocalDate.fromInstant(now)
      const ids = () => ({ transactionId: transactionId(count), holdId: holdId(count) })
      const occasion = { now, businessDate, ...ids() }
      if (command._tag !== "Linked") return { command, occasion }
      const linked = command.commands.map(() => {
        count += 1
        return ids()
      })
      return { command, occasion: { ...occasion, linked } }
    })
    const due = [...holds.values()].filter((each) => isDue(each, now))
    const { outcomes, draft } = decideBatch(book, due, occasions, now)
    const changed = draft.changed()
    for (const account of changed.accounts) {
      const lowered = account.overdraftLimit < (accounts.get(account.id)?.overdraftLimit ?? account.overdraftLimit)
      if (available(account) >= 0n) short.delete(account.id)
      else if (lowered) short.add(account.id)
      accounts.set(account.id, account)
    }
    for (const each of changed.holds) holds.set(each.id, each)
    for (const each of changed.transactions) transactions.set(each.id, each)
    return outcomes
  }

  const submit: ExampleLedger["submit"] = (command) => {
    const [outcome] = batch([command])
    if (outcome === undefined) throw new Error("one command has one outcome")
    return outcome
  }

  const accept: ExampleLedger["accept"] = (command) => {
    const outcome = submit(command)
    if (Result.isFailure(outcome)) throw new Error(`${command._tag} was refused: ${outcome.failure._tag}`)
    return outcome.success
  }

  return {
    book,
    now: () => now,
    advance: (millis) => {
      now = Instant.addMillis(now, millis)
    },
    batch,
    submit,
    accept,
    refuse: (command) => {
      const outcome = submit(command)
      if (Result.isSuccess(outcome)) throw new Error(`${command._tag} was accepted`)
      return outcome.failure
    },
    post: (command) => {
      const receipt = accept(command)
      if (receipt._tag !== "TransactionPosted") throw new Error(`${command._tag} posted nothing`)
      return receipt.transaction
    },
    hold: (command) => {
      const receipt = accept(command)
      if (receipt._tag !== "HoldChanged") throw new Error(`${command._tag} changed no hold`)
      return receipt.hold
    },
    account: (id) => {
      const account = accounts.get(id)
      if (account === undefined) throw new Error(`${id} is not in the ledger`)
      return account
    },
    snapshot: () => ({
      accounts: [...accounts.values()],
      transactions: [...transactions.values()],
      holds: [...holds.values()],
      short: new Set(short)
    })
  }
}

/** An example ledger in which everybody has an account, Alice 10.00 USD in hers, and the others nothing. */
export const exampleLedger = (): ExampleLedger => {
  const ledger = emptyLedger()
  ledger.accept(openCommand(bank, { kind: "internal", normalSide: "debit" }))
  ledger.accept(openCommand(euroBank, { kind: "internal", normalSide: "debit", currency: eur }))
  ledger.accept(openCommand(alice))
  ledger.accept(openCommand(bob))
  ledger.accept(openCommand(erika, { currency: eur }))
  ledger.accept(transfer(bank, alice, cents(1000)))
  return ledger
}
