/** Between the bank's typed ids and the UUIDs that the database stores. */
import {
  type AccountId,
  type CustomerId,
  type HoldId,
  type SessionId,
  type TransactionId,
  TypedId,
  type UserId
} from "../../domain/ids/index.ts"

const hexDigits = 32
const hyphen = 0x2d

/** The values of hexadecimal digits, one slot for each ASCII code unit; 255 marks one that is no digit. */
export const valueByCodeUnit = new Uint8Array(128).fill(255)
for (let value = 0; value < 16; value++)
  for (const digit of [value.toString(16), value.toString(16).toUpperCase()])
    valueByCodeUnit[digit.charCodeAt(0)] = value

const scratch = Buffer.alloc(hexDigits / 2)

/** The hexadecimal digits of bytes: PostgreSQL reads those of 16 as a UUID. */
export const hexOf = (bytes: Uint8Array): string => {
  if (bytes.length !== scratch.length) return Buffer.from(bytes).toString("hex")
  // Ids are made by the thousand: a buffer of each would cost more than its digits.
  scratch.set(bytes)
  return scratch.toString("hex")
}

/** The UUID of a typed id as 32 hexadecimal digits. */
export const uuidOf = (id: string): string => {
  TypedId.write(id, scratch, 0)
  return scratch.toString("hex")
}

/** A UUID as PostgreSQL prints it, without its hyphens. */
export const compact = (uuid: string): string => uuid.replaceAll("-", "")

/** The bytes of a UUID, until the next is read or written: a page of entries has a hundred. */
const bytesOf = (uuid: string): Uint8Array => {
  let digits = 0
  for (let at = 0; at < uuid.length; at++) {
    const code = uuid.charCodeAt(at)
    if (code === hyphen) continue
    const value = valueByCodeUnit[code] ?? 255
    if (value === 255 || digits === hexDigits) throw new RangeError(`not a UUID: ${uuid}`)
    const index = digits++ >> 1
    scratch[index] = ((scratch[index] ?? 0) << 4) | value
  }
  if (digits !== hexDigits) throw new RangeError(`not a UUID: ${uuid}`)
  return scratch
}

const typed = (prefix: string, uuid: string): string => TypedId.fromBytes(prefix, bytesOf(uuid))

// What `fromBytes` makes of 16 bytes is well formed, so the kind is all there is to tell.
const isAccountId = (id: string): id is AccountId => id.startsWith("acc_")
const isTransactionId = (id: string): id is TransactionId => id.startsWith("txn_")
const isHoldId = (id: string): id is HoldId => id.startsWith("hold_")
const isCustomerId = (id: string): id is CustomerId => id.startsWith("cus_")
const isUserId = (id: string): id is UserId => id.startsWith("usr_")
const isSessionId = (id: string): id is SessionId => id.startsWith("ses_")

const branded =
  <Id extends string>(prefix: string, is: (id: string) => id is Id) =>
  (id: string): Id => {
    if (!is(id)) throw new RangeError(`not an id of ${prefix}: ${id}`)
    return id
  }

const brandAccount = branded("acc", isAccountId)
const brandTransaction = branded("txn", isTransactionId)
const brandHold = branded("hold", isHoldId)
const brandCustomer = branded("cus", isCustomerId)
const brandUser = branded("usr", isUserId)
const brandSession = branded("ses", isSessionId)

export const accountId = (uuid: string): AccountId => brandAccount(typed("acc", uuid))
export const transactionId = (uuid: string): TransactionId => brandTransaction(typed("txn", uuid))
export const holdId = (uuid: string): HoldId => brandHold(typed("hold", uuid))
export const customerId = (uuid: string): CustomerId => brandCustomer(typed("cus", uuid))
export const userId = (uuid: string): UserId => brandUser(typed("usr", uuid))
export const sessionId = (uuid: string): SessionId => brandSession(typed("ses", uuid))

/** The ids of 16 bytes that were just made. */
export const transactionIdOf = (bytes: Uint8Array): TransactionId => brandTransaction(TypedId.fromBytes("txn", bytes))
export const holdIdOf = (bytes: Uint8Array): HoldId => brandHold(TypedId.fromBytes("hold", bytes))
