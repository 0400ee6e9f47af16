/** Dices what a run asks of its ledger: transfers, too large ones too, holds and what becomes of them, and repetitions. */
import { Instant } from "../../../domain/calendar/index.ts"
import { AccountId, TypedId } from "../../../domain/ids/index.ts"
import type { Command } from "../../../domain/ledger/index.ts"
import { Currency, Money } from "../../../domain/money/index.ts"
import type { Dice } from "../reference/Dice.ts"
import type { Asked, Book } from "./Book.ts"

const usd = Currency.Code.make("USD")
const cents = (minor: number): Money.Money => Money.make(BigInt(minor), usd)

/** What each customer has at first, and an amount that none ever has. */
const fundsMinor = 10_000
const tooMuchMinor = 10_000_000

const customers = 5

const accountId = (dice: Dice): AccountId => {
  const random = Uint8Array.from({ length: TypedId.randomByteLength }, () => dice.below(256))
  return AccountId.make(TypedId.fromBytes("acc", TypedId.uuidV7(0, random)))
}

const open = (id: AccountId, kind: "customer" | "internal"): Command.OpenAccount => ({
  _tag: "OpenAccount",
  accountId: id,
  kind,
  currency: usd,
  normalSide: kind === "customer" ? "credit" : "debit",
  overdraftLimit: Money.zero(usd),
  revision: 1
})

const post = (kind: "deposit" | "transfer", from: AccountId, to: AccountId, amount: Money.Money): Command.Post => ({
  _tag: "Post",
  kind,
  legs: [
    { accountId: from, side: "debit", amount },
    { accountId: to, side: "credit", amount }
  ]
})

export interface Desk {
  /** Every account that is asked to be opened. */
  readonly accounts: ReadonlyArray<AccountId>
  /** Commands that must be decided before any other: first those that open accounts, then those that fund them. */
  readonly opening: ReadonlyArray<ReadonlyArray<Command.Command>>
  /** The next request: mostly a new one, now and then one that was sent before. */
  readonly next: () => Asked
  /** A small transfer that nobody has asked for. */
  readonly probe: () => Command.Command
}

export const deskOf = (dice: Dice, book: Book): Desk => {
  const bank = accountId(dice)
  const ids = Array.from({ length: customers }, () => accountId(dice))
  const accounts = [bank, ...ids]
  const anyone = (): AccountId => dice.anyOf(ids) ?? bank
  const other = (than: AccountId): AccountId => dice.anyOf(ids.filter((id) => id !== than)) ?? bank
  const transfer = (amount: Money.Money): Command.Post => {
    const from = anyone()
    return post("transfer", from, other(from), amount)
  }
  const small = (): Money.Money => cents(1 + dice.below(3000))

  const authorize = (): Command.Authorize => {
    const from = anyone()
    const expiresAt = dice.chance(30) ? { expiresAt: Instant.fromMillis(Date.now() + 10 + dice.below(200)) } : {}
    return { _tag: "Authorize", debitAccountId: from, creditAccountId: other(from), amount: small(), ...expiresAt }
  }
  const ofHold = (make: (holdId: Command.Release["holdId"]) => Command.Command): Command.Command => {
    const hold = dice.anyOf([...book.holds.values()].slice(-8))
    return hold === undefined ? authorize() : make(hold.id)
  }
  const capture = (): Command.Command =>
    ofHold((holdId) => ({
      _tag: "Capture",
      holdId,
      keepRest: dice.chance(50),
      ...(dice.chance(50) ? { amount: cents(1 + dice.below(800)) } : {})
    }))
  const reverse = (): Command.Command => {
    const transaction = dice.anyOf([...book.transactions.values()].slice(-20))
    return transaction === undefined ? transfer(small()) : { _tag: "Reverse", transactionId: transaction.id }
  }
  const openMore = (): Command.Command => {
    const id = accountId(dice)
    accounts.push(id)
    return open(id, "customer")
  }

  const makers = {
    transfer: () => transfer(small()),
    tooMuch: () => transfer(cents(tooMuchMinor)),
    authorize,
    capture,
    release: () => ofHold((holdId) => ({ _tag: "Release", holdId })),
    reverse,
    openMore
  }
  const weights = { transfer: 50, tooMuch: 10, authorize: 14, capture: 10, release: 4, reverse: 6, openMore: 3 }
  const command = (): Command.Command => makers[dice.weighted(weights, "transfer")]()

  const again = (): Asked | undefined => dice.anyOf(book.asked.slice(-30).filter(({ isConflict }) => !isConflict))
  const conflict = (): Asked | undefined => {
    const of = dice.anyOf(book.asked.filter(({ answer, isConflict }) => answer !== undefined && !isConflict))
    return of === undefined ? undefined : book.askConflict(of, transfer(cents(3001)))
  }

  return {
    accounts,
    opening: [
      [open(bank, "internal"), ...ids.map((id) => open(id, "customer"))],
      ids.map((id) => post("deposit", bank, id, cents(fundsMinor)))
    ],
    next: () => {
      const repeated = dice.chance(12) ? again() : dice.chance(4) ? conflict() : undefined
      return repeated ?? book.ask(command())
    },
    probe: () => transfer(cents(1))
  }
}
