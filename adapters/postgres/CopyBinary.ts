/**
 * The data of one `copy … from stdin binary` (PostgreSQL manual, COPY, "Binary Format"): a signature, the rows, a trailer.
 * A row is the number of its fields and the fields; a field is its length in bytes and its value as the type's own receive
 * function reads it, big-endian.
 *
 * It is written for loops of thousands of rows. A row's room is made once, and values are stored byte by byte where that
 * is faster than a call of the runtime, which it is below some 50 bytes.
 */
import { type Instant, LocalDate } from "../../domain/calendar/index.ts"
import { TypedId } from "../../domain/ids/index.ts"
import { valueByCodeUnit } from "./Uuid.ts"

export interface CopyBinary {
  /** Begins the next row: its fields follow in the order of the columns that the statement names, each of its column's type. */
  readonly row: () => void
  readonly null: () => void
  readonly bool: (value: boolean) => void
  readonly int2: (value: number) => void
  readonly int4: (value: number) => void
  readonly int8: (value: bigint | number) => void
  /** 32 hexadecimal digits. */
  readonly uuid: (digits: string) => void
  /** The UUID of a typed id. */
  readonly id: (id: string) => void
  /** A `bytea` of any length, or a `uuid` of 16 bytes. */
  readonly bytes: (value: Uint8Array) => void
  /** A `text`, an enum's label or a `json`. */
  readonly text: (value: string) => void
  /** Epoch milliseconds, as an `Instant`. */
  readonly timestamptz: (value: Instant.Instant) => void
  readonly date: (value: LocalDate.LocalDate) => void
  readonly uuids: (values: ReadonlyArray<string>) => void
  readonly int8s: (values: ReadonlyArray<bigint | number>) => void
  /** The rows that were begun. */
  readonly rows: () => number
  /** The whole data, after the last row and once. */
  readonly end: () => Uint8Array
}

// The signature, no flags, no extension of the header.
const signature = Buffer.concat([Buffer.from("PGCOPY\n\xff\r\n\0", "latin1"), Buffer.alloc(8)])

/** In place of the number of a row's fields, after the last row. */
const trailer = -1

/** In place of a field's length. */
const nullLength = -1

/** The most that a field takes whose type has one size: its length and a UUID. */
const fixedMax = 4 + 16

const uuidLength = 16
const noDigit = 255

/** The most bytes of UTF-8 that a code unit comes to. */
const utf8Max = 3

/** Object ids of the types of elements (`pg_type`). */
const [uuidOid, int8Oid] = [2950, 20]

/** Texts and bytes from this length on are left to the runtime. */
const longLength = 48

const [int8Min, int8Max] = [-(2n ** 63n), 2n ** 63n - 1n]
const word = 2 ** 32

const millisFrom = Date.UTC(2000, 0, 1)
const dayFrom = millisFrom / 86_400_000

