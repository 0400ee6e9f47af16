import type { AccountId, HoldId, TransactionId } from "../ids/index.ts"
import type { Hold } from "./Hold.ts"
import type { LedgerAccount } from "./LedgerAccount.ts"
import type { Transaction } from "./Transaction.ts"

/** What a decision reads: the ledger as it stands, for the ids that `Reference.ts` names. */
export interface Book {
  readonly account: (id: AccountId) => LedgerAccount | undefined
  readonly hold: (id: HoldId) => Hold | undefined
  readonly transaction: (id: TransactionId) => Transaction | undefined
  /** Minor units of the transaction's first entry that earlier reversals have taken back. */
  readonly reversed: (id: TransactionId) => bigint
}

/** What a single command changes: new versions of accounts and holds, and at most one new transaction. */
export interface Change {
  readonly accounts: ReadonlyArray<LedgerAccount>
  readonly hold?: Hold
  readonly transaction?: Transaction
}

/** What linked commands change, each of them, in their order. */
export interface LinkedChange {
  readonly linked: ReadonlyArray<Change>
}

/** A book with changes laid over it: a batch's later commands see the effect of the earlier ones. */
export interface DraftBook extends Book {
  readonly apply: (change: Change | LinkedChange) => void
  readonly changed: () => {
    readonly accounts: Iterable<LedgerAccount>
    readonly holds: Iterable<Hold>
    readonly transactions: Iterable<Transaction>
  }
}

/** Lays an empty draft over `base`, which stays as it is. */
export const draftOf = (base: Book): DraftBook => {
  const accounts = new Map<AccountId, LedgerAccount>()
  const holds = new Map<HoldId, Hold>()
  const transactions: Array<Transaction> = []
  const reversed = new Map<TransactionId, bigint>()
  const reversedOf = (id: TransactionId): bigint => reversed.get(id) ?? base.reversed(id)
  // Only a reversal asks for a transaction by its id, and few batches have one: they are indexed when it does.
  const indexed = new Map<TransactionId, Transaction>()
  const transactionOf = (id: TransactionId): Transaction | undefined => {
    for (const transaction of transactions.slice(indexed.size)) indexed.set(transaction.id, transaction)
    return indexed.get(id)
  }
  const apply = (change: Change): void => {
    for (const account of change.accounts) accounts.set(account.id, account)
    if (change.hold !== undefined) holds.set(change.hold.id, change.hold)
    const transaction = change.transaction
    if (transaction === undefined) return
    transactions.push(transaction)
    const first = transaction.entries[0]
    if (transaction.reverses !== undefined && first !== undefined)
      reversed.set(transaction.reverses, reversedOf(transaction.reverses) + first.amount.minor)
  }
  return {
    account: (id) => accounts.get(id) ?? base.account(id),
    hold: (id) => holds.get(id) ?? base.hold(id),
    transaction: (id) => transactionOf(id) ?? base.transaction(id),
    reversed: reversedOf,
    apply: (change) => {
      if ("linked" in change) change.linked.forEach(apply)
      else apply(change)
    },
    changed: () => ({ accounts: accounts.values(), holds: holds.values(), transactions })
  }
}
