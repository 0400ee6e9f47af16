import { Result } from "effect"
import { Money } from "../money/index.ts"
import type { Book, Change } from "./Book.ts"
import type { Reverse } from "./Command.ts"
import { type Booking, post } from "./Posting.ts"
import {
  NotReversible,
  PartialReversalUnsupported,
  type Reason,
  ReversalExceedsTransaction,
  TransactionNotFound
} from "./Rejection.ts"
import { opposite } from "./Side.ts"
import type { Entry } from "./Transaction.ts"

/**
 * Posts the mirror image of a transaction, in whole or in part (INV-8); see `Reverse` for the errors. Without an amount
 * it takes back all that is left.
 */
export const reverse = (book: Book, command: Reverse, booking: Booking): Result.Result<Change, Reason> =>
  Result.gen(function* () {
    const { _tag, transactionId, amount: asked, ...head } = command
    const original = book.transaction(transactionId)
    const first = original?.entries[0]
    if (original === undefined || first === undefined)
      return yield* Result.fail(new TransactionNotFound({ transactionId }))
    if (original.reverses !== undefined) return yield* Result.fail(new NotReversible({ transactionId }))
    const already = book.reversed(transactionId)
    const left = Money.make(first.amount.minor - already, first.amount.currency)
    const amount = asked ?? left
    const partial = !Money.equals(amount, first.amount)
    if (asked !== undefined && partial && original.entries.length !== 2)
      return yield* Result.fail(new PartialReversalUnsupported({ transactionId }))
    if (amount.currency !== left.currency)
      return yield* Result.fail(new Money.CurrencyMismatch({ expected: left.currency, actual: amount.currency }))
    if (amount.minor > left.minor || left.minor === 0n)
      return yield* Result.fail(
        new ReversalExceedsTransaction({ transactionId, remaining: left, requested: asked ?? first.amount })
      )
    const mirror = (entry: Entry) => ({
      accountId: entry.accountId,
      side: opposite(entry.side),
      amount: partial ? amount : entry.amount
    })
    return yield* post(
      book,
      { ...head, kind: "reversal", reverses: transactionId },
      original.entries.map(mirror),
      booking
    )
  })
