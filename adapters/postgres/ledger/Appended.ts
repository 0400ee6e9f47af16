import type { Instant } from "../../../domain/calendar/index.ts"
import type { Hold, Transaction } from "../../../domain/ledger/index.ts"
import type { Change } from "./AccountCache.ts"
import type { Request } from "./Admission.ts"
import { type Decided, wholeReceipt } from "./BatchColumns.ts"

/** Everything that a batch writes. */
export interface Appended {
  readonly bookedAt: Instant.Instant
  readonly decided: ReadonlyArray<Decided>
  readonly answers: Answers
  readonly transactions: ReadonlyArray<Transaction.Transaction>
  readonly accounts: ReadonlyArray<Change>
  readonly newHolds: ReadonlyArray<Hold.Hold>
  readonly changedHolds: ReadonlyArray<Hold.Hold>
}

/** How the requests of a batch are answered. */
interface Answers {
  /** The request that each of the transactions is by itself the answer to. */
  readonly wholly: ReadonlyArray<Request | undefined>
  /** Those whose answer is more than a transaction. */
  readonly otherwise: ReadonlyArray<Decided>
}

/** Tells the two kinds of answers apart. Decisions and transactions are both in the order of booking. */
export const answersOf = (
  decided: ReadonlyArray<Decided>,
  transactions: ReadonlyArray<Transaction.Transaction>
): Answers => {
  const wholly: Array<Request | undefined> = []
  const otherwise: Array<Decided> = []
  for (const each of decided) {
    const whole = wholeReceipt(each)
    if (whole === undefined) {
      otherwise.push(each)
      continue
    }
    while (transactions[wholly.length] !== whole) {
      if (wholly.length >= transactions.length) throw new Error(`the answer ${whole.id} is not in its batch`)
      wholly.push(undefined)
    }
    wholly.push(each.request)
  }
  return { wholly, otherwise }
}
