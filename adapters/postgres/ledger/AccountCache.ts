import type { AccountId } from "../../../domain/ids/index.ts"
import { LedgerAccount } from "../../../domain/ledger/index.ts"
import { packedAccounts } from "./PackedAccounts.ts"
import type { StoredAccount } from "./Rows.ts"

/** How a batch leaves an account's row: new, with more posted and nothing else changed, or changed in any way. */
export type Difference = "opened" | "posted" | "changed"

/** An account as the last decided batch left it. */
export interface CachedAccount {
  /** Its place among the packed accounts; -1 while it has none. */
  readonly place: number
  account: LedgerAccount.LedgerAccount
  /** Counts the batches that changed the account. */
  version: number
  /** Version and sequence of the account's row, once all that was decided is stored; zero where it has none. */
  rowVersion: number
  rowSequence: number
  short: boolean
  /** The last batch that read or changed it. */
  batch: number
}

/** An account whose row a batch writes. */
export interface Change {
  readonly difference: Difference
  readonly after: CachedAccount
  /** The version of the row that is stored; 0 where there is none. */
  readonly versionBefore: number
}

/**
 * The writer's copy of accounts. Only the writer changes accounts, so what is here is never older than the database; it
 * is ahead of it by the batches that are not committed, whose accounts are not evicted.
 */
export interface AccountCache {
  readonly get: (id: AccountId) => LedgerAccount.LedgerAccount | undefined
  /** Keeps what was read from the database; the batch needs it. */
  readonly load: (stored: StoredAccount, batch: number) => void
  /** Takes the account as the batch leaves it; undefined where the batch leaves its row as it is. */
  readonly change: (account: LedgerAccount.LedgerAccount, batch: number) => Change | undefined
  /**
   * Where more than `max` are kept as they are, packs away those that were not used since the last time, and all if those
   * are not enough; none of a batch after `committed`. Those that there is no room for are dropped, to be read from the
   * database when they are needed.
   */
  readonly evict: (max: number, committed: number) => void
}

const shortAfter = (before: CachedAccount, account: LedgerAccount.LedgerAccount): boolean =>
  // A higher revision: the limit was set, and it may have been raised, used and lowered again in one batch.
  (before.short || account.revision > before.account.revision) && LedgerAccount.available(account) < 0n

const differenceOf = (
  before: LedgerAccount.LedgerAccount,
  after: LedgerAccount.LedgerAccount,
  isSame: boolean
): Difference =>
  isSame &&
  before.pendingDebits === after.pendingDebits &&
  before.pendingCredits === after.pendingCredits &&
  before.openHolds === after.openHolds &&
  before.overdraftLimit === after.overdraftLimit &&
  before.restriction === after.restriction &&
  before.revision === after.revision &&
  before.closed === after.closed
    ? "posted"
    : "changed"

/** A cache that packs away up to `packedMax` accounts; a row is written when it lacks `lagMax` entries, or anything else. */
export const accountCache = (packedMax: number, lagMax: number): AccountCache => {
  // Those that were used since the last eviction are in the young map, some of them in the old one, too: nothing is ever
  // taken out of a map, for that costs more than all else here.
  let young = new Map<AccountId, CachedAccount>()
  let old = new Map<AccountId, CachedAccount>()
  const packed = packedAccounts(packedMax)

  const find = (id: AccountId): CachedAccount | undefined => {
    const used = young.get(id)
    if (used !== undefined) return used
    const found = old.get(id) ?? packed.get(id)
    if (found !== undefined) young.set(id, found)
    return found
  }

  /** Packs away what was not used since the last time. */
  const packOld = (committed: number): void => {
    for (const [id, account] of old) {
      if (young.has(id)) continue
      if (account.batch > committed) young.set(id, account)
      else packed.put(account)
    }
    old = young
    young = new Map()
  }

  return {
    get: (id) => find(id)?.account,
    load: ({ account, ...stored }, batch) => {
      young.set(account.id, { account, ...stored, batch, place: -1 })
    },
    change: (account, batch) => {
      const known = find(account.id)
      if (known === undefined) {
        const short = LedgerAccount.available(account) < 0n && account.kind === "customer"
        const row = { rowVersion: 1, rowSequence: account.sequence }
        const after = { account, version: 1, ...row, short, batch, place: -1 }
        young.set(account.id, after)
        return { difference: "opened", after, versionBefore: 0 }
      }
      if (known.account === account) return undefined
      const short = shortAfter(known, account)
      const difference = differenceOf(known.account, account, known.short === short)
      // Nothing is left of a hold that was made and ended, or of one that ended as its like was made.
      const isSame = difference === "posted" && account.sequence === known.account.sequence
      known.account = account
      known.batch = batch
      if (isSame) return undefined
      known.version++
      known.short = short
      if (difference === "posted" && account.sequence - known.rowSequence < lagMax) return undefined
      const versionBefore = known.rowVersion
      known.rowVersion = known.version
      known.rowSequence = account.sequence
      return { difference, after: known, versionBefore }
    },
    evict: (max, committed) => {
      for (let times = 0; times < 2 && young.size + old.size > max; times++) packOld(committed)
    }
  }
}
