import { Schema } from "effect"
import type { Change } from "./Book.ts"
import type { Command } from "./Command.ts"
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

/** What the ledger answers to a command that it accepted; the same answer is given to every retry of it. */
export const Receipt = Schema.Union([TransactionPosted, HoldChanged, AccountChanged])
export type Receipt = typeof Receipt.Type

/** The receipt for a change, or undefined where the change does not answer the command (a bug: `decide` made both). */
export const receiptOf = (command: Command, change: Change): Receipt | undefined => {
  const { transaction, hold } = change
  switch (command._tag) {
    case "OpenAccount":
    case "ConfigureAccount":
    case "CloseAccount": {
      const account = change.accounts.find((each) => each.id === command.accountId)
      if (account === undefined) return undefined
      return { _tag: "AccountChanged", account, ...(transaction === undefined ? {} : { transaction }) }
    }
    case "Authorize":
    case "Release":
      return hold === undefined ? undefined : { _tag: "HoldChanged", hold }
    case "Post":
    case "Reverse":
    case "Capture":
      if (transaction === undefined) return undefined
      return { _tag: "TransactionPosted", transaction, ...(hold === undefined ? {} : { hold }) }
  }
}
