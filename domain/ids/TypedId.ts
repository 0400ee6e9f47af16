/**
 * Typed, time-ordered ids: a prefix that names the kind, `_`, and a UUIDv7 in base32, such as
 * `acc_01h455vb4pex5vsknk084sn02q` (RFC 9562; TypeID specification 0.3). Ids of one kind sort by time as text.
 *
 * Ids that come from outside are decoded by their schema in `index.ts`. The functions here take well-formed ones, so
 * a malformed one is a bug and throws a `RangeError`.
 */
import { Schema } from "effect"
import * as Base32 from "./Base32.ts"

/** Bytes of an id's UUID. */
export const byteLength = Base32.byteLength

/** Bytes of randomness that `uuidV7` takes: 74 of their 80 bits are used. */
export const randomByteLength = 10

/** The latest time that the 48 bits of a UUIDv7 hold, in milliseconds since 1970-01-01. */
export const millisMax = 2 ** 48 - 1

/**
 * The 16 bytes of a UUIDv7 (RFC 9562 section 5.7): 48 bits of `millis` since 1970-01-01, version 7, 12 random bits,
 * variant 2, 62 random bits. Version and variant take the place of the top four bits of the first and the top two bits
 * of the third random byte.
 */
export const uuidV7 = (millis: number, random: Uint8Array): Uint8Array => {
  if (!Number.isInteger(millis) || millis < 0 || millis > millisMax) throw new RangeError(`not a time: ${millis}`)
  if (random.length !== randomByteLength) throw new RangeError(`expected 10 random bytes, got ${random.length}`)
  const bytes = new Uint8Array(byteLength)
  // Byte by byte: a view of a small array costs more than all of this.
  const high = Math.floor(millis / 2 ** 32)
  const low = millis >>> 0
  bytes[0] = high >>> 8
  bytes[1] = high
  bytes[2] = low >>> 24
  bytes[3] = low >>> 16
  bytes[4] = low >>> 8
  bytes[5] = low
  for (let index = 0; index < randomByteLength; index++) bytes[6 + index] = random[index] ?? 0
  bytes[6] = 0x70 | ((random[0] ?? 0) & 0x0f)
  bytes[8] = 0x80 | ((random[2] ?? 0) & 0x3f)
  return bytes
}

/** The id of a prefix and the 16 bytes of a UUID. */
export const fromBytes = (prefix: string, bytes: Uint8Array): string => `${prefix}_${Base32.encode(bytes)}`

/** Writes the 16 bytes of an id's UUID, whatever its prefix, into `target` from `at` on. */
export const write = (id: string, target: Uint8Array, at: number): void => {
  if (!Base32.decode(id, id.lastIndexOf("_") + 1, target, at)) throw new RangeError(`not a typed id: ${id}`)
}

/** Writes the four 32-bit words of an id's UUID, whatever its prefix, the most significant first. */
export const writeWords = (id: string, target: Uint32Array): void => {
  if (!Base32.decodeWords(id, id.lastIndexOf("_") + 1, target)) throw new RangeError(`not a typed id: ${id}`)
}

/** The 16 bytes of an id's UUID, whatever its prefix. */
export const toBytes = (id: string): Uint8Array => {
  const bytes = new Uint8Array(byteLength)
  write(id, bytes, 0)
  return bytes
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/iu

/** The id of a prefix and a UUID in its hexadecimal form. */
export const fromUuid = (prefix: string, uuid: string): string => {
  if (!uuidPattern.test(uuid)) throw new RangeError(`not a UUID: ${uuid}`)
  const digits = uuid.replaceAll("-", "")
  const bytes = Uint8Array.from({ length: byteLength }, (_, index) =>
    Number.parseInt(digits.slice(index * 2, index * 2 + 2), 16)
  )
  return fromBytes(prefix, bytes)
}

/** The UUID of an id in its hexadecimal form, lower case. */
export const toUuid = (id: string): string => {
  const hex = Array.from(toBytes(id), (byte) => byte.toString(16).padStart(2, "0")).join("")
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** The prefix of an id: `acc` of `acc_01h4…`. */
export const prefixOf = (id: string): string => id.slice(0, Math.max(0, id.lastIndexOf("_")))

/** When a UUIDv7 id was made, in milliseconds since 1970-01-01. */
export const millisOf = (id: string): number => {
  const view = new DataView(toBytes(id).buffer)
  return view.getUint16(0) * 2 ** 32 + view.getUint32(2)
}

/** The schema of well-formed ids with a prefix; brand it to make a kind of its own. A prefix is lower-case letters. */
export const schema = (prefix: string) =>
  Schema.String.check(
    Schema.isPattern(new RegExp(`^${prefix}_${Base32.pattern}$`, "u"), {
      expected: `an id such as ${prefix}_01h455vb4pex5vsknk084sn02q`
    })
  )
