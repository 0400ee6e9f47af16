import { Context, Layer, type Result } from "effect"
import { type EntryBell, entryBell } from "../../application/ledger/index.ts"
import type { Instant } from "../../domain/calendar/index.ts"
import type { AccountId, HoldId, TransactionId } from "../../domain/ids/index.ts"
import {
  type Book,
  type Command,
  type DraftBook,
  type Hold,
  LedgerAccount,
  type Receipt,
  type Rejection,
  Transaction
} from "../../domain/ledger/index.ts"

/** A key's first command and what was answered to it. */
export interface Answer {
  readonly command: Command.Command
  readonly outcome: Result.Result<Receipt.Receipt, Rejection.Rejection>
}

/** What one commit changed. */
export interface Committed {
  readonly transactions: ReadonlyArray<Transaction.Transaction>
  readonly holds: ReadonlyArray<HoldId>
  readonly accounts: ReadonlyArray<AccountId>
}

/** Did more of the account change than a posting changes? */
const isChanged = (before: LedgerAccount.LedgerAccount | undefined, after: LedgerAccount.LedgerAccount): boolean =>
  before === undefined ||
  before.revision !== after.revision ||
  before.restriction !== after.restriction ||
  before.closed !== after.closed ||
  before.overdraftLimit !== after.overdraftLimit ||
  before.openHolds !== after.openHolds ||
  before.pendingDebits !== after.pendingDebits ||
  before.pendingCredits !== after.pendingCredits

/**
 * What one ledger remembers, for as long as the layer lives. Every write is one synchronous `commit`, so concurrent
 * fibers see all of it or none; there are no locks.
 */
export class LedgerState extends Context.Service<
  LedgerState,
  {
    readonly book: Book
    readonly accounts: ReadonlyMap<AccountId, LedgerAccount.LedgerAccount>
    readonly holds: ReadonlyMap<HoldId, Hold.Hold>
    readonly transactions: ReadonlyMap<TransactionId, Transaction.Transaction>
    readonly answers: Map<string, Answer>
    /** Customers' accounts that a lowered limit left short and that have not recovered since (INV-5). */
    readonly short: ReadonlySet<AccountId>
    /** An account's entries, oldest first: the entry of sequence n is at n − 1. */
    readonly entries: (id: AccountId) => ReadonlyArray<Transaction.BookedEntry>
    /** The time to book at: `millis`, or the last booking's if a clock went back. */
    readonly bookingTime: (millis: Instant.Instant) => Instant.Instant
    /** Holds whose time has run out, at most `limit`. */
    readonly due: (now: Instant.Instant, limit: number) => ReadonlyArray<Hold.Hold>
    /** Rings for the accounts of what is committed. */
    readonly bell: EntryBell
    /** What each commit changed, in order: transactions, holds, and accounts otherwise than by postings. */
    readonly commits: ReadonlyArray<Committed>
    readonly commit: (draft: DraftBook) => void
  }
>()("bank/adapters/memory/LedgerState") {}

const make = (): LedgerState["Service"] => {
  const accounts = new Map<AccountId, LedgerAccount.LedgerAccount>()
  const holds = new Map<HoldId, Hold.Hold>()
  const transactions = new Map<TransactionId, Transaction.Transaction>()
  const reversed = new Map<TransactionId, bigint>()
  const entries = new Map<AccountId, Array<Transaction.BookedEntry>>()
  const short = new Set<AccountId>()
  const commits: Array<Committed> = []
  const expiring = new Map<HoldId, Hold.Hold>()
  // No expiring hold is due before this: it saves the search in nearly every call.
  let dueFrom = Number.POSITIVE_INFINITY
  const bell = entryBell()
  let bookedLast: Instant.Instant | undefined

  const commitAccount = (account: LedgerAccount.LedgerAccount): void => {
    const lowered = account.overdraftLimit < (accounts.get(account.id)?.overdraftLimit ?? account.overdraftLimit)
    accounts.set(account.id, account)
    if (LedgerAccount.available(account) >= 0n) short.delete(account.id)
    else if (lowered) short.add(account.id)
  }

  const commitHold = (hold: Hold.Hold): void => {
    holds.set(hold.id, hold)
    if (hold.expiresAt === undefined) return
    if (hold.status === "authorized") {
      expiring.set(hold.id, hold)
      dueFrom = Math.min(dueFrom, hold.expiresAt)
    } else expiring.delete(hold.id)
  }

  const commitTransaction = (transaction: Transaction.Transaction): void => {
    transactions.set(transaction.id, transaction)
    const first = transaction.entries[0]
    if (transaction.reverses !== undefined && first !== undefined)
      reversed.set(transaction.reverses, (reversed.get(transaction.reverses) ?? 0n) + first.amount.minor)
    for (const entry of Transaction.bookedEntries(transaction)) {
      const history = entries.get(entry.accountId)
      if (history === undefined) entries.set(entry.accountId, [entry])
      else history.push(entry)
      if (bell.isHeard()) bell.ring(entry.accountId)
    }
  }

  return {
    book: {
      account: (id) => accounts.get(id),
      hold: (id) => holds.get(id),
      transaction: (id) => transactions.get(id),
      reversed: (id) => reversed.get(id) ?? 0n
    },
    accounts,
    holds,
    transactions,
    answers: new Map(),
    commits,
    short,
    entries: (id) => entries.get(id) ?? [],
    bookingTime: (now) => {
      bookedLast = bookedLast === undefined || now > bookedLast ? now : bookedLast
      return bookedLast
    },
    due: (now, limit) => {
      if (now < dueFrom) return []
      const due: Array<Hold.Hold> = []
      dueFrom = Number.POSITIVE_INFINITY
      for (const hold of expiring.values()) {
        const expiresAt = hold.expiresAt ?? dueFrom
        if (expiresAt <= now && due.length < limit) due.push(hold)
        else dueFrom = Math.min(dueFrom, expiresAt)
      }
      return due
    },
    bell,
    commit: (draft) => {
      // Each of these can be gone through only once.
      const changed = draft.changed()
      const [accountsAfter, holdsAfter, posted] = [[...changed.accounts], [...changed.holds], [...changed.transactions]]
      const committed = {
        transactions: posted,
        holds: holdsAfter.map(({ id }) => id),
        accounts: accountsAfter.filter((each) => isChanged(accounts.get(each.id), each)).map(({ id }) => id)
      }
      for (const account of accountsAfter) commitAccount(account)
      for (const hold of holdsAfter) commitHold(hold)
      for (const transaction of posted) commitTransaction(transaction)
      commits.push(committed)
    }
  }
}

/** An empty ledger. */
export const layer: Layer.Layer<LedgerState> = Layer.sync(LedgerState, make)
