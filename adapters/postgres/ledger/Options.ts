import { LedgerId, TypedId } from "../../../domain/ids/index.ts"

/** The ledger of a bank that has only one: the same in every installation, a UUID of version 8 that ends in 1. */
export const defaultLedgerId: LedgerId = LedgerId.make(TypedId.fromUuid("led", "00000000-0000-8000-8000-000000000001"))

/** Which ledger, and the bounds of what its writer holds in memory. */
export interface LedgerOptions {
  readonly ledgerId: LedgerId
  /** Requests that wait or are being decided; one more is answered with LedgerOverloaded. */
  readonly requestsMax: number
  /** Commands whose answers are kept in memory for retries that follow soon: about 1 kB each. */
  readonly answersKeptMax: number
  /** Requests decided and committed together. */
  readonly batchMax: number
  /** Accounts kept in memory after their batch: about 1 kB each. */
  readonly accountsCachedMax: number
  /** Accounts packed away beyond those: about 160 bytes each. Others are read when they are needed. */
  readonly accountsPackedMax: number
  /**
   * An account's row is written anew when this many entries, at least 1, came after it, or anything else changed. More make
   * batches cheaper, and reads of accounts dearer.
   */
  readonly snapshotEntriesMax: number
  /** Keys in the filter that saves looking for new ones: 2 bytes each. Of a ledger with more every key is looked up. */
  readonly keysFilteredMax: number
  readonly readConnectionsMax: number
  /** How long a closing ledger waits for what it accepted. */
  readonly closeTimeoutMs: number
}

export const defaultOptions: LedgerOptions = {
  ledgerId: defaultLedgerId,
  requestsMax: 32_768,
  answersKeptMax: 4096,
  batchMax: 2048,
  accountsCachedMax: 50_000,
  accountsPackedMax: 1_500_000,
  snapshotEntriesMax: 16,
  keysFilteredMax: 64_000_000,
  readConnectionsMax: 4,
  closeTimeoutMs: 30_000
}
