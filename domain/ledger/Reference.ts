import type { AccountId, HoldId, TransactionId } from "../ids/index.ts"
import type { Command } from "./Command.ts"
import type { Hold } from "./Hold.ts"
import type { Transaction } from "./Transaction.ts"

/** The hold that deciding the command reads. */
export const holdOf = (command: Command): HoldId | undefined =>
  command._tag === "Capture" || command._tag === "Release" ? command.holdId : undefined

/** The transaction that deciding the command reads. */
export const transactionOf = (command: Command): TransactionId | undefined =>
  command._tag === "Reverse" ? command.transactionId : undefined

/** The accounts that deciding the command reads, given the hold or transaction that it names. */
export const accountsOf = (command: Command, hold?: Hold, transaction?: Transaction): ReadonlyArray<AccountId> => {
  switch (command._tag) {
    case "OpenAccount":
    case "ConfigureAccount":
      return [command.accountId]
    case "CloseAccount":
      return command.sweepTo === undefined ? [command.accountId] : [command.accountId, command.sweepTo]
    case "Post":
      return command.legs.map((leg) => leg.accountId)
    case "Authorize":
      return [command.debitAccountId, command.creditAccountId]
    case "Capture":
    case "Release":
      return hold === undefined ? [] : [hold.debitAccountId, hold.creditAccountId]
    case "Reverse":
      return transaction === undefined ? [] : transaction.entries.map((entry) => entry.accountId)
  }
}
