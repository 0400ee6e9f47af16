import type { AccountId } from "../../../domain/ids/index.ts"
import { LedgerAccount } from "../../../domain/ledger/index.ts"
import { uuidOf } from "../Uuid.ts"
import type { StoredAccount } from "./Rows.ts"

/** An account as the last decided batch left it. */
export interface CachedAccount {
  readonly account: LedgerAccount.LedgerAccount
  /** The account's id as the database takes it. */
  readonly uuid: string
  readonly version: number
  readonly short: boolean
  /** The last batch that needed it. */
  readonly batch: number
}

/**
 * The writer's copy of accounts. Only the writer changes accounts, so what is here is never older than the database; it
 * is ahead of it by the batches that are not committed, whose accounts are not evicted.
 */
export interface AccountCache {
  readonly get: (id: AccountId) => CachedAccount | undefined
  /** Keeps what was read from the database; the batch needs it. */
  readonly load: (stored: StoredAccount, batch: number) => void
  /** The account as the batch leaves it: gives the state before, undefined for a new account. */
  readonly change: (account: LedgerAccount.LedgerAccount, batch: number) => Change
  /** Drops the accounts longest not changed until at most `max` are left, none that a batch after `committed` needs. */
  readonly evict: (max: number, committed: number) => void
  readonly clear: () => void
}

export interface Change {
  readonly before: CachedAccount | undefined
  readonly after: CachedAccount
}

const shortAfter = (before: CachedAccount | undefined, account: LedgerAccount.LedgerAccount): boolean => {
  if (before === undefined || LedgerAccount.available(account) >= 0n) return false
  return before.short || account.overdraftLimit < before.account.overdraftLimit
}

export const accountCache = (): AccountCache => {
  // In the order of the last change: the first is the next to go.
  const cached = new Map<AccountId, CachedAccount>()
  return {
    get: (id) => cached.get(id),
    load: ({ account, version, short }, batch) => {
      cached.set(account.id, { account, version, short, batch, uuid: uuidOf(account.id) })
    },
    change: (account, batch) => {
      const before = cached.get(account.id)
      const after = {
        account,
        uuid: before?.uuid ?? uuidOf(account.id),
        version: (before?.version ?? 0) + 1,
        short: shortAfter(before, account),
        batch
      }
      if (before !== undefined) cached.delete(account.id)
      cached.set(account.id, after)
      return { before, after }
    },
    evict: (max, committed) => {
      if (cached.size <= max) return
      for (const [id, { batch }] of cached) {
        if (cached.size <= max || batch > committed) return
        cached.delete(id)
      }
    },
    clear: () => cached.clear()
  }
}
