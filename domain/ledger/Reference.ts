import type { AccountId, HoldId, TransactionId } from "../ids/index.ts"
import type { Command, Single } from "./Command.ts"
import type { Hold } from "./Hold.ts"
import type { Transaction } from "./Transaction.ts"

const isSingle = (command: Command): command is Single => command._tag !== "Linked"

/** The commands one by one: linked ones in the place of what links them. */
export const singles = (commands: ReadonlyArray<Command>): ReadonlyArray<Single> =>
  commands.every(isSingle)
    ? commands
    : commands.flatMap((command): ReadonlyArray<Single> => (isSingle(command) ? [command] : command.commands))

/** The hold that deciding the command reads. */
export const holdOf = (command: Single): HoldId | undefined =>
  command._tag === "Capture" || command._tag === "Release" ? command.holdId : undefined

/** The transaction that deciding the command reads. */
export const transactionOf = (command: Single): TransactionId | undefined =>
  command._tag === "Reverse" ? command.transactionId : undefined

/** The accounts that deciding the command reads, given the hold or transaction that it names. */
export const accountsOf = (command: Single, hold?: Hold, transaction?: Transaction): ReadonlyArray<AccountId> => {
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
