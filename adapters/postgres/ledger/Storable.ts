import type { Command } from "../../../domain/ledger/index.ts"
import { LedgerAccount } from "../../../domain/ledger/index.ts"
import { Money } from "../../../domain/money/index.ts"

const positive = (amount: Money.Money | undefined): boolean =>
  amount === undefined || (amount.minor > 0n && amount.minor <= Money.amountMinorMax)

const inRange = (amount: Money.Money): boolean =>
  amount.minor >= -LedgerAccount.balanceMinorMax && amount.minor <= LedgerAccount.balanceMinorMax

const isStorable = (command: Command.Command): boolean => {
  switch (command._tag) {
    case "OpenAccount":
    case "ConfigureAccount":
      return inRange(command.overdraftLimit) && Number.isSafeInteger(command.revision)
    case "CloseAccount":
      return Number.isSafeInteger(command.revision)
    case "Post":
      return command.legs.every((leg) => positive(leg.amount))
    case "Authorize":
    case "Capture":
    case "Reverse":
      return positive(command.amount)
    case "Release":
      return true
    case "Linked":
      return command.commands.every(isStorable)
  }
}

/**
 * Dies for a command whose numbers no column holds. Edges decode every command, so this is a bug of its caller; without
 * the check it would fail the whole batch, and so the requests of others.
 */
export const requireStorable = (command: Command.Command): void => {
  if (!isStorable(command)) throw new RangeError(`a ${command._tag} command has a number out of its range`)
}
