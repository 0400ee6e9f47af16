/**
 * How the audit log is chained: each entry's hash covers the entry as it is stored and the hash before it, so that nothing
 * can be altered, swapped or taken out without altering every hash behind it, and the last of those is kept elsewhere.
 *
 *     digest_n = SHA-256("gophers-bank audit entry 1" ‖ fields)
 *     hash_n   = SHA-256("gophers-bank audit chain 1" ‖ hash_(n−1) ‖ n ‖ digest_n)
 *
 * The labels are ASCII, n has eight bytes, hash_0 is 32 zeros. Fields come in the order of `Content`; numbers are
 * big-endian. The layout never changes: another would have other labels.
 *
 * | bytes | field |
 * | --- | --- |
 * | 1 | 0: absent |
 * | 1, 4, n | 1, n, then n bytes: text in UTF-8 (RFC 3629), or the bytes themselves; a number is its decimal text |
 * | 1, 4 | 2, how many texts; for each: |
 * | 4, n | — n, then n bytes of UTF-8 |
 */
import { utf8ToBytes } from "@noble/hashes/utils.js"

/** SHA-256 (FIPS 180-4) of bytes. An implementation must not keep or change the bytes that it is given. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array

/** An entry as it is stored, but for its number and hash. What only key holders may read is `sealed`. */
export interface Content {
  /** A UUID in 32 lower-case hexadecimal digits; no two entries have the same. */
  readonly id: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly tenant: string
  readonly actor: string
  readonly user: string | undefined
  readonly customer: string | undefined
  readonly roles: ReadonlyArray<string>
  readonly client: string | undefined
  readonly session: string | undefined
  readonly operation: string
  readonly objects: ReadonlyArray<string>
  readonly outcome: string
  readonly code: string | undefined
  readonly requestId: string
  readonly sealed: Uint8Array | undefined
}

/** An entry's number, from 1 on without a gap, and its hash. */
export interface Head {
  readonly sequence: number
  readonly hash: Uint8Array
}

/** An entry in its chain. */
export interface Linked extends Head {
  readonly content: Content
}

/** Bytes of a hash. */
export const byteLength = 32

/** The head of a log without entries. */
export const empty: Head = { sequence: 0, hash: new Uint8Array(byteLength) }

const entryLabel = utf8ToBytes("gophers-bank audit entry 1")

/** What a hash begins with. */
export const chainLabel: Uint8Array = utf8ToBytes("gophers-bank audit chain 1")

const absent = 0
const present = 1
const list = 2

type Field = string | number | Uint8Array | ReadonlyArray<string> | undefined

const fieldsOf = (content: Content): ReadonlyArray<Field> => [
  content.id,
  content.at,
  content.tenant,
  content.actor,
  content.user,
  content.customer,
  content.roles,
  content.client,
  content.session,
  content.operation,
  content.objects,
  content.outcome,
  content.code,
  content.requestId,
  content.sealed
]

/** The last code that is one byte of UTF-8. */
const asciiMax = 0x7f

/** No code unit of a text takes more bytes of UTF-8. */
const bytesOfUnitMax = 3

const isList = (field: Field): field is ReadonlyArray<string> => Array.isArray(field)

const sizeMax = (field: Field): number => {
  if (field === undefined) return 1
  if (isList(field)) return field.reduce((sum, text) => sum + 4 + text.length * bytesOfUnitMax, 5)
  if (field instanceof Uint8Array) return 5 + field.length
  return 5 + String(field).length * bytesOfUnitMax
}

