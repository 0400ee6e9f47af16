/**
 * The state of the reference model: what happened, and nothing that follows from it. Every balance is summed anew from
 * the entries and the open holds, so that it cannot drift from them.
 */
import type { Instant } from "../../../domain/calendar/index.ts"
import type { AccountId, HoldId, TransactionId } from "../../../domain/ids/index.ts"
import type { Hold, LedgerAccount, Receipt, Rejection, Side, Transaction } from "../../../domain/ledger/index.ts"

/** What a ledger answers: a receipt, a rejection, or that the key belongs to another command. */
export type Answer = Receipt.Receipt | Rejection.Rejection | "conflict"

/** What is kept of an account: what its owner decided. */
export type Settings = Pick<
  LedgerAccount.LedgerAccount,
  "id" | "kind" | "currency" | "normalSide" | "overdraftLimit" | "restriction" | "closed" | "revision" | "openedAt"
>

/** One ledger. Maps keep the order in which things were made. */
export interface Model {
  readonly accounts: Map<AccountId, Settings>
  readonly transactions: Map<TransactionId, Transaction.Transaction>
  readonly entries: Map<AccountId, Array<Transaction.BookedEntry>>
  readonly holds: Map<HoldId, Hold.Hold>
  readonly answers: Map<string, { readonly asked: string; readonly answer: Answer }>
}

/** A ledger in which nothing has happened. */
export const empty = (): Model => ({
  accounts: new Map(),
  transactions: new Map(),
  entries: new Map(),
  holds: new Map(),
  answers: new Map()
})

/** All that can change, as it is now. */
export const copy = (model: Model): Model => ({
  ...model,
  accounts: new Map(model.accounts),
  transactions: new Map(model.transactions),
  entries: new Map([...model.entries].map(([id, entries]) => [id, [...entries]])),
  holds: new Map(model.holds)
})

const refill = <K, V>(map: Map<K, V>, from: ReadonlyMap<K, V>): void => {
  map.clear()
  for (const [key, value] of from) map.set(key, value)
}

/** Makes the model what its copy is. */
export const restore = (model: Model, from: Model): void => {
  refill(model.accounts, from.accounts)
  refill(model.transactions, from.transactions)
  refill(model.entries, from.entries)
  refill(model.holds, from.holds)
}

/** The account's entries, oldest first. */
export const entriesOf = (model: Model, id: AccountId): ReadonlyArray<Transaction.BookedEntry> =>
  model.entries.get(id) ?? []

/** The account as the ledger shows it, or undefined where there is none. */
export const accountOf = (model: Model, id: AccountId): LedgerAccount.LedgerAccount | undefined => {
  const settings = model.accounts.get(id)
  if (settings === undefined) return undefined
  let [postedDebits, postedCredits, pendingDebits, pendingCredits, openHolds] = [0n, 0n, 0n, 0n, 0]
  const entries = entriesOf(model, id)
  for (const { side, amount } of entries) {
    if (side === "debit") postedDebits += amount.minor
    else postedCredits += amount.minor
  }
  for (const hold of model.holds.values()) {
    if (hold.status !== "authorized") continue
    const reserved = hold.amount.minor - hold.captured.minor
    // A hold of an account for itself reserves on both sides, and counts on both.
    if (hold.debitAccountId === id) [pendingDebits, openHolds] = [pendingDebits + reserved, openHolds + 1]
    if (hold.creditAccountId === id) [pendingCredits, openHolds] = [pendingCredits + reserved, openHolds + 1]
  }
  return {
    ...settings,
    sequence: entries.length,
    openHolds,
    postedDebits,
    postedCredits,
    pendingDebits,
    pendingCredits
  }
}

/** The balance that is booked, positive on the account's normal side. */
export const postedOf = (account: LedgerAccount.LedgerAccount): bigint =>
  account.normalSide === "debit"
    ? account.postedDebits - account.postedCredits
    : account.postedCredits - account.postedDebits

/** What can be spent: posted, less what holds reserve, plus the overdraft limit (BANKING: "Ledger"). */
export const availableOf = (account: LedgerAccount.LedgerAccount): bigint =>
  postedOf(account) -
  (account.normalSide === "debit" ? account.pendingCredits : account.pendingDebits) +
  account.overdraftLimit

/** Minor units of the transaction's first entry that reversals have taken back. */
export const reversedOf = (model: Model, id: TransactionId): bigint => {
  let reversed = 0n
  for (const { reverses, entries } of model.transactions.values()) {
    if (reverses === id) reversed += entries[0]?.amount.minor ?? 0n
  }
  return reversed
}

/** Holds whose time has run out by `now` are over, before anything else is decided. */
export const expire = (model: Model, now: Instant.Instant): void => {
  for (const [id, hold] of model.holds) {
    if (hold.status === "authorized" && hold.expiresAt !== undefined && hold.expiresAt <= now) {
      model.holds.set(id, { ...hold, status: "expired" })
    }
  }
}

/** Books the transaction: its entries become the newest of their accounts. */
export const book = (model: Model, transaction: Omit<Transaction.Transaction, "entries">, legs: ReadonlyArray<Leg>) => {
  const booked: Array<Transaction.Entry> = []
  for (const { accountId, side, amount } of legs) {
    const history = model.entries.get(accountId) ?? []
    model.entries.set(accountId, history)
    const before = history.at(-1)?.balance.minor ?? 0n
    const raises = model.accounts.get(accountId)?.normalSide === side
    const balance = { minor: raises ? before + amount.minor : before - amount.minor, currency: amount.currency }
    const entry = { accountId, side, amount, sequence: history.length + 1, balance }
    const { id, ...head } = transaction
    history.push({ ...entry, ...head, transactionId: id })
    booked.push(entry)
  }
  const whole = { ...transaction, entries: booked }
  model.transactions.set(whole.id, whole)
  return whole
}

/** A leg of a transaction that is to be booked; its amount may exceed what a command may move. */
export interface Leg {
  readonly accountId: AccountId
  readonly side: Side
  readonly amount: Transaction.Entry["amount"]
}
