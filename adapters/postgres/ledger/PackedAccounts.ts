/**
 * Accounts that no batch needs just now, some 160 bytes each instead of 1 kB: a hash table of typed arrays by the 16 bytes
 * of the account's UUID (open addressing, linear probing, nothing is ever removed). A reader takes an account out by
 * reading it; it stays in its slot and is written over when it comes back.
 */

import { Instant } from "../../../domain/calendar/index.ts"
import type { AccountId } from "../../../domain/ids/index.ts"
import { TypedId } from "../../../domain/ids/index.ts"
import type { LedgerAccount } from "../../../domain/ledger/index.ts"
import type { Currency } from "../../../domain/money/index.ts"
import { hexOf } from "../Uuid.ts"
import type { CachedAccount } from "./AccountCache.ts"

/** Slots of an empty table; it doubles when three quarters are full. */
const slotsMin = 1024
const fullAt = 0.75

const restrictions: ReadonlyArray<LedgerAccount.Restriction> = ["none", "debits", "credits", "both"]

/** Bits of an account's flags: its restriction takes the lowest two. */
const internalBit = 4
const creditBit = 8
const closedBit = 16
const shortBit = 32

/**
 * An account is 15 words of 8 bytes side by side: its key in two; limit, posted and pending sums as 64-bit integers; times and
 * counts as floats, which are exact below 2⁵³; flags and currency as two 32-bit integers.
 */
const wordsOfAccount = 15
const limitAt = 2
const timeAt = 7
const flagsAt = 28

/** The same memory as integers of 64 bits, as floats, and as integers of 32 bits. */
interface Table {
  readonly slots: number
  readonly amounts: BigInt64Array
  readonly numbers: Float64Array
  readonly parts: Uint32Array
}

const tableOf = (slots: number): Table => {
  const memory = new ArrayBuffer(slots * wordsOfAccount * 8)
  return {
    slots,
    amounts: new BigInt64Array(memory),
    numbers: new Float64Array(memory),
    parts: new Uint32Array(memory)
  }
}

type Key = readonly [number, number, number, number]

const keyOf = (bytes: Uint8Array): Key => {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  return [view.getUint32(0), view.getUint32(4), view.getUint32(8), view.getUint32(12)]
}

// The last words of a UUIDv7 are random; the first tell ids of other kinds apart.
const hashOf = ([a, b, c, d]: Key): number => {
  let hash = Math.imul(c ^ Math.imul(d, 0x9e3779b1), 0x85ebca6b) ^ Math.imul(a ^ Math.imul(b, 0xc2b2ae35), 0x27d4eb2f)
  hash ^= hash >>> 15
  return Math.imul(hash, 0x2c1b3c6d) >>> 0
}

/** The word where the account of the key begins, or would. */
const placeOf = ({ slots, parts }: Table, [a, b, c, d]: Key): number => {
  for (let slot = hashOf([a, b, c, d]) & (slots - 1); ; slot = (slot + 1) & (slots - 1)) {
    const at = slot * wordsOfAccount * 2
    const [w, x, y, z] = [parts[at], parts[at + 1], parts[at + 2], parts[at + 3]]
    if ((w === a && x === b && y === c && z === d) || (w === 0 && x === 0 && y === 0 && z === 0))
      return slot * wordsOfAccount
  }
}

const isFree = ({ amounts }: Table, place: number): boolean => amounts[place] === 0n && amounts[place + 1] === 0n

const flagsOf = ({ kind, normalSide, restriction, closed }: LedgerAccount.LedgerAccount, short: boolean): number =>
  restrictions.indexOf(restriction) |
  (kind === "internal" ? internalBit : 0) |
  (normalSide === "credit" ? creditBit : 0) |
  (closed ? closedBit : 0) |
  (short ? shortBit : 0)

/** The store of accounts that are at rest. */
export interface PackedAccounts {
  /** Takes the account in; false where there is no room for one more. */
  readonly put: (account: CachedAccount) => boolean
  readonly get: (id: AccountId) => CachedAccount | undefined
  readonly size: () => number
}

