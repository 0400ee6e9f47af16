import { Effect } from "effect"
import type { Hold, Receipt, Transaction } from "../../domain/ledger/index.ts"

/** The transaction of a receipt for a command that posts one; any other receipt is a bug of the ledger. */
export const transactionOf = (receipt: Receipt.Receipt): Effect.Effect<Transaction.Transaction> =>
  receipt._tag === "TransactionPosted"
    ? Effect.succeed(receipt.transaction)
    : Effect.die(new Error(`expected TransactionPosted, got ${receipt._tag}`))

/** The hold of a receipt for a command that changes one; any other receipt is a bug of the ledger. */
export const holdOf = (receipt: Receipt.Receipt): Effect.Effect<Hold.Hold> =>
  receipt._tag === "HoldChanged"
    ? Effect.succeed(receipt.hold)
    : Effect.die(new Error(`expected HoldChanged, got ${receipt._tag}`))