/** Begins the data of rows of `columns` fields; `bytesGuess` is what it may come to, and room is doubled when it is more. */
export const copyBinary = (columns: number, bytesGuess: number): CopyBinary => {
  const rowMax = 2 + columns * fixedMax
  let bytes = Buffer.allocUnsafe(Math.max(bytesGuess, signature.length + rowMax))
  let view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let at = signature.length
  /** Fields that the row lacks. */
  let lacking = 0
  let rows = 0
  let dateLast: LocalDate.LocalDate | undefined
  let dayLast = 0
  bytes.set(signature)

  /** Makes room for so many bytes and the rest of the row. */
  const reserve = (length: number): void => {
    if (at + length + rowMax <= bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(2 * bytes.length, at + length + rowMax))
    larger.set(bytes.subarray(0, at))
    bytes = larger
    view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  const field = (length: number): void => {
    lacking -= 1
    view.setInt32(at, length)
    at += 4
  }

  const refuse = (what: string): never => {
    // The value is not told: it may be anything that is in a row.
    throw new RangeError(`field ${columns - lacking} of a row is not ${what}`)
  }

  const whole = (): void => {
    if (lacking !== 0) throw new RangeError(`a row of ${columns} fields has ${columns - lacking}`)
  }

  const putInt8 = (value: bigint | number): void => {
    if (typeof value === "bigint") {
      if (value < int8Min || value > int8Max) refuse("an int8")
      view.setBigInt64(at, value)
    } else {
      if (!Number.isSafeInteger(value)) refuse("an int8")
      view.setInt32(at, Math.floor(value / word))
      view.setInt32(at + 4, value >>> 0)
    }
    at += 8
  }

  const putUuid = (digits: string): void => {
    let seen = 0
    for (let index = 0; index < 2 * uuidLength; index += 2) {
      const high = valueByCodeUnit[digits.charCodeAt(index)] ?? noDigit
      const low = valueByCodeUnit[digits.charCodeAt(index + 1)] ?? noDigit
      seen |= high | low
      bytes[at++] = (high << 4) | low
    }
    if (seen > 15 || digits.length !== 2 * uuidLength) refuse("a UUID")
  }

  /** One dimension from 1 on, without nulls; without elements it has no dimension. */
  const array = <A>(oid: number, elementLength: number, values: ReadonlyArray<A>, put: (value: A) => void): void => {
    const length = values.length === 0 ? 12 : 20 + values.length * (4 + elementLength)
    reserve(4 + length)
    field(length)
    view.setInt32(at, Math.min(values.length, 1))
    view.setInt32(at + 4, 0)
    view.setInt32(at + 8, oid)
    at += 12
    if (values.length === 0) return
    view.setInt32(at, values.length)
    view.setInt32(at + 4, 1)
    at += 8
    for (const value of values) {
      view.setInt32(at, elementLength)
      at += 4
      put(value)
    }
  }

  /** Writes the text while it is ASCII, and says whether it was to its end. */
  const isAscii = (text: string): boolean => {
    if (text.length >= longLength) return false
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index)
      if (unit > 127) return false
      bytes[at + 4 + index] = unit
    }
    return true
  }

  return {
    row: () => {
      whole()
      reserve(0)
      rows += 1
      lacking = columns
      view.setInt16(at, columns)
      at += 2
    },
    null: () => field(nullLength),
    bool: (value) => {
      field(1)
      bytes[at++] = value ? 1 : 0
    },
    int2: (value) => {
      field(2)
      if ((value << 16) >> 16 !== value) refuse("an int2")
      view.setInt16(at, value)
      at += 2
    },
    int4: (value) => {
      field(4)
      if ((value | 0) !== value) refuse("an int4")
      view.setInt32(at, value)
      at += 4
    },
    int8: (value) => {
      field(8)
      putInt8(value)
    },
    uuid: (digits) => {
      field(uuidLength)
      putUuid(digits)
    },
    id: (id) => {
      field(uuidLength)
      TypedId.write(id, bytes, at)
      at += uuidLength
    },
    bytes: (value) => {
      const { length } = value
      reserve(4 + length)
      field(length)
      if (length < longLength) for (let index = 0; index < length; index++) bytes[at + index] = value[index] ?? 0
      else bytes.set(value, at)
      at += length
    },
    text: (value) => {
      reserve(4 + utf8Max * value.length)
      const length = isAscii(value) ? value.length : bytes.write(value, at + 4)
      field(length)
      at += length
    },
    timestamptz: (value) => {
      field(8)
      const millis = value - millisFrom
      const micros = millis * 1000
      putInt8(Number.isSafeInteger(micros) ? micros : BigInt(millis) * 1000n)
    },
    date: (value) => {
      if (value !== dateLast) {
        dayLast = LocalDate.toEpochDay(value) - dayFrom
        dateLast = value
      }
      field(4)
      view.setInt32(at, dayLast)
      at += 4
    },
    uuids: (values) => array(uuidOid, uuidLength, values, putUuid),
    int8s: (values) => array(int8Oid, 8, values, putInt8),
    rows: () => rows,
    end: () => {
      whole()
      view.setInt16(at, trailer)
      return bytes.subarray(0, at + 2)
    }
  }
}
