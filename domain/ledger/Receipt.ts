import { Schema } from "effect"
import type { Change, LinkedChange } from "./Book.ts"
import type { Command, Linkable, Linked } from "./Command.ts"
import { Hold } from "./Hold.ts"
import { LedgerAccount } from "./LedgerAccount.ts"
import { Transaction } from "./Transaction.ts"

/** A transaction was posted; `hold` is the hold it captured from. */
export const TransactionPosted = Schema.TaggedStruct("TransactionPosted", {
  transaction: Transaction,
  hold: Schema.optionalKey(Hold)
})
export type TransactionPosted = typeof TransactionPosted.Type

/** A hold was authorized or released. */
export const HoldChanged = Schema.TaggedStruct("HoldChanged", { hold: Hold })
export type HoldChanged = typeof HoldChanged.Type

/** An account was opened, configured or closed; `transaction` is the sweep of its last balance. */
export const AccountChanged = Schema.TaggedStruct("AccountChanged", {
  account: LedgerAccount,
  transaction: Schema.optionalKey(Transaction)
})
export type AccountChanged = typeof AccountChanged.Type

/** What the ledger answers to one of several linked commands. */
export const LinkedReceipt = Schema.Union([TransactionPosted, HoldChanged])
export type LinkedReceipt = typeof LinkedReceipt.Type

/** Linked commands were all done; `receipts` are in their order, each as it stood after its command. */
export const LinkedApplied = Schema.TaggedStruct("LinkedApplied", { receipts: Schema.Array(LinkedReceipt) })
export type LinkedApplied = typeof LinkedApplied.Type

/** What the ledger answers to a command that it accepted; the same answer is given to every retry of it. */
export const Receipt = Schema.Union([TransactionPosted, HoldChanged, AccountChanged, LinkedApplied])
export type Receipt = typeof Receipt.Type

const linkableReceipt = (command: Linkable, { transaction, hold }: Change): LinkedReceipt | undefined => {
  switch (command._tag) {
    case "Authorize":
    case "Release":
      return hold === undefined ? undefined : { _tag: "HoldChanged", hold }
    case "Post":
    case "Reverse":
    case "Capture":
      if (transaction === undefined) return undefined
      return hold === undefined
        ? { _tag: "TransactionPosted", transaction }
        : { _tag: "TransactionPosted", transaction, hold }
  }
}

const linkedReceipt = ({ commands }: Linked, { linked }: LinkedChange): LinkedApplied | undefined => {
  const receipts = commands.flatMap((command, index) => {
    const change = linked[index]
    return (change && linkableReceipt(command, change)) ?? []
  })
  return receipts.length === commands.length ? { _tag: "LinkedApplied", receipts } : undefined
}

/** The receipt for a change, or undefined where the change does not answer the command (a bug: `decide` made both). */
export const receiptOf = (command: Command, change: Change | LinkedChange): Receipt | undefined => {
  if ("linked" in change) return command._tag === "Linked" ? linkedReceipt(command, change) : undefined
  switch (command._tag) {
    case "OpenAccount":
    case "ConfigureAccount":
    case "CloseAccount": {
      const { accounts, transaction } = change
      const account = accounts.find((each) => each.id === command.accountId)
      if (account === undefined) return undefined
      return { _tag: "AccountChanged", account, ...(transaction === undefined ? {} : { transaction }) }
    }
    case "Linked":
      return undefined
    default:
      return linkableReceipt(command, change)
  }
}
