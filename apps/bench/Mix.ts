/** What the ledger is asked: new transfers, and among them retries of old ones and transfers that it must turn down. */
import { Result } from "effect"
import { type IdempotencyKey, keyOf } from "../../application/ports/Idempotency.ts"
import type { Instruction, SubmitError } from "../../application/ports/Ledger.ts"
import type { AccountId } from "../../domain/ids/index.ts"
import type { Command, Receipt } from "../../domain/ledger/index.ts"
import { Currency, Money } from "../../domain/money/index.ts"
import { type Dice, pair, type Spread } from "./Dice.ts"

const usd = Currency.Code.make("USD")

/** Of a hundred requests. */
export const duplicatesPercent = 2
export const rejectionsPercent = 2

/** A retry is of one of the transfers that were acknowledged last, as retries are. */
const remembered = 1024

/** A transfer that was acknowledged, and as what. */
interface Done {
  readonly instruction: Instruction
  readonly transactionId: string
}

/** A request and the only answer to it that is right. */
export type Asked =
  | { readonly expect: "posting"; readonly instruction: Instruction }
  | { readonly expect: "rejection"; readonly instruction: Instruction }
  | { readonly expect: "replay"; readonly instruction: Instruction; readonly transactionId: string }

/** The key of the n-th request of its kind. */
export const keyed = (kind: string, n: number): IdempotencyKey => keyOf("bench", `${kind}-${n}`)

/** Posts `minor` cents from one account to another. */
export const posting = (kind: "deposit" | "transfer", from: AccountId, to: AccountId, minor: bigint): Command.Post => {
  const amount = Money.make(minor, usd)
  return {
    _tag: "Post",
    kind,
    legs: [
      { accountId: from, side: "debit", amount },
      { accountId: to, side: "credit", amount }
    ]
  }
}

/** An endless mix of requests, and the judge of the answers. */
export interface Mix {
  readonly next: () => Asked
  /** Whether this answer committed a new transfer. Throws where it is not the right one. */
  readonly isNewTransfer: (asked: Asked, answer: Result.Result<Receipt.Receipt, SubmitError>) => boolean
}

/** A mix over these accounts; `name` keeps its keys apart from those of other mixes in the same ledger. */
export const mix = (name: string, accounts: ReadonlyArray<AccountId>, spread: Spread, roll: Dice): Mix => {
  const done: Array<Done> = []
  let asked = 0
  let posted = 0

  const account = (index: number): AccountId => {
    const id = accounts[index]
    if (id === undefined) throw new RangeError(`there is no account ${index}`)
    return id
  }

  const fresh = (minor: bigint): Instruction => {
    const [from, to] = pair(roll, accounts.length, spread)
    return { key: keyed(name, asked++), command: posting("transfer", account(from), account(to), minor) }
  }

  return {
    next: () => {
      const chance = roll(100)
      const earlier = chance < duplicatesPercent ? done[roll(done.length)] : undefined
      if (earlier !== undefined) return { expect: "replay", ...earlier }
      // More than any account ever holds.
      return chance >= 100 - rejectionsPercent
        ? { expect: "rejection", instruction: fresh(Money.amountMinorMax) }
        : { expect: "posting", instruction: fresh(BigInt(1 + roll(10_000))) }
    },
    isNewTransfer: (request, answer) => {
      const tag = Result.isFailure(answer) ? answer.failure._tag : answer.success._tag
      if (request.expect === "rejection" && tag === "InsufficientFunds") return false
      if (request.expect !== "rejection" && Result.isSuccess(answer) && answer.success._tag === "TransactionPosted") {
        const transactionId = answer.success.transaction.id
        if (request.expect === "posting") {
          done[posted++ % remembered] = { instruction: request.instruction, transactionId }
          return true
        }
        if (request.transactionId === transactionId) return false
      }
      throw new Error(`the answer to ${request.instruction.key} was to be a ${request.expect} and is ${tag}`)
    }
  }
}
