/** What is asked for: new transfers, and among them retries of old ones and transfers that must be turned down. */
import type { AccountId } from "../../domain/ids/index.ts"
import { Money } from "../../domain/money/index.ts"
import { type Dice, dice } from "./Dice.ts"
import { pairs, type Spread } from "./Spread.ts"

/** Of a hundred requests. */
export const duplicatesPercent = 2
export const rejectionsPercent = 2

/** A retry is of one of the transfers that were acknowledged last, as retries are. */
const remembered = 1024

/** A transfer as every protocol says it: US dollars, in cents, under an idempotency key. */
export interface Transfer {
  readonly key: string
  readonly from: AccountId
  readonly to: AccountId
  readonly minor: bigint
}

/** A transfer that was acknowledged, and as what. */
interface Done {
  readonly transfer: Transfer
  readonly transactionId: string
}

/** A request and the only answer to it that is right. */
export type Asked =
  | { readonly expect: "posting"; readonly transfer: Transfer }
  | { readonly expect: "rejection"; readonly transfer: Transfer }
  | { readonly expect: "replay"; readonly transfer: Transfer; readonly transactionId: string }

/** An answer: the transaction that was posted, or why there is none; `InsufficientFunds` is a rejection. */
export type Answer = { readonly transactionId: string } | { readonly refused: string }

/** An endless mix of requests, and the judge of the answers. */
export interface Mix {
  readonly next: () => Asked
  /** Whether this answer committed a new transfer. Throws where it is not the right one. */
  readonly isNewTransfer: (asked: Asked, answer: Answer) => boolean
}

/** The account of a number below their count. */
export const accountAt = (accounts: ReadonlyArray<AccountId>, index: number): AccountId => {
  const id = accounts[index]
  if (id === undefined) throw new RangeError(`there is no account ${index}`)
  return id
}

/** New transfers between these accounts; `name` keeps their keys apart from all others. */
export const freshTransfers = (name: string, accounts: ReadonlyArray<AccountId>, spread: Spread, roll: Dice) => {
  const choose = pairs(accounts.length, spread)
  let asked = 0
  return (minor = BigInt(1 + roll(10_000))): Transfer => {
    const [from, to] = choose(roll)
    return { key: `${name}-${asked++}`, from: accountAt(accounts, from), to: accountAt(accounts, to), minor }
  }
}

/** A mix over these accounts; `name` keeps its keys apart from those of other mixes in the same ledger. */
export const mix = (name: string, accounts: ReadonlyArray<AccountId>, spread: Spread, seed: number): Mix => {
  const roll = dice(seed)
  const fresh = freshTransfers(name, accounts, spread, roll)
  const done: Array<Done> = []
  let posted = 0

  return {
    next: () => {
      const chance = roll(100)
      const earlier = chance < duplicatesPercent ? done[roll(done.length)] : undefined
      if (earlier !== undefined) return { expect: "replay", ...earlier }
      // More than any account ever holds.
      return chance >= 100 - rejectionsPercent
        ? { expect: "rejection", transfer: fresh(Money.amountMinorMax) }
        : { expect: "posting", transfer: fresh() }
    },
    isNewTransfer: (asked, answer) => {
      const isPosted = "transactionId" in answer
      if (asked.expect === "rejection" && !isPosted && answer.refused === "InsufficientFunds") return false
      if (asked.expect === "posting" && isPosted) {
        done[posted++ % remembered] = { transfer: asked.transfer, transactionId: answer.transactionId }
        return true
      }
      if (asked.expect === "replay" && isPosted && answer.transactionId === asked.transactionId) return false
      const is = isPosted ? answer.transactionId : answer.refused
      throw new Error(`the answer to ${asked.transfer.key} was to be a ${asked.expect} and is ${is}`)
    }
  }
}