/** The canonical bytes: two entries that differ in anything have two encodings, for every length is written before. */
export const bytesOf = (content: Content): Uint8Array => {
  const fields = fieldsOf(content)
  const bytes = new Uint8Array(fields.reduce<number>((sum, field) => sum + sizeMax(field), entryLabel.length))
  const view = new DataView(bytes.buffer)
  let end = entryLabel.length
  bytes.set(entryLabel)

  /** Most texts are ASCII: their bytes are put one by one, which costs a tenth of an encoder's call. */
  const putText = (text: string): void => {
    const start = end + 4
    let at = start
    for (let unit = 0; unit < text.length; unit++) {
      const code = text.charCodeAt(unit)
      if (code > asciiMax) {
        const written = utf8ToBytes(text)
        bytes.set(written, start)
        at = start + written.length
        break
      }
      bytes[at++] = code
    }
    view.setUint32(end, at - start)
    end = at
  }

  const putMark = (mark: number): void => {
    bytes[end] = mark
    end += 1
  }

  for (const field of fields) {
    if (field === undefined) putMark(absent)
    else if (isList(field)) {
      putMark(list)
      view.setUint32(end, field.length)
      end += 4
      for (const text of field) putText(text)
    } else if (field instanceof Uint8Array) {
      putMark(present)
      view.setUint32(end, field.length)
      bytes.set(field, end + 4)
      end += 4 + field.length
    } else {
      putMark(present)
      putText(String(field))
    }
  }
  return bytes.subarray(0, end)
}

/** The digest of what an entry holds, which its hash is made of. */
export const digestOf = (content: Content, sha256: Sha256): Uint8Array => sha256(bytesOf(content))

/** The head that an entry with this digest makes of the one before it. */
export const extended = (head: Head, digest: Uint8Array, sha256: Sha256): Head => {
  const sequence = head.sequence + 1
  const bytes = new Uint8Array(chainLabel.length + head.hash.length + 8 + digest.length)
  bytes.set(chainLabel)
  bytes.set(head.hash, chainLabel.length)
  const at = chainLabel.length + head.hash.length
  const view = new DataView(bytes.buffer)
  view.setUint32(at, Math.floor(sequence / 2 ** 32))
  view.setUint32(at + 4, sequence)
  bytes.set(digest, at + 8)
  return { sequence, hash: sha256(bytes) }
}

/**
 * What does not hold at an entry. `out_of_place`: its number does not follow the one before. `altered`: its hash is not
 * that of what it holds and the hash before it. `not_the_kept`: a head that was kept elsewhere has another hash for it.
 * `gone`: that head's entry is beyond the end.
 */
export interface Fault {
  readonly sequence: number
  readonly reason: "out_of_place" | "altered" | "not_the_kept" | "gone"
}

/** How far a chain was followed: behind `head`, of whose own hash nothing more is to be said. */
export interface Followed {
  readonly head: Head
  readonly faults: ReadonlyArray<Fault>
}

const same = (left: Uint8Array, right: Uint8Array): boolean =>
  left.length === right.length && left.every((byte, index) => byte === right[index])

const isKept = (head: Head, kept: Head | undefined): boolean =>
  kept === undefined || head.sequence !== kept.sequence || same(head.hash, kept.hash)

/**
 * Follows entries, in the order of their numbers, from the head before them. Goes on from a stored hash that is wrong, so
 * that one fault is told once. `kept` is a head that was kept elsewhere.
 */
export const follow = (from: Head, entries: Iterable<Linked>, sha256: Sha256, kept?: Head): Followed => {
  const faults: Array<Fault> = []
  let head = from
  for (const { sequence, hash, content } of entries) {
    const expected = extended(head, digestOf(content, sha256), sha256)
    if (sequence !== expected.sequence) faults.push({ sequence, reason: "out_of_place" })
    else if (!same(hash, expected.hash)) faults.push({ sequence, reason: "altered" })
    head = { sequence, hash }
    if (!isKept(head, kept)) faults.push({ sequence, reason: "not_the_kept" })
  }
  return { head, faults }
}

/** What is wrong with the end of a chain that has been followed to `head`. */
export const ended = (head: Head, kept?: Head): ReadonlyArray<Fault> => {
  if (kept === undefined) return []
  if (kept.sequence > head.sequence) return [{ sequence: kept.sequence, reason: "gone" }]
  return kept.sequence === 0 && !isKept(empty, kept) ? [{ sequence: 0, reason: "not_the_kept" }] : []
}
