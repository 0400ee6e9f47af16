/**
 * Accounts that no batch needs just now, some 160 bytes each instead of 1 kB, in typed arrays. An account keeps its place for
 * good: it is copied out when it is needed and written over when it comes back. A hash table by the account's UUID (open
 * addressing, linear probing, nothing is ever removed) says where it is.
 */
import { Instant } from "../../../domain/calendar/index.ts"
import type { AccountId } from "../../../domain/ids/index.ts"
import { TypedId } from "../../../domain/ids/index.ts"
import type { LedgerAccount } from "../../../domain/ledger/index.ts"
import type { Currency } from "../../../domain/money/index.ts"
import type { CachedAccount } from "./AccountCache.ts"

/** Slots of an empty table; it doubles when more than half are taken. */
const slotsMin = 1024

/** A slot is two words: a hash of the UUID, and the account's place and one, or zero where it is free. */
const wordsOfSlot = 2

/** Accounts have their places in blocks of so many (a power of two): room is made without moving any. */
const placesOfBlock = 8192

const restrictions: ReadonlyArray<LedgerAccount.Restriction> = ["none", "debits", "credits", "both"]

/** Bits of an account's flags: its restriction takes the lowest two. */
const internalBit = 4
const creditBit = 8
const closedBit = 16
const shortBit = 32

/**
 * An account is 16 words of 8 bytes: its UUID in two; limit, posted and pending sums as 64-bit integers; times and counts as
 * floats, which are exact below 2⁵³; flags and currency as two 32-bit integers; the last is free, so that an account takes
 * two lines of the processor's cache and no more.
 */
const wordsOfAccount = 16
const limitAt = 2
const timeAt = 7
const flagsAt = 28

/** The same memory as integers of 64 bits, as floats, and as integers of 32 bits. */
interface Block {
  readonly amounts: BigInt64Array
  readonly numbers: Float64Array
  readonly parts: Uint32Array
}

const newBlock = (): Block => {
  const memory = new ArrayBuffer(placesOfBlock * wordsOfAccount * 8)
  return {
    amounts: new BigInt64Array(memory),
    numbers: new Float64Array(memory),
    parts: new Uint32Array(memory)
  }
}

// The UUID that is looked for, as four words.
const key = new Uint32Array(4)

// The last words of a UUIDv7 are random; the first tell ids of other kinds apart.
const hashOfKey = (): number => {
  const [a = 0, b = 0, c = 0, d = 0] = key
  let hash = Math.imul(c ^ Math.imul(d, 0x9e3779b1), 0x85ebca6b) ^ Math.imul(a ^ Math.imul(b, 0xc2b2ae35), 0x27d4eb2f)
  hash ^= hash >>> 15
  return Math.imul(hash, 0x2c1b3c6d) >>> 0
}

const flagsOf = ({ kind, normalSide, restriction, closed }: LedgerAccount.LedgerAccount, short: boolean): number =>
  restrictions.indexOf(restriction) |
  (kind === "internal" ? internalBit : 0) |
  (normalSide === "credit" ? creditBit : 0) |
  (closed ? closedBit : 0) |
  (short ? shortBit : 0)

/** The store of accounts that are at rest. */
export interface PackedAccounts {
  /** Takes the account in at its place, or gives it one; false where there is no room for one more. */
  readonly put: (account: CachedAccount) => boolean
  readonly get: (id: AccountId) => CachedAccount | undefined
  readonly size: () => number
}