/** Room for `max` accounts, taken as they come. */
export const packedAccounts = (max: number): PackedAccounts => {
  const currencies: Array<Currency.Code> = []
  let table = tableOf(slotsMin)
  let size = 0

  const currencyIndex = (code: Currency.Code): number => {
    const known = currencies.indexOf(code)
    return known >= 0 ? known : currencies.push(code) - 1
  }

  const grow = (): void => {
    const from = table
    table = tableOf(from.slots * 2)
    for (let place = 0; place < from.amounts.length; place += wordsOfAccount) {
      if (isFree(from, place)) continue
      const at = place * 2
      const key: Key = [from.parts[at] ?? 0, from.parts[at + 1] ?? 0, from.parts[at + 2] ?? 0, from.parts[at + 3] ?? 0]
      table.amounts.set(from.amounts.subarray(place, place + wordsOfAccount), placeOf(table, key))
    }
  }

  const put: PackedAccounts["put"] = ({ account, version, rowVersion, rowSequence, short }) => {
    const key = keyOf(TypedId.toBytes(account.id))
    let place = placeOf(table, key)
    if (isFree(table, place)) {
      if (size >= max) return false
      if (size + 1 > table.slots * fullAt) {
        grow()
        place = placeOf(table, key)
      }
      table.parts.set(key, place * 2)
      size++
    }
    const { amounts, numbers, parts } = table
    amounts[place + limitAt] = account.overdraftLimit
    amounts[place + limitAt + 1] = account.postedDebits
    amounts[place + limitAt + 2] = account.postedCredits
    amounts[place + limitAt + 3] = account.pendingDebits
    amounts[place + limitAt + 4] = account.pendingCredits
    numbers[place + timeAt] = account.openedAt
    numbers[place + timeAt + 1] = account.revision
    numbers[place + timeAt + 2] = account.sequence
    numbers[place + timeAt + 3] = account.openHolds
    numbers[place + timeAt + 4] = version
    numbers[place + timeAt + 5] = rowVersion
    numbers[place + timeAt + 6] = rowSequence
    parts[place * 2 + flagsAt] = flagsOf(account, short)
    parts[place * 2 + flagsAt + 1] = currencyIndex(account.currency)
    return true
  }

  const get: PackedAccounts["get"] = (id) => {
    const bytes = TypedId.toBytes(id)
    const place = placeOf(table, keyOf(bytes))
    if (isFree(table, place)) return undefined
    const { amounts, numbers, parts } = table
    const currency = currencies[parts[place * 2 + flagsAt + 1] ?? 0]
    if (currency === undefined) return undefined
    const flags = parts[place * 2 + flagsAt] ?? 0
    return {
      uuid: hexOf(bytes),
      version: numbers[place + timeAt + 4] ?? 0,
      rowVersion: numbers[place + timeAt + 5] ?? 0,
      rowSequence: numbers[place + timeAt + 6] ?? 0,
      short: (flags & shortBit) !== 0,
      batch: 0,
      account: {
        id,
        kind: (flags & internalBit) === 0 ? "customer" : "internal",
        currency,
        normalSide: (flags & creditBit) === 0 ? "debit" : "credit",
        overdraftLimit: amounts[place + limitAt] ?? 0n,
        restriction: restrictions[flags & 3] ?? "none",
        closed: (flags & closedBit) !== 0,
        revision: numbers[place + timeAt + 1] ?? 0,
        sequence: numbers[place + timeAt + 2] ?? 0,
        openHolds: numbers[place + timeAt + 3] ?? 0,
        postedDebits: amounts[place + limitAt + 1] ?? 0n,
        postedCredits: amounts[place + limitAt + 2] ?? 0n,
        pendingDebits: amounts[place + limitAt + 3] ?? 0n,
        pendingCredits: amounts[place + limitAt + 4] ?? 0n,
        openedAt: Instant.fromMillis(numbers[place + timeAt] ?? 0)
      }
    }
  }

  return { put, get, size: () => size }
}
