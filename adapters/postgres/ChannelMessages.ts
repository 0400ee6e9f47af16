/**
 * What a channel sends and takes of PostgreSQL's protocol, version 3 (PostgreSQL manual, "Message Formats"): a letter, the
 * length of what follows with itself included in four bytes, and that.
 */

const headerLength = 5

const code = (letter: string): number => letter.charCodeAt(0)

/** `length` bytes follow the header. */
const header = (letter: string, length: number): Buffer => {
  const bytes = Buffer.allocUnsafe(headerLength)
  bytes[0] = code(letter)
  bytes.writeUInt32BE(length + 4, 1)
  return bytes
}

const copyDone = header("c", 0)

/** Says that the client is done with the connection. */
export const terminate: Uint8Array = header("X", 0)

/** Asks a server for TLS; it is sent before all else, so it has no letter. */
export const tlsRequest: Uint8Array = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])

/** The server takes up to 1 GiB in one message, and keeps as much in memory. */
const dataMax = 16 * 1024 * 1024

/** The script and the data of its copies as messages, in pieces; the data itself is not copied. */
export function* messagesOf(text: string, copies: ReadonlyArray<Uint8Array>): Generator<Uint8Array, void> {
  const length = Buffer.byteLength(text)
  const query = Buffer.allocUnsafe(headerLength + length + 1)
  query[0] = code("Q")
  query.writeUInt32BE(length + 5, 1)
  query.write(text, headerLength)
  query[headerLength + length] = 0
  yield query
  for (const data of copies) {
    for (let at = 0; at < data.length; at += dataMax) {
      const part = data.subarray(at, at + dataMax)
      yield header("d", part.length)
      yield part
    }
    yield copyDone
  }
}

/** What the server says that matters to a script; of all else it is only known that it is well formed. */
export type Reply =
  | { readonly _tag: "CopyWanted" }
  /** The fields by the names that the driver gives them. */
  | { readonly _tag: "Failed"; readonly fields: Readonly<Record<string, string>> }
  /** The script is over, and with it its transaction. */
  | { readonly _tag: "Ready" }
  /** Not what a server says to a script: nothing that follows can be relied on. */
  | { readonly _tag: "Surprise"; readonly what: string }

/** Rows, their description, completion, notices, settings, notifications and the answer to an empty script. */
const skipped = new Set([..."DTCNSAI"].map(code))

/** An error quotes what it is about, which is no larger than a value can be. */
const errorMax = 64 * 1024 * 1024

// Detail, context and internal query of an error are left out: they hold rows.
const fieldNames: ReadonlyMap<string, string> = new Map([
  ["S", "severity_local"],
  ["V", "severity"],
  ["C", "code"],
  ["M", "message"],
  ["s", "schema_name"],
  ["t", "table_name"],
  ["c", "column_name"],
  ["n", "constraint_name"],
  ["R", "routine"]
])

/** Each field is a letter and a text that ends in a zero byte; another zero byte ends them. */
const fieldsOf = (body: Buffer): Record<string, string> => {
  const fields: Record<string, string> = {}
  for (let at = 0; at < body.length; ) {
    const end = body.indexOf(0, at)
    const name = fieldNames.get(String.fromCharCode(body[at] ?? 0))
    if (end <= at) break
    if (name !== undefined) fields[name] = body.toString("utf8", at + 1, end)
    at = end + 1
  }
  return fields
}

const surprise = (what: string): Reply => ({ _tag: "Surprise", what })

const wanted: Reply = { _tag: "CopyWanted" }
const ready: Reply = { _tag: "Ready" }
const idle = code("I")

const replyOf = (letter: number, body: Buffer): Reply => {
  if (letter === code("G")) return wanted
  if (letter === code("E")) return { _tag: "Failed", fields: fieldsOf(body) }
  return body.length === 1 && body[0] === idle ? ready : surprise("a script left its transaction open")
}

/** Whether a message of this letter and length is one of those that a script is answered with. */
const isKnown = (letter: number, length: number): boolean => {
  if (length < 4) return false
  if (letter === code("Z")) return length === 5
  return skipped.has(letter) || (length <= errorMax && (letter === code("E") || letter === code("G")))
}

/**
 * Takes the bytes that the server sends, as they come, and tells what they say until `take` says that it wants no more. What
 * is skipped is not kept.
 */
export const replies = (take: (reply: Reply) => boolean): ((bytes: Buffer) => void) => {
  let rest: Buffer = Buffer.alloc(0)
  let skip = 0
  return (bytes) => {
    const skippedNow = Math.min(skip, bytes.length)
    skip -= skippedNow
    const data = rest.length === 0 ? bytes.subarray(skippedNow) : Buffer.concat([rest, bytes])
    let at = 0
    while (data.length - at >= headerLength) {
      const letter = data[at] ?? 0
      const length = data.readUInt32BE(at + 1)
      if (!isKnown(letter, length)) return void take(surprise("the server sent what is no answer to a script"))
      const end = at + 1 + length
      if (skipped.has(letter)) {
        skip = Math.max(0, end - data.length)
        at = Math.min(end, data.length)
        continue
      }
      if (end > data.length) break
      if (!take(replyOf(letter, data.subarray(at + headerLength, end)))) return
      at = end
    }
    rest = data.subarray(at)
  }
}