/** Room for `max` accounts, taken as they come. */
export const packedAccounts = (max: number): PackedAccounts => {
  const currencies: Array<Currency.Code> = []
  const blocks: Array<Block> = []
  let index = new Uint32Array(slotsMin * wordsOfSlot)
  let size = 0

  const currencyIndex = (code: Currency.Code): number => {
    const known = currencies.indexOf(code)
    return known >= 0 ? known : currencies.push(code) - 1
  }

  /** The word of the place's block where its account begins. */
  const wordOf = (place: number): number => (place % placesOfBlock) * wordsOfAccount

  const blockOf = (place: number): Block => {
    const block = blocks[Math.floor(place / placesOfBlock)]
    if (block === undefined) throw new RangeError(`no account has the place ${place}`)
    return block
  }

  const isAt = (place: number): boolean => {
    const { parts } = blockOf(place)
    const at = wordOf(place) * 2
    return parts[at] === key[0] && parts[at + 1] === key[1] && parts[at + 2] === key[2] && parts[at + 3] === key[3]
  }

  /** The account's place, or -1. */
  const find = (id: AccountId): number => {
    TypedId.writeWords(id, key)
    const hash = hashOfKey()
    const mask = index.length - 1
    for (let at = (hash * wordsOfSlot) & mask; ; at = (at + wordsOfSlot) & mask) {
      const place = (index[at + 1] ?? 0) - 1
      if (place < 0 || (index[at] === hash && isAt(place))) return place
    }
  }

  /** Enters a place, which no slot names, in the first free slot of its hash. */
  const enter = (hash: number, place: number): void => {
    const mask = index.length - 1
    let at = (hash * wordsOfSlot) & mask
    while (index[at + 1] !== 0) at = (at + wordsOfSlot) & mask
    index[at] = hash
    index[at + 1] = place + 1
  }

  const grow = (): void => {
    const before = index
    index = new Uint32Array(before.length * 2)
    for (let at = 0; at < before.length; at += wordsOfSlot) {
      const place = (before[at + 1] ?? 0) - 1
      if (place >= 0) enter(before[at] ?? 0, place)
    }
  }

  /** A place for the account, or -1 where there is no room. */
  const placed = (id: AccountId): number => {
    const known = find(id)
    if (known >= 0 || size >= max) return known
    const place = size++
    if (size * 2 * wordsOfSlot > index.length) grow()
    if (place % placesOfBlock === 0) blocks.push(newBlock())
    blockOf(place).parts.set(key, wordOf(place) * 2)
    enter(hashOfKey(), place)
    return place
  }

  const put: PackedAccounts["put"] = (cached) => {
    const { account } = cached
    const place = cached.place >= 0 ? cached.place : placed(account.id)
    if (place < 0) return false
    const { amounts, numbers, parts } = blockOf(place)
    const from = wordOf(place)
    amounts[from + limitAt] = account.overdraftLimit
    amounts[from + limitAt + 1] = account.postedDebits
    amounts[from + limitAt + 2] = account.postedCredits
    amounts[from + limitAt + 3] = account.pendingDebits
    amounts[from + limitAt + 4] = account.pendingCredits
    numbers[from + timeAt] = account.openedAt
    numbers[from + timeAt + 1] = account.revision
    numbers[from + timeAt + 2] = account.sequence
    numbers[from + timeAt + 3] = account.openHolds
    numbers[from + timeAt + 4] = cached.version
    numbers[from + timeAt + 5] = cached.rowVersion
    numbers[from + timeAt + 6] = cached.rowSequence
    parts[from * 2 + flagsAt] = flagsOf(account, cached.short)
    parts[from * 2 + flagsAt + 1] = currencyIndex(account.currency)
    return true
  }

  const get: PackedAccounts["get"] = (id) => {
    const place = find(id)
    if (place < 0) return undefined
    const { amounts, numbers, parts } = blockOf(place)
    const from = wordOf(place)
    const currency = currencies[parts[from * 2 + flagsAt + 1] ?? 0]
    if (currency === undefined) return undefined
    const flags = parts[from * 2 + flagsAt] ?? 0
    // Most sums are zero, and each that is read would be an object of its own.
    const amount = (at: number): bigint =>
      parts[(from + at) * 2] === 0 && parts[(from + at) * 2 + 1] === 0 ? 0n : (amounts[from + at] ?? 0n)
    return {
      place,
      version: numbers[from + timeAt + 4] ?? 0,
      rowVersion: numbers[from + timeAt + 5] ?? 0,
      rowSequence: numbers[from + timeAt + 6] ?? 0,
      short: (flags & shortBit) !== 0,
      batch: 0,
      account: {
        id,
        kind: (flags & internalBit) === 0 ? "customer" : "internal",
        currency,
        normalSide: (flags & creditBit) === 0 ? "debit" : "credit",
        overdraftLimit: amount(limitAt),
        restriction: restrictions[flags & 3] ?? "none",
        closed: (flags & closedBit) !== 0,
        revision: numbers[from + timeAt + 1] ?? 0,
        sequence: numbers[from + timeAt + 2] ?? 0,
        openHolds: numbers[from + timeAt + 3] ?? 0,
        postedDebits: amount(limitAt + 1),
        postedCredits: amount(limitAt + 2),
        pendingDebits: amount(limitAt + 3),
        pendingCredits: amount(limitAt + 4),
        openedAt: Instant.fromMillis(numbers[from + timeAt] ?? 0)
      }
    }
  }

  return { put, get, size: () => size }
}
